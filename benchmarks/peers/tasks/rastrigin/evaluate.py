"""Scores a program of six constants by Rastrigin's function; smaller is better, 0 is the best. Frozen."""

import json
import math
import os
import sys
import time

DIRECTION = -1
METRIC = "rastrigin"


def value_of(path):
    space = {}
    with open(path) as file:
        exec(compile(file.read(), path, "exec"), space)
    point = [float(number) for number in space["point"]()]
    if len(point) != 6 or not all(-5.12 <= number <= 5.12 for number in point):
        raise ValueError("six numbers within -5.12 and 5.12 are wanted")
    return 60 + sum(number * number - 10 * math.cos(2 * math.pi * number) for number in point)


# What follows is the same in every task.


def evaluate(program_path):
    """Returns what OpenEvolve takes from an evaluator; larger is better there."""
    began = time.perf_counter()
    try:
        value = value_of(program_path)
    except Exception:
        value = None
    if path := os.environ.get("PEERS_EVALUATIONS"):
        line = json.dumps({"time": time.time(), "value": value, "seconds": time.perf_counter() - began})
        with open(path, "a") as file:
            file.write(line + "\n")
    return {"combined_score": DIRECTION * value if value is not None else -1e9}


def main():
    """As a program: without arguments for Pawl, with `--program_path` and `--results_dir` for ShinkaEvolve."""
    options = dict(zip(sys.argv[1::2], sys.argv[2::2]))
    path = options.get("--program_path", "program.py")
    if folder := options.get("--results_dir"):
        metrics = evaluate(path)
        is_valid = metrics["combined_score"] > -1e9
        os.makedirs(folder, exist_ok=True)
        for name, content in (
            ("metrics.json", metrics), ("correct.json", {"correct": is_valid, "error": None if is_valid else "not valid"}),
        ):
            with open(os.path.join(folder, name), "w") as file:
                json.dump(content, file)
    else:
        print(f"{METRIC}: {value_of(path)!r}")


if __name__ == "__main__":
    main()
