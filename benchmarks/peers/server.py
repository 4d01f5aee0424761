"""A scripted model behind an OpenAI-compatible API on loopback: it mutates the program that it is shown, by a law that is the same
for every caller, and answers in the format that the prompt asks for.

    server.py [--seed N] [--think SECONDS] [--log FILE]

prints its port and serves until it is killed. Request number n draws from a generator seeded with (seed, n), so what is proposed
depends on the seed, on the order of the requests and on the program shown, and on nothing else.
"""

import argparse
import hashlib
import http.server
import json
import math
import random
import re
import threading
import time

MARKERS = re.compile(r"^[ \t]*# EVOLVE-BLOCK-START\n.*?^[ \t]*# EVOLVE-BLOCK-END", re.M | re.S)
CONSTANT = re.compile(r"^(?P<before>[A-Z]\w* = )(?P<number>-?\d+(?:\.\d+)?(?:e-?\d+)?)(?P<after>[ \t]*)$", re.M)
CENTRE = re.compile(r"^(?P<before> +\()(?P<x>\d\.\d+), (?P<y>\d\.\d+)(?P<after>\),  # \d+)$", re.M)


# The law


def mutated(block, draw):
    """Returns pairs of an old and a new line of the block."""
    centres = list(CENTRE.finditer(block))
    return moved_centres(centres, draw) if centres else moved_constants(list(CONSTANT.finditer(block)), draw)


def log_uniform(draw, low, high):
    return math.exp(draw.uniform(math.log(low), math.log(high)))


def moved_constants(constants, draw):
    """Each with probability 1/3, at least one, by a Gaussian whose scale is log-uniform from 0.01 to 3; within +-5.12."""
    scale = log_uniform(draw, 0.01, 3)
    chosen = [match for match in constants if draw.random() < 1 / 3] or [draw.choice(constants)]
    changes = []
    for match in chosen:
        number = min(5.12, max(-5.12, float(match["number"]) + draw.gauss(0, scale)))
        changes.append((match[0], f"{match['before']}{number:.6f}{match['after']}"))
    return changes


def moved_centres(centres, draw):
    """One to four circles, by a Gaussian whose scale is log-uniform from 0.001 to 0.3; within the square."""
    scale = log_uniform(draw, 0.001, 0.3)
    changes = []
    for match in draw.sample(centres, draw.randint(1, 4)):
        x, y = (min(1.0, max(0.0, float(match[name]) + draw.gauss(0, scale))) for name in ("x", "y"))
        changes.append((match[0], f"{match['before']}{x:.6f}, {y:.6f}{match['after']}"))
    return changes


# What is asked for


def text_of(message):
    content = message.get("content") or ""
    return content if isinstance(content, str) else "".join(part.get("text", "") for part in content)


def current_program(prompt):
    """Returns the program that the prompt says is the one to change, or else the last one that it shows."""
    blocks = list(MARKERS.finditer(prompt))
    if not blocks:
        return None
    headings = [match.start() for match in re.finditer(r"^#+ current program", prompt, re.M | re.I)]
    after = [block for block in blocks if headings and block.start() > headings[-1]]
    block = after[0] if after else blocks[-1]
    fences = [match.end() for match in re.finditer(r"^```\w*\n", prompt[: block.start()], re.M)]
    end = prompt.find("\n```", block.end())
    whole = prompt[fences[-1] : end] if fences and end >= 0 else block[0]
    return whole if MARKERS.search(whole) else block[0]


def search_replace(changes):
    return "\n".join(f"<<<<<<< SEARCH\n{old}\n=======\n{new}\n>>>>>>> REPLACE\n" for old, new in changes)


def reply(request, draw):
    """Returns the text of a reply and its tool call, either of them None."""
    system = "\n".join(text_of(message) for message in request["messages"] if message["role"] in ("system", "developer"))
    user = "\n".join(text_of(message) for message in request["messages"] if message["role"] == "user")
    program = current_program(user)
    if program is None:
        # ShinkaEvolve's summaries of what was learnt.
        return "Moving fewer constants at a time keeps more of what is good.", None
    changes = mutated(program, draw)
    name = f"move_{len(changes)}"
    about = f"Move {len(changes)} of them."
    tools = [tool["function"]["name"] for tool in request.get("tools", [])]
    if "propose_change" in tools:
        return None, propose_change(about, changes)
    if "<DIFF>" in system:
        return f"<NAME>\n{name}\n</NAME>\n\n<DESCRIPTION>\n{about}\n</DESCRIPTION>\n\n<DIFF>\n{search_replace(changes)}\n</DIFF>", None
    if "<CODE>" in system:
        for old, new in changes:
            program = program.replace(old, new)
        return (
            f"<NAME>\n{name}\n</NAME>\n\n<DESCRIPTION>\n{about}\n</DESCRIPTION>\n\n"
            f"<CODE>\n```python\n{program}\n```\n</CODE>"
        ), None
    return f"{about}\n\n{search_replace(changes)}", None


