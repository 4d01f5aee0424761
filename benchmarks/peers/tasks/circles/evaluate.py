"""Scores a packing of 26 circles in the unit square by the sum of their radii; larger is better, about 2.636 is the best known.

Frozen: what is not a packing has no score.
"""

import json
import math
import os
import sys
import time

DIRECTION = 1
METRIC = "radii"


def value_of(path):
    space = {}
    with open(path) as file:
        exec(compile(file.read(), path, "exec"), space)
    circles = [tuple(float(number) for number in circle) for circle in space["construct"]()]
    if len(circles) != 26:
        raise ValueError("26 circles are wanted")
    for number, (x, y, radius) in enumerate(circles):
        if not (radius >= 0 and radius <= min(x, y, 1 - x, 1 - y) + 1e-9):
            raise ValueError(f"circle {number} leaves the square")
        for other, (across, up, beside) in enumerate(circles[:number]):
            if radius + beside > math.hypot(x - across, y - up) + 1e-9:
                raise ValueError(f"circles {number} and {other} overlap")
    return sum(radius for _, _, radius in circles)


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
