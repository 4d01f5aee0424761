"""Runs the peers side by side and writes one line of JSON for each run; `summary.py` makes tables of them."""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import threading
import time

import peers


def descendants(root):
    """Returns the ids of a process and of all below it."""
    children = {}
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            with open(f"/proc/{name}/stat") as file:
                parent = int(file.read().rsplit(")", 1)[1].split()[1])
        except OSError:
            continue
        children.setdefault(parent, []).append(int(name))
    found, open_ones = [], [root]
    while open_ones:
        found.append(open_ones.pop())
        open_ones += children.get(found[-1], [])
    return found


def resident(root):
    """Returns bytes, shared pages shared out among those who have them."""
    total = 0
    for process in descendants(root):
        try:
            with open(f"/proc/{process}/smaps_rollup") as file:
                total += next(int(line.split()[1]) for line in file if line.startswith("Pss:")) * 1024
        except (OSError, StopIteration):
            continue
    return total


def measure(peer, limit):
    """Runs a peer to its end; returns wall and CPU seconds, peak bytes and the exit code."""
    peer.folder.mkdir(parents=True)
    peer.prepare()
    peak, ended = 0, threading.Event()
    with open(peer.folder / "printed.txt", "wb") as printed:
        began = time.time()
        child = subprocess.Popen(
            [str(word) for word in peer.command()], cwd=peer.folder, env=peer.variables, stdin=subprocess.DEVNULL,
            stdout=printed, stderr=subprocess.STDOUT)

        def watch():
            nonlocal peak
            while not ended.wait(0.5):
                peak = max(peak, resident(child.pid))
                if time.time() - began > limit:
                    child.kill()

        watcher = threading.Thread(target=watch)
        watcher.start()
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.time() - began
        ended.set()
        watcher.join()
        child.returncode = os.waitstatus_to_exitcode(status)
    # What `wait4` counts is the child and every descendant that somebody waited for.
    return {
        "began": began, "wall": wall, "cpu": usage.ru_utime + usage.ru_stime, "peak": peak, "code": child.returncode,
    }


def bare(task, python):
    """Returns wall and CPU seconds of one evaluation as a process of its own: the median of ten."""
    times = []
    for _ in range(10):
        began = time.perf_counter()
        child = subprocess.Popen([python, "evaluate.py"], cwd=peers.HERE / "tasks" / task, stdout=subprocess.DEVNULL)
        _, child.returncode, usage = os.wait4(child.pid, 0)
        times.append((time.perf_counter() - began, usage.ru_utime + usage.ru_stime))
    return [sorted(column)[len(column) // 2] for column in zip(*times)]


def one(kind, task, seed, options):
    folder = pathlib.Path(tempfile.mkdtemp(prefix=f"{task}-{kind.name}-{seed}-", dir=options.work)) / "run"
    model = folder.parent / "model.jsonl"
    words = [sys.executable, str(peers.HERE / "server.py"), "--seed", str(seed), "--log", str(model)]
    server = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    try:
        port = int(server.stdout.readline())
        peer = kind(task, folder, port, seed, options.evaluations, options)
        result = measure(peer, options.limit)
        replies = [json.loads(line)["seconds"] for line in model.read_text().splitlines()] if model.exists() else []
        values = peer.values()
        if kind.evaluates_itself:
            inside = sum(entry["seconds"] for entry in values) / max(1, len(values))
            each = [inside, inside]
        else:
            each = bare(task, options.python)
        return {
            "system": kind.name, "task": task, "seed": seed, "asked": options.evaluations, "folder": str(folder), **result,
            "replies": len(replies), "model_seconds": sum(replies), "evaluating_wall": each[0], "evaluating_cpu": each[1], "evaluations": values,
        }
    finally:
        server.kill()
        server.wait()


def main():
    kinds = {kind.name.lower(): kind for kind in peers.Peer.__subclasses__()}
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--systems", default=",".join(kinds), help="of " + ", ".join(kinds))
    parser.add_argument("--tasks", default="rastrigin,circles")
    parser.add_argument("--evaluations", type=int, default=300)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--first-seed", type=int, default=1)
    parser.add_argument("--limit", type=float, default=3600, help="seconds after which a run is killed")
    parser.add_argument("--environment", default=os.path.expanduser("~/.cache/pawl-benchmarks/peers"), help="what `setup` made")
    parser.add_argument("--python", default="/usr/bin/python3", help="what evaluates programs as a process of its own; no wrapper script")
    parser.add_argument("--pawl", default=str(peers.HERE.parents[1] / ".build/release/pawl"))
    parser.add_argument("--work", default=None, help="where runs keep their files; by default a folder below /var/tmp")
    parser.add_argument("--results", default="results.jsonl")
    options = parser.parse_args()
    options.work = options.work or tempfile.mkdtemp(prefix="pawl-peers-", dir="/var/tmp")
    os.makedirs(options.work, exist_ok=True)
    # Seed by seed and not system by system: the machine's speed drifts.
    for seed in range(options.first_seed, options.first_seed + options.seeds):
        for task in options.tasks.split(","):
            for name in options.systems.split(","):
                result = one(kinds[name], task, seed, options)
                values = [entry["value"] for entry in result["evaluations"] if entry["value"] is not None]
                best = (max if task == "circles" else min)(values, default=None)
                print(
                    f"{task} {kinds[name].name} seed {seed}: exit {result['code']}, {len(result['evaluations'])} evaluations, best {best}, "
                    f"{result['wall']:.1f} s, CPU {result['cpu']:.1f} s, {result['peak'] / 1e6:.0f} MB, {result['replies']} replies", flush=True)
                with open(options.results, "a") as file:
                    file.write(json.dumps(result) + "\n")


if __name__ == "__main__":
    main()
