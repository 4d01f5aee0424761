"""Makes operations.json and optimisers.json: figures to check PawlLab against. Needs Python 3 and NumPy; the tests need neither.

Each operation is written here a second time, in 64-bit floats, straight from its definition. Its gradients come from central
differences in 64 bits, which are good to about 1e-8, so that no derivation is shared with the library.
"""

import json
import pathlib

import numpy as np

rng = np.random.default_rng(20)
HERE = pathlib.Path(__file__).parent


def draw(rows, columns, scale=1.0):
    # Rounded to 32 bits, so that both sides begin with the same numbers.
    return (scale * rng.standard_normal((rows, columns))).astype(np.float32).astype(np.float64)


def gradients(function, inputs, flow):
    result = []
    for index, value in enumerate(inputs):
        gradient = np.zeros_like(value)
        for place in np.ndindex(value.shape):
            ends = []
            for step in (1e-5, -1e-5):
                moved = [x.copy() for x in inputs]
                moved[index][place] += step
                ends.append(np.sum(function(*moved) * flow))
            gradient[place] = (ends[0] - ends[1]) / 2e-5
        result.append(gradient)
    return result


def matrix(x):
    return {"rows": x.shape[0], "columns": x.shape[1], "values": [float(v) for v in x.ravel()]}


def layer_norm(x, gain, bias):
    centred = x - x.mean(axis=1, keepdims=True)
    return centred / np.sqrt((centred**2).mean(axis=1, keepdims=True) + 1e-5) * gain + bias


def rms_norm(x, gain):
    return x / np.sqrt((x**2).mean(axis=1, keepdims=True) + 1e-5) * gain


def gelu(x):
    return 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))


def swiglu(gate, up):
    return gate / (1 + np.exp(-gate)) * up


def rotary(x, heads=2, length=6):
    rows, columns = x.shape
    width = columns // heads
    half = width // 2
    out = np.empty_like(x)
    for row in range(rows):
        for head in range(heads):
            for pair in range(half):
                angle = (row % length) * 10000 ** (-2 * pair / width)
                a, b = x[row, head * width + pair], x[row, head * width + half + pair]
                out[row, head * width + pair] = a * np.cos(angle) + b * np.sin(angle)
                out[row, head * width + half + pair] = b * np.cos(angle) - a * np.sin(angle)
    return out


def attention(q, k, v, heads=2, length=6):
    out = np.zeros_like(q)
    width = q.shape[1] // heads
    for start in range(0, q.shape[0], length):
        for head in range(heads):
            s = (slice(start, start + length), slice(head * width, (head + 1) * width))
            scores = q[s] @ k[s].T / np.sqrt(width)
            scores[np.triu_indices(length, 1)] = -np.inf
            weights = np.exp(scores - scores.max(axis=1, keepdims=True))
            out[s] = weights / weights.sum(axis=1, keepdims=True) @ v[s]
    return out


TARGETS = [7, 0, 255]


def cross_entropy(x):
    shifted = x - x.max(axis=1, keepdims=True)
    logs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return np.array([[-np.mean([logs[row, target] for row, target in enumerate(TARGETS)])]])


def operations():
    cases = {
        "linear": (lambda x, w, b: x @ w + b, [draw(3, 5), draw(5, 4), draw(1, 4)]),
        "linearTransposed": (lambda x, w: x @ w.T, [draw(3, 5), draw(4, 5)]),
        "layerNorm": (layer_norm, [draw(3, 21, 2), draw(1, 21), draw(1, 21)]),
        "rmsNorm": (rms_norm, [draw(3, 21, 2), draw(1, 21)]),
        "gelu": (gelu, [draw(3, 7, 2)]),
        "reluSquared": (lambda x: np.maximum(x, 0) ** 2, [draw(3, 7, 2)]),
        "swiglu": (swiglu, [draw(3, 7, 2), draw(3, 7)]),
        "softCap": (lambda x: 3 * np.tanh(x / 3), [draw(3, 7, 3)]),
        "rotary": (rotary, [draw(12, 8)]),
        "attention": (attention, [draw(12, 8), draw(12, 8), draw(12, 8)]),
        "crossEntropy": (cross_entropy, [draw(3, 256, 2)]),
    }
    result = {}
    for name, (function, inputs) in cases.items():
        output = function(*inputs)
        flow = draw(*output.shape)
        result[name] = {
            "inputs": [matrix(x) for x in inputs],
            "output": matrix(output),
            "flow": matrix(flow),
            "gradients": [matrix(x) for x in gradients(function, inputs, flow)],
        }
    return result


def adamw(weight, gradients_, rate=0.01, beta1=0.9, beta2=0.95, decay=0.1):
    mean, square = np.zeros_like(weight), np.zeros_like(weight)
    for step, gradient in enumerate(gradients_, 1):
        mean = beta1 * mean + (1 - beta1) * gradient
        square = beta2 * square + (1 - beta2) * gradient**2
        change = (mean / (1 - beta1**step)) / (np.sqrt(square / (1 - beta2**step)) + 1e-8)
        weight = weight - rate * decay * weight - rate * change
    return weight


def muon(weight, gradients_, rate=0.02, momentum=0.95, decay=0.1):
    mean = np.zeros_like(weight)
    for gradient in gradients_:
        mean = momentum * mean + (1 - momentum) * gradient
        x = momentum * mean + (1 - momentum) * gradient
        x = x / (np.linalg.norm(x) + 1e-7)
        wide = x.shape[0] <= x.shape[1]
        x = x if wide else x.T
        for _ in range(5):
            gram = x @ x.T
            x = 3.4445 * x + (-4.775 * gram + 2.0315 * gram @ gram) @ x
        x = x if wide else x.T
        scale = max(1, weight.shape[1] / weight.shape[0]) ** 0.5
        weight = weight - rate * decay * weight - rate * scale * x
    return weight


def optimisers():
    result = {}
    for name, rule, shape in [("adamw", adamw, (5, 7)), ("muonWide", muon, (5, 7)), ("muonTall", muon, (9, 4))]:
        weight = draw(*shape)
        flows = [draw(*shape) for _ in range(3)]
        result[name] = {
            "weight": matrix(weight),
            "gradients": [matrix(x) for x in flows],
            "after": matrix(rule(weight, flows)),
        }
    return result


(HERE / "operations.json").write_text(json.dumps(operations()) + "\n")
(HERE / "optimisers.json").write_text(json.dumps(optimisers()) + "\n")
