"""Makes tables of what `run.py` wrote: summary.py [results.jsonl] [--against Pawl] [--after 100,300]."""

import argparse
import itertools
import json
import math
import statistics

DIRECTIONS = {"rastrigin": min, "circles": max}


def quartiles(values):
    values = sorted(values)
    if len(values) < 2:
        return values[0], values[0], values[0]
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive")
    return low, middle, high


def rank_test(ours, theirs, better):
    """Returns how likely ranks as good as ours are, were both the same: the exact rank-sum test, one-sided (Wilcoxon 1945)."""
    sign = 1 if better is max else -1
    pooled = sorted((sign * value for value in ours + theirs))
    rank = {value: statistics.mean(i + 1 for i, other in enumerate(pooled) if other == value) for value in pooled}
    ranks = [rank[sign * value] for value in ours + theirs]
    observed = sum(ranks[: len(ours)])
    if math.comb(len(ranks), len(ours)) > 2_000_000:
        n, m = len(ours), len(theirs)
        z = (observed - n * (n + m + 1) / 2) / math.sqrt(n * m * (n + m + 1) / 12)
        return 0.5 * math.erfc(z / math.sqrt(2))
    sums = [sum(chosen) for chosen in itertools.combinations(ranks, len(ours))]
    return sum(1 for total in sums if total >= observed - 1e-9) / len(sums)


def best_after(run, count):
    values = [entry["value"] for entry in run["evaluations"][:count] if entry["value"] is not None]
    return DIRECTIONS[run["task"]](values)


def show(row):
    print("| " + " | ".join(str(cell) for cell in row) + " |")


def quality(runs, against, counts):
    show(["task", "system", *(f"best after {count}: median [quartiles]" for count in counts), "seeds",
          *(f"{against} better: p after {count}" for count in counts)])
    show(["---"] * (3 + 2 * len(counts)))
    for task in DIRECTIONS:
        systems = list(dict.fromkeys(run["system"] for run in runs if run["task"] == task))
        chosen = {name: [run for run in runs if run["task"] == task and run["system"] == name] for name in systems}
        for name in systems:
            cells, tests = [], []
            for count in counts:
                values = [best_after(run, count) for run in chosen[name]]
                low, middle, high = quartiles(values)
                cells.append(f"{middle:.4g} [{low:.4g}, {high:.4g}]" if task == "rastrigin" else f"{middle:.4f} [{low:.4f}, {high:.4f}]")
                if against in chosen and name != against:
                    ours = [best_after(run, count) for run in chosen[against]]
                    tests.append(f"{rank_test(ours, values, DIRECTIONS[task]):.3f}")
                else:
                    tests.append("")
            show([task, name, *cells, len(chosen[name]), *tests])


def overhead(runs):
    show(["task", "system", "evaluations", "wall ms an evaluation", "CPU ms an evaluation", "of these evaluating: wall, CPU",
          "model ms", "**overhead: wall**", "**overhead: CPU**", "wall, second half of the run", "peak MB"])
    show(["---"] * 11)
    for task in DIRECTIONS:
        for name in dict.fromkeys(run["system"] for run in runs if run["task"] == task):
            rows = []
            for run in (run for run in runs if run["task"] == task and run["system"] == name):
                count = len(run["evaluations"])
                if count < 2:
                    continue
                half = run["evaluations"][count // 2 :]
                wall, cpu = run["wall"] / count, run["cpu"] / count
                model = run["model_seconds"] / count
                rows.append((
                    count, wall, cpu, run["evaluating_wall"], run["evaluating_cpu"], model, wall - run["evaluating_wall"] - model,
                    cpu - run["evaluating_cpu"], (half[-1]["time"] - half[0]["time"]) / max(1, len(half) - 1), run["peak"] / 1e6))
            if not rows:
                continue
            count, wall, cpu, each_wall, each_cpu, model, beyond, beyond_cpu, late, peak = (statistics.median(column) for column in zip(*rows))
            milliseconds = [f"{1000 * value:.1f}" for value in (wall, cpu, each_wall, each_cpu, model, beyond, beyond_cpu, late)]
            wall, cpu, each_wall, each_cpu, model, beyond, beyond_cpu, late = milliseconds
            show([task, name, f"{count:.0f}", wall, cpu, f"{each_wall}, {each_cpu}", model, beyond, beyond_cpu, late, f"{peak:.0f}"])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("results", nargs="?", default="results.jsonl")
    parser.add_argument("--against", default="Pawl")
    parser.add_argument("--after", default="100,300")
    options = parser.parse_args()
    with open(options.results) as file:
        runs = [json.loads(line) for line in file]
    for run in runs:
        if run["code"] != 0:
            print(f"{run['system']} on {run['task']}, seed {run['seed']}: exit code {run['code']}, in {run['folder']}\n")
    quality(runs, options.against, [int(count) for count in options.after.split(",")])
    print()
    overhead(runs)


if __name__ == "__main__":
    main()
