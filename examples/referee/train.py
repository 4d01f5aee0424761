"""Trains a byte model with one hidden layer over the last four bytes, in NumPy, and has it judged: a stand-in for your own."""
import sys

import numpy
from referee import Referee

LAST, WIDTH, HIDDEN, BATCH, RATE = 4, 24, 128, 256, 3e-3

referee = Referee()
random = numpy.random.default_rng(referee.seed)
text = numpy.fromfile(sys.argv[1], numpy.uint8)
shapes = {"table": (256, WIDTH), "inner": (LAST * WIDTH, HIDDEN), "bias": (HIDDEN,), "outer": (HIDDEN, 256)}
weights = {name: random.normal(0, shape[0] ** -0.5, shape).astype("f4") for name, shape in shapes.items()}
moments = {name: [numpy.zeros_like(value), numpy.zeros_like(value)] for name, value in weights.items()}


def forward(bytes_before):
    """Returns inputs, hidden layer and log-probabilities for rows of LAST bytes each."""
    inputs = weights["table"][bytes_before].reshape(-1, LAST * WIDTH)
    hidden = numpy.maximum(inputs @ weights["inner"] + weights["bias"], 0)
    scores = hidden @ weights["outer"]
    scores -= scores.max(axis=1, keepdims=True)
    return inputs, hidden, scores - numpy.log(numpy.exp(scores).sum(axis=1, keepdims=True))


def step(number):
    """Does one step of Adam; returns the loss."""
    starts = random.integers(0, len(text) - LAST - 1, BATCH)
    before = text[starts[:, None] + numpy.arange(LAST)]
    truth = text[starts + LAST]
    inputs, hidden, logs = forward(before)
    scores = numpy.exp(logs)
    scores[numpy.arange(BATCH), truth] -= 1
    scores /= BATCH
    inner = (scores @ weights["outer"].T) * (hidden > 0)
    table = numpy.zeros_like(weights["table"])
    numpy.add.at(table, before, (inner @ weights["inner"].T).reshape(BATCH, LAST, WIDTH))
    gradients = {"table": table, "inner": inputs.T @ inner, "bias": inner.sum(axis=0), "outer": hidden.T @ scores}
    for name, gradient in gradients.items():
        first, second = moments[name]
        first += 0.1 * (gradient - first)
        second += 0.01 * (gradient * gradient - second)
        scale = RATE * (1 - min(1, referee.spent(number))) / (1 - 0.9**number)
        weights[name] -= scale * first / (numpy.sqrt(second / (1 - 0.99**number)) + 1e-8)
    return -logs[numpy.arange(BATCH), truth].mean()


def predict(windows):
    padded = numpy.pad(windows, ((0, 0), (LAST - 1, 0)))
    before = numpy.lib.stride_tricks.sliding_window_view(padded, LAST, axis=1)
    return forward(before.reshape(-1, LAST))[2].reshape(*windows.shape, 256)


number = 0
while referee.spent(number) < 1:
    number += 1
    loss = step(number)
    if number % 200 == 1:
        referee.progress(number, loss, number * BATCH)
referee.answer(predict, number, number * BATCH, sum(value.size for value in weights.values()))
