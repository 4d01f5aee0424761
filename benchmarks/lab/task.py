"""What every peer shares: options, text, windows, schedule and clock. Needs NumPy; imported before the framework.

The task is the baseline of `pawl-lab init` (Sources/PawlLabCommand/TrainTemplate.swift): the same sizes, optimiser, schedule and text.
"""

import argparse
import os
import pathlib
import resource
import statistics
import sys
import time

import numpy as np

VOCABULARY = 256
LEARNING_RATE, BETAS, EPSILON, WEIGHT_DECAY, CLIP = 1e-3, (0.9, 0.95), 1e-8, 0.1, 1.0
WARMUP_FRACTION, DECAY_FRACTION = 0.05, 0.5
INITIAL_SCALE = 0.02
MLP_RATIO = 4
# Windows in one forward pass of the evaluation.
EVALUATION_BATCH = 16


def options(description, precisions):
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--data", type=pathlib.Path, required=True, help="folder with train.txt and the held-out text")
    parser.add_argument("--depth", type=int, default=4)
    parser.add_argument("--width", type=int, default=128)
    parser.add_argument("--heads", type=int, default=4)
    parser.add_argument("--context", type=int, default=256)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--steps", type=int, default=100, help="length of the schedule")
    parser.add_argument("--seconds", type=float, default=0, help="stop once steps have been timed for so long; 0: at --steps")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--precision", choices=precisions, default=precisions[0])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--warmup", type=int, default=5, help="steps that are not timed")
    parser.add_argument("--group", type=int, default=5, help="steps in one timed window")
    parser.add_argument("--eval", type=int, default=0, metavar="WINDOWS", help="bits per byte over so many held-out windows")
    return parser


def schedule(fraction):
    """The share of the learning rate at a fraction of the steps: warm up, hold, then down to zero."""
    if fraction < WARMUP_FRACTION:
        return (fraction + 0.005) / (WARMUP_FRACTION + 0.005)
    return min(1.0, (1 - fraction) / DECAY_FRACTION)


def rates(steps):
    return [LEARNING_RATE * schedule(step / steps) for step in range(steps)]


def read(path):
    return np.frombuffer(path.read_bytes(), dtype=np.uint8)


def batches(arguments):
    """Endless random windows of the training text: inputs and the bytes that follow, both batch x context."""
    text = read(arguments.data / "train.txt").astype(np.int64)
    generator = np.random.default_rng(arguments.seed)
    offsets = np.arange(arguments.context)
    while True:
        places = generator.integers(0, len(text) - arguments.context - 1, arguments.batch)[:, None] + offsets
        yield text[places], text[places + 1]


def held_out(arguments):
    """The windows of the lab's referee: whole ones, spread evenly over the held-out text, in parts of EVALUATION_BATCH."""
    text = read(arguments.data / "search.txt").astype(np.int64)
    length = arguments.context + 1
    available = len(text) // length
    count = min(arguments.eval, available)
    starts = np.array([length * (i * (available - 1) // max(1, count - 1)) for i in range(count)])
    windows = text[starts[:, None] + np.arange(length)]
    for first in range(0, count, EVALUATION_BATCH):
        part = windows[first : first + EVALUATION_BATCH]
        yield part[:, :-1], part[:, 1:]


def train(arguments, step):
    """Calls `step(rate, inputs, targets)`, which returns a loss to be read with float(), and prints the speed.

    The median is over windows of steps, after the warm-up, so that neither compilation nor a hiccup counts.
    """
    speeds, timed, loss = [], 0.0, None
    source, taken = batches(arguments), 0
    learning_rates = rates(arguments.steps)
    while taken < arguments.steps and not (arguments.seconds and timed >= arguments.seconds and len(speeds) >= 3):
        count = min(arguments.warmup if taken == 0 and arguments.warmup else arguments.group, arguments.steps - taken)
        began = time.perf_counter()
        for _ in range(count):
            loss = step(learning_rates[taken], *next(source))
            taken += 1
        # Reading the loss waits for the steps to end.
        loss = float(loss)
        seconds = time.perf_counter() - began
        if taken > arguments.warmup and count == arguments.group:
            speeds.append(count * arguments.batch * arguments.context / seconds)
            timed += seconds
    if not np.isfinite(loss):
        sys.exit(f"the loss after step `{taken}` is not a number")
    report("steps", taken)
    report("train_loss", f"{loss:.6f}")
    if speeds:
        report("tokens_per_second", f"{statistics.median(speeds):.1f}")


def evaluate(arguments, nats):
    """Prints bits per byte; `nats(inputs, targets)` returns the sum of the losses."""
    if arguments.eval:
        total = count = 0
        for inputs, targets in held_out(arguments):
            total += float(nats(inputs, targets))
            count += targets.size
        report("val_bpb", f"{total / count / np.log(2):.6f}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    report("peak_memory_mb", f"{peak / (1 << (20 if sys.platform == 'darwin' else 10)):.1f}")


def report(name, value):
    print(f"{name}: {value}", flush=True)


def limit_threads(count):
    """Keeps thread pools that cannot be told a number to `count` processors."""
    if hasattr(os, "sched_setaffinity"):
        allowed = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, allowed[:count])