def propose_change(about, changes):
    """Pawl's tool."""
    edits = [{"path": "program.py", "search": old, "replace": new} for old, new in changes]
    return "propose_change", {"hypothesis": about, "edits": edits}


def embedding(text, size=256):
    """Returns a unit vector of hashed words: programs that share all but a few numbers lie close, and no two on one point."""
    vector = [0.0] * size
    for word in re.findall(r"[\w.]+", text):
        digest = hashlib.blake2b(word.encode(), digest_size=8).digest()
        vector[int.from_bytes(digest[:4], "big") % size] += 1 if digest[4] & 1 else -1
    length = math.sqrt(sum(number * number for number in vector)) or 1.0
    return [number / length for number in vector]


# The API


class Model:
    def __init__(self, seed, think, log):
        self.seed, self.think, self.log = seed, think, log
        self.count = 0
        self.lock = threading.Lock()

    def complete(self, request):
        with self.lock:
            self.count += 1
            number = self.count
        began = time.perf_counter()
        if self.think:
            time.sleep(self.think)
        text, call = reply(request, random.Random(f"{self.seed}/{number}"))
        if self.log:
            entry = {"number": number, "request": request, "text": text, "call": call, "seconds": time.perf_counter() - began}
            with self.lock, open(self.log, "a") as file:
                file.write(json.dumps(entry) + "\n")
        prompt = sum(len(text_of(message)) for message in request["messages"]) // 4
        usage = {"prompt_tokens": prompt, "completion_tokens": 100, "total_tokens": prompt + 100}
        return f"chatcmpl-{number}", text, call, usage


def tool_call(number, call):
    return {"id": f"call_{number}", "type": "function", "function": {"name": call[0], "arguments": json.dumps(call[1])}}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def log_message(self, *arguments):
        pass

    def do_GET(self):
        self.answer({"object": "list", "data": [{"id": "scripted", "object": "model", "owned_by": "loopback"}]})

    def do_POST(self):
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path.endswith("/embeddings"):
            texts = [request["input"]] if isinstance(request["input"], str) else request["input"]
            data = [{"object": "embedding", "index": i, "embedding": embedding(text)} for i, text in enumerate(texts)]
            usage = {"prompt_tokens": 1, "total_tokens": 1}
            self.answer({"object": "list", "model": request["model"], "data": data, "usage": usage})
        elif self.path.endswith("/chat/completions"):
            self.complete(request)
        else:
            self.answer({"error": {"message": f"there is no {self.path}", "type": "invalid_request_error"}}, 404)

    def complete(self, request):
        number, text, call, usage = self.server.model.complete(request)
        head = {"id": number, "created": int(time.time()), "model": request["model"]}
        finish = "tool_calls" if call else "stop"
        if request.get("stream"):
            self.stream(head, text, number, call, finish, usage, request)
            return
        message = {"role": "assistant", "content": text}
        if call:
            message["tool_calls"] = [tool_call(number, call)]
        choice = {"index": 0, "message": message, "finish_reason": finish, "logprobs": None}
        self.answer({**head, "object": "chat.completion", "choices": [choice], "usage": usage})

    def stream(self, head, text, number, call, finish, usage, request):
        delta = {"role": "assistant"}
        if text:
            delta["content"] = text
        if call:
            delta["tool_calls"] = [{"index": 0, **tool_call(number, call)}]
        chunks = [{"choices": [{"index": 0, "delta": delta, "finish_reason": None}]}]
        chunks.append({"choices": [{"index": 0, "delta": {}, "finish_reason": finish}]})
        if (request.get("stream_options") or {}).get("include_usage"):
            chunks.append({"choices": [], "usage": usage})
        lines = [json.dumps({**head, "object": "chat.completion.chunk", **chunk}) for chunk in chunks] + ["[DONE]"]
        self.send("".join(f"data: {line}\n\n" for line in lines).encode(), "text/event-stream")

    def answer(self, content, status=200):
        self.send(json.dumps(content).encode(), "application/json", status)

    def send(self, body, kind, status=200):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--think", type=float, default=0, help="seconds before each answer")
    parser.add_argument("--log", help="a file that takes each request and its answer, a line of JSON each")
    options = parser.parse_args()
    server = Server(("127.0.0.1", 0), Handler)
    server.model = Model(options.seed, options.think, options.log)
    print(server.server_address[1], flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
