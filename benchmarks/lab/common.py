"""Shared by the lab's benchmarks: sizes, how our side and each peer are started, what they print. Needs Python 3 only."""

import argparse
import json
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
PEERS = pathlib.Path(os.environ.get("PAWL_PEERS") or pathlib.Path.home() / ".cache" / "pawl-peers")

# Depth, width, heads.
SIZES = {"small": (4, 128, 4), "large": (6, 256, 8)}
CONTEXT, BATCH = 256, 8

# Our side -----------------------------------------------------------------------------------------------------------------------------

PAWL_LAB = ROOT / ".build" / "release" / "pawl-lab"
PRODUCTS = ["pawl-lab", "PawlLab"]
# One rung without sections; how long to train comes from the command line.
SETTINGS = """\
context = {context}
windows = {windows}
threads = {threads}
depth = {depth}
width = {width}
heads = {heads}
steps = 1000
wall_limit = 7200
"""


def build():
    for product in PRODUCTS:
        subprocess.run(["swift", "build", "-c", "release", "--product", product], cwd=ROOT, check=True, stdout=sys.stderr)


def replace(text, pattern, replacement, file):
    changed, count = re.subn(pattern, replacement, text, flags=re.MULTILINE)
    if count != 1:
        sys.exit(f"`{file}` has {count} places that match `{pattern}`; there should be one")
    return changed


def make_study(folder, size, threads, context=CONTEXT, batch=BATCH, windows=512, data=None):
    """Makes a study whose baseline has the given size, and returns its train.swift."""
    source, (depth, width, heads) = make_lab_study(folder, data), size
    text = source.read_text()
    for name, value in {"batch": batch}.items():
        text = replace(text, rf"^let {name} = .*?(\s+//.*)?$", rf"let {name} = {value}\1", source)
    source.write_text(text)
    settings = SETTINGS.format(context=context, windows=windows, threads=threads, depth=depth, width=width, heads=heads)
    (folder / "lab.conf").write_text(settings)
    return source


def make_lab_study(folder, data=None):
    """Makes a study as `pawl-lab init` leaves it, and returns its train.swift."""
    shutil.rmtree(folder, ignore_errors=True)
    command = [str(PAWL_LAB), "init", str(folder)] + (["--data", str(data)] if data else [])
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return folder / "train.swift"


def run_study(source, seed=0, options=()):
    """Trains, and returns what the summary says."""
    try:
        return start([str(PAWL_LAB), "run", str(source), *options], {"PAWL_SEED": str(seed)}, cwd=source.parent)
    except NotMeasured as problem:
        sys.exit(f"our own side failed: {problem}")


