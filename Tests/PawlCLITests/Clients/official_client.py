"""Drives `pawl mcp` with the official Python client of the Model Context Protocol (PyPI: mcp), and prints what it saw as JSON.

Usage: official_client.py PAWL REPOSITORY MODE, where MODE is `legacy`, `auto` or a revision that needs no handshake.
"""

import asyncio
import json
import sys

from mcp import StdioServerParameters
from mcp.client.client import Client
from mcp.client.stdio import stdio_client


async def main(pawl: str, repository: str, mode: str) -> dict:
    seen: dict = {"progress": []}

    async def progress(done, total, message):
        seen["progress"].append([done, message])

    server = StdioServerParameters(command=pawl, args=["mcp", "--directory", repository])
    async with Client(stdio_client(server), mode=mode) as client:
        seen["revision"] = client.protocol_version
        tools = (await client.list_tools()).tools
        seen["tools"] = {tool.name: tool.output_schema is not None for tool in tools}

        async def call(name, **arguments):
            # The client checks structured answers against the tool's own schema.
            answer = await client.call_tool(name, arguments, progress_callback=progress)
            text = "".join(block.text for block in answer.content)
            return {"failed": bool(answer.is_error), "text": text, "data": answer.structured_content}

        seen["before"] = await call("status")
        seen["proposed"] = await call(
            "propose",
            hypothesis="a deeper model fits better",
            edits=[{"path": "train.sh", "search": "depth=4", "replace": "depth=7"}],
        )
        trial = seen["proposed"]["data"]["trial"]
        seen["verdict"] = await call("wait", trial=trial, seconds=300)
        seen["evidence"] = await call("evidence", trial=trial)
        seen["history"] = await call("history", last=5)
        seen["files"] = await call("read")
        seen["file"] = await call("read", path="train.sh")
        seen["steered"] = await call("steer", hint="try the width")
        seen["misfit"] = await call(
            "propose", hypothesis="x", edits=[{"path": "train.sh", "search": "nowhere", "replace": "y"}]
        )
        seen["frozen"] = await call("propose", hypothesis="x", edits=[{"path": "prepare.sh", "content": "x"}])
        seen["unknown"] = await call("evidence", trial=99)
        seen["nonsense"] = await call("wait", trial="one")
        seen["after"] = await call("status")
    return seen


if __name__ == "__main__":
    print(json.dumps(asyncio.run(main(*sys.argv[1:4])), sort_keys=True))