def run_ours(source, steps, seed=0):
    """Trains for so many steps; `tokens_per_second` is the median over windows of steps after warm-up, as the peers measure themselves."""
    with tempfile.NamedTemporaryFile() as curve:
        values = run_study(source, seed, ["--steps", str(steps), "--curve", curve.name])
        points = [json.loads(line) for line in pathlib.Path(curve.name).read_text().splitlines()]
    # The first tenth is warm-up, and so is the first step in any case.
    points = points[max(1, len(points) // 10) :]
    rates = [(b["tokens"] - a["tokens"]) / (b["seconds"] - a["seconds"]) for a, b in zip(points, points[1:])]
    values["tokens_per_second"] = statistics.median(rates) if rates else values["tokens"] / values["training_seconds"]
    return values


def steps_for(source, seconds):
    """How many steps our side takes in about `seconds`."""
    return max(20, int(seconds * run_ours(source, 20)["tokens_per_second"] / (BATCH * CONTEXT)))


def ceiling(size, threads, seconds=1):
    """Tokens a second if a step were nothing but its matrix products, at the rate of the bare kernel at this model's shapes."""
    depth, width, _ = size
    options = {"depth": depth, "width": width, "context": CONTEXT, "threads": threads, "seconds": seconds}
    command = [str(PAWL_LAB), "kernels", *(word for name, value in options.items() for word in (f"--{name}", str(value)))]
    # The last precision is the faster one, which training uses.
    return start(command, {})["tokens_per_second_of_products"]


# Peers --------------------------------------------------------------------------------------------------------------------------------

PYTHON = PEERS / "venv" / "bin" / "python"
LLMC = PEERS / "gpt_llmc"
# Makes Intel's library take another vendor's processor for its own; see `setup`.
VENDOR = PEERS / "libvendor.so"

COMPILED = ["--compile", "default"]
# Name: family, needs, program, options, environment. A family without a name is shown and not compared with.
PEER = {
    "torch-eager-f32": ("PyTorch", PYTHON, "gpt_torch.py", ["--precision", "f32"], {}),
    "torch-eager-f32-medium": ("PyTorch", PYTHON, "gpt_torch.py", ["--precision", "f32-medium"], {}),
    "torch-eager-autocast": ("PyTorch", PYTHON, "gpt_torch.py", ["--precision", "autocast"], {}),
    "torch-eager-bf16": ("PyTorch", PYTHON, "gpt_torch.py", ["--precision", "bf16"], {}),
    "torch-compiled-f32": ("PyTorch", PYTHON, "gpt_torch.py", ["--precision", "f32", *COMPILED], {}),
    "torch-compiled-f32-medium": ("PyTorch", PYTHON, "gpt_torch.py", ["--precision", "f32-medium", *COMPILED], {}),
    "torch-compiled-autocast": ("PyTorch", PYTHON, "gpt_torch.py", ["--precision", "autocast", *COMPILED], {}),
    "torch-compiled-bf16": ("PyTorch", PYTHON, "gpt_torch.py", ["--precision", "bf16", *COMPILED], {}),
    "torch-tuned-bf16": ("PyTorch", PYTHON, "gpt_torch.py", ["--precision", "bf16", "--compile", "max-autotune-no-cudagraphs"], {}),
    "torch-compiled-f32-vendor": (None, VENDOR, "gpt_torch.py", ["--precision", "f32", *COMPILED], {"LD_PRELOAD": str(VENDOR)}),
    "jax-f32": ("JAX", PYTHON, "gpt_jax.py", ["--precision", "f32"], {}),
    "jax-bf16": ("JAX", PYTHON, "gpt_jax.py", ["--precision", "bf16"], {}),
    "llm.c": ("llm.c", LLMC, None, [], {}),
}
# Our tokens a second over those of the family's best, at least.
TARGET = {"PyTorch": 2, "JAX": 4, "llm.c": 20}


class NotMeasured(Exception):
    pass


def run_peer(name, data, size, steps, seconds=0, seed=0, threads=2, context=CONTEXT, batch=BATCH, windows=0):
    """Trains a peer and returns what it printed; raises NotMeasured where it is not installed or fails."""
    _, needs, program, options, variables = PEER[name]
    if not needs.exists() or not PYTHON.exists() and program:
        raise NotMeasured("not installed: run benchmarks/lab/setup")
    if program is None:
        numbers = [*size, context, batch, steps, seconds, seed, 2]
        command = [str(LLMC), str(data / "train.txt"), *map(str, numbers)]
    else:
        depth, width, heads = size
        command = [str(PYTHON), str(HERE / program), "--data", str(data), *options]
        numbers = {"depth": depth, "width": width, "heads": heads, "context": context, "batch": batch, "steps": steps}
        numbers |= {"seconds": seconds, "seed": seed, "threads": threads, "eval": windows}
        for option, value in numbers.items():
            command += [f"--{option}", str(value)]
    return start(command, {"OMP_NUM_THREADS": str(threads), **variables})


def start(command, variables, cwd=None):
    """Runs a program, and returns the numbers that it printed as `name: number`."""
    done = subprocess.run(command, env=os.environ | variables, cwd=cwd, capture_output=True, text=True)
    if done.returncode != 0:
        lines = (done.stderr.strip() or done.stdout.strip() or "it said nothing").splitlines()
        # Compilers say what is wrong first, Python last.
        words = next((line for line in lines if "error: " in line), lines[-1])
        raise NotMeasured(f"`{pathlib.Path(command[0]).name}` ended with {done.returncode}: {words[:200]}")
    return {name: float(value) for name, value in re.findall(r"^(?:\| )?(\w+): ([-+0-9.e]+)$", done.stdout, re.MULTILINE)}


# Faces --------------------------------------------------------------------------------------------------------------------------------


def arguments(description, **more):
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--sizes", default=",".join(SIZES), help="some of " + ", ".join(SIZES))
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--text", type=pathlib.Path, help="learn this text and not the one that `pawl-lab init` takes")
    parser.add_argument("--no-build", action="store_true", help="measure what was built before")
    for name, (value, words) in more.items():
        parser.add_argument("--" + name, type=type(value), default=value, help=words)
    parsed = parser.parse_args()
    parsed.sizes = some_of(parsed.sizes, SIZES)
    if not parsed.no_build:
        build()
    return parsed


def some_of(text, names):
    chosen = [name for name in text.split(",") if name]
    for name in chosen:
        if name not in names:
            sys.exit(f"`{name}` is none of: {', '.join(names)}")
    return chosen


def say(words):
    print(words, file=sys.stderr, flush=True)


def machine():
    """Returns a sentence about the processor and how busy it is with other things."""
    name = "an unknown processor"
    if pathlib.Path("/proc/cpuinfo").exists():
        found = re.search(r"^model name\s*: (.*)$", pathlib.Path("/proc/cpuinfo").read_text(), re.MULTILINE)
        name = found.group(1) if found else name
    load = os.getloadavg()[0]
    busy = "" if load < 0.5 else ", which is not idle: other programs distort what follows"
    return f"{name}, {os.cpu_count()} processors, load average {load:.1f} at the start{busy}"


def table(header, rows):
    print("| " + " | ".join(header) + " |")
    print("|" + "---|" * len(header))
    for row in rows:
        print("| " + " | ".join(str(cell) for cell in row) + " |")
    print(flush=True)


def mean_and_error(values):
    """The mean, the standard deviation and the standard error of the mean."""
    deviation = statistics.stdev(values)
    return statistics.mean(values), deviation, deviation / len(values) ** 0.5
