"""Makes torch.json: figures to check PawlLab against. Needs Python 3 and PyTorch; the tests need neither.

The file is an object of three lists; every tensor in it is {"rows", "columns", "values"}, row after row. Windows of text lie one after the
other, so that a row is a byte's channels. All inputs can be written in bf16 without rounding, so that operands in bf16 lose nothing.

"operations": [{
    "name":       "attention grouped": unique, for people
    "operation":  "attention": one of OPERATIONS below, which say what `inputs`, `integers`, `numbers` and `indices` are
    "integers":   {"heads": 4, "keyHeads": 2, "window": 0, "length": 7}: what the operation takes, by name
    "numbers":    {"cap": 15.0}
    "indices":    [3, 0, 255]: bytes to look up, or targets
    "inputs":     tensors that have gradients; a vector is one row, a scalar parameter 1 x 1
    "output":     what the operation returns, computed in 64 bits
    "flow":       the gradient that arrives at the output
    "gradients":  a tensor for each input, by PyTorch's autograd in 64 bits
}]
"optimisers": [{
    "name", "rule": "adamw" or "muon", "numbers": {"rate", "decay", ...}
    "weight": at the start, inputs x outputs
    "gradients": a tensor for each step
    "after": the weight after each step; AdamW by torch.optim in 64 bits, Muon in 32 bits
}]
"models": [{
    "name", "integers": {"depth", "width", "heads", "length", "batch"}, "numbers": {"rate", "beta1", "beta2", "decay", "clip"}
    "weights": [{"name": "block0.query", "kind": "embedding", "matrix" or "vector", "tensor"}]: as a study's train.swift names them;
               matrices are inputs x outputs, decay spares vectors
    "inputs", "targets": a list of bytes for each step
    "losses": in nats, before each step and, on the last step's text, after it; "norms": of all gradients, before they are clipped
    "logits": for the first and the last byte of the first step's text, before it
}]
"""

import json
import math
import pathlib

import torch
from torch.nn import functional

HERE = pathlib.Path(__file__).parent
EPSILON = 1e-5
torch.manual_seed(33)
torch.set_default_dtype(torch.float64)


def draw(rows, columns, scale=1.0, offset=0.0):
    return (scale * torch.randn(rows, columns) + offset).bfloat16().double()


def number(value):
    return float(f"{value:.9g}")


def tensor(x):
    return {"rows": x.shape[0], "columns": x.shape[1], "values": [number(v) for v in x.flatten().tolist()]}


# Operations ---------------------------------------------------------------------------------------------------------------------------


def linear(case, x, weight, bias=None):
    """x (rows x inputs), weight (inputs x outputs) and maybe a bias."""
    return x @ weight if bias is None else x @ weight + bias


def linear_transposed(case, x, weight):
    """x (rows x inputs) and weight (outputs x inputs), as a tied head uses its table."""
    return x @ weight.T


def embedding(case, table):
    """The rows of a table that `indices` name."""
    return table[case["indices"]]


def add_positions(case, x, place):
    """x and a table with a row for each of `length` places of a window."""
    return x + place.repeat(x.shape[0] // case["length"], 1)


def layer_norm(case, x, gain, bias):
    return functional.layer_norm(x, x.shape[1:], gain[0], bias[0], EPSILON)


def rms_norm(case, x, gain):
    return functional.rms_norm(x, x.shape[1:], gain[0], EPSILON)


def split(x, heads, length):
    """Rows of all heads to windows x heads x length x width."""
    return x.view(-1, length, heads, x.shape[1] // heads).transpose(1, 2)


def join(x):
    return x.transpose(1, 2).reshape(-1, x.shape[1] * x.shape[3])


def head_norm(case, x):
    """RMS norm without gain, over the channels of each of `heads` heads."""
    parts = x.view(-1, case["heads"], x.shape[1] // case["heads"])
    return functional.rms_norm(parts, parts.shape[2:], eps=EPSILON).reshape(x.shape)


def rotary(case, x):
    """Turns channels i and i + width / 2 of each head against each other by -place / 10000^(2 i / width)."""
    parts = split(x, case["heads"], case["length"])
    half = parts.shape[3] // 2
    angles = torch.arange(case["length"])[:, None] * 10_000.0 ** (-torch.arange(half) / half)
    a, b = parts[..., :half], parts[..., half:]
    turned = [a * angles.cos() + b * angles.sin(), b * angles.cos() - a * angles.sin()]
    return join(torch.cat(turned, dim=3))


def attention(case, query, key, value):
    """Head h of `heads` reads key head h * keyHeads / heads; place i sees i - window + 1 ... i, all before it where window is 0."""
    places = torch.arange(case["length"])
    distance = places[:, None] - places
    seen = (distance >= 0) & ((distance < case["window"]) | (case["window"] == 0))
    q, k, v = (split(x, n, case["length"]) for x, n in zip((query, key, value), (case["heads"], *[case["keyHeads"]] * 2)))
    return join(functional.scaled_dot_product_attention(q, k, v, attn_mask=seen, enable_gqa=True))


def gelu(case, x):
    return functional.gelu(x, approximate="tanh")


def relu_squared(case, x):
    return functional.relu(x).square()


def swiglu(case, gate, up):
    return functional.silu(gate) * up


def soft_cap(case, x):
    return case["cap"] * torch.tanh(x / case["cap"])


def cross_entropy(case, logits):
    """The mean over rows, 1 x 1; `indices` are the targets."""
    return functional.cross_entropy(logits, torch.tensor(case["indices"])).view(1, 1)


def residual(case, x, y, a, b):
    """x and y, each times a scalar parameter."""
    return x * a + y * b


OPERATIONS = {
    "linear": linear,
    "linearTransposed": linear_transposed,
    "embedding": embedding,
    "addingPositions": add_positions,
    "layerNorm": layer_norm,
    "rmsNorm": rms_norm,
    "headNorm": head_norm,
    "rotary": rotary,
    "attention": attention,
    "gelu": gelu,
    "reluSquared": relu_squared,
    "swiglu": swiglu,
    "softCap": soft_cap,
    "crossEntropy": cross_entropy,
    "residual": residual,
}


def heads(length, heads, key_heads=None, window=0):
    return {"length": length, "heads": heads, "keyHeads": key_heads or heads, "window": window}


def cases():
    def attend(windows, width, integers):
        rows = windows * integers["length"]
        return [draw(rows, width * integers[n]) for n in ("heads", "keyHeads", "keyHeads")]

    plain, long, one = heads(9, 2), heads(35, 1), heads(1, 2)
    grouped, narrow, both, itself = heads(7, 4, 2), heads(10, 2, 2, 3), heads(11, 4, 1, 4), heads(5, 1, 1, 1)
    # Values at which a function that is written carelessly loses digits or overflows.
    far = torch.tensor([[0.0, -0.0, 1e-3, -1e-3, 20, -20, 90]]).bfloat16().double()
    return [
        ("linear", "linear", [draw(7, 19), draw(19, 13)], {}),
        ("linear with a bias", "linear", [draw(5, 17), draw(17, 9), draw(1, 9)], {}),
        ("linear of one number", "linear", [draw(1, 1), draw(1, 1), draw(1, 1)], {}),
        ("linear over panels", "linear", [draw(17, 33), draw(33, 18)], {}),
        ("linear transposed", "linearTransposed", [draw(5, 17), draw(11, 17)], {}),
        ("embedding", "embedding", [draw(256, 3)], {"indices": [0, 255, 97, 97, 10, 97, 0]}),
        ("learned positions", "addingPositions", [draw(15, 3), draw(5, 3)], {"length": 5}),
        ("layer norm", "layerNorm", [draw(5, 37, 2), draw(1, 37), draw(1, 37)], {}),
        ("layer norm far from zero", "layerNorm", [draw(4, 19, 4, 64), draw(1, 19), draw(1, 19)], {}),
        ("layer norm of small numbers", "layerNorm", [draw(3, 16, 1e-3), draw(1, 16), draw(1, 16)], {}),
        ("RMS norm", "rmsNorm", [draw(5, 37, 2), draw(1, 37)], {}),
        ("RMS norm of small numbers", "rmsNorm", [draw(3, 16, 1e-3), draw(1, 16)], {}),
        ("head norm", "headNorm", [draw(6, 15)], {"heads": 3}),
        ("head norm of one head", "headNorm", [draw(3, 18, 3)], {"heads": 1}),
        ("rotary", "rotary", [draw(14, 12)], {"heads": 2, "length": 7}),
        ("rotary far", "rotary", [draw(40, 8)], {"heads": 1, "length": 40}),
        ("attention", "attention", attend(2, 5, plain), plain),
        ("attention over a long window", "attention", attend(1, 8, long), long),
        ("attention to itself alone", "attention", attend(3, 4, one), one),
        ("attention grouped", "attention", attend(2, 4, grouped), grouped),
        ("attention with a window", "attention", attend(2, 6, narrow), narrow),
        ("attention grouped with a window", "attention", attend(1, 4, both), both),
        ("attention with a window of one", "attention", attend(1, 3, itself), itself),
        ("GELU", "gelu", [draw(5, 13, 2)], {}),
        ("GELU far", "gelu", [far], {}),
        ("ReLU squared", "reluSquared", [draw(5, 13, 2)], {}),
        ("ReLU squared far", "reluSquared", [far], {}),
        ("SwiGLU", "swiglu", [draw(5, 13, 2), draw(5, 13)], {}),
        ("SwiGLU far", "swiglu", [far, draw(1, 7)], {}),
        ("soft cap", "softCap", [draw(5, 13, 10)], {"cap": 15.0}),
        ("soft cap far", "softCap", [far], {"cap": 3.0}),
        ("cross entropy", "crossEntropy", [draw(5, 256, 2)], {"indices": [7, 0, 255, 7, 128]}),
        ("cross entropy far", "crossEntropy", [draw(2, 256, 60)], {"indices": [3, 200]}),
        ("residual", "residual", [draw(5, 11), draw(5, 11), draw(1, 1), draw(1, 1)], {}),
    ]


def operation(name, kind, inputs, options):
    inputs = [x.clone().requires_grad_() for x in inputs]
    output = OPERATIONS[kind](options, *inputs)
    flow = draw(*output.shape)
    output.backward(flow)
    return {
        "name": name,
        "operation": kind,
        "integers": {key: value for key, value in options.items() if isinstance(value, int)},
        "numbers": {key: value for key, value in options.items() if isinstance(value, float)},
        "indices": options.get("indices", []),
        "inputs": [tensor(x) for x in inputs],
        "output": tensor(output),
        "flow": tensor(flow),
        "gradients": [tensor(x.grad) for x in inputs],
    }


# Optimisers ---------------------------------------------------------------------------------------------------------------------------

STEPS = 5


def adamw(weight, flows, rate, beta1, beta2, decay):
    weight = weight.clone().requires_grad_()
    optimiser = torch.optim.AdamW([weight], lr=rate, betas=(beta1, beta2), eps=1e-8, weight_decay=decay)
    for flow in flows:
        weight.grad = flow
        optimiser.step()
        yield weight.detach().clone()


def orthogonal(x):
    """About U V^T of the singular value decomposition, by Newton-Schulz iteration."""
    wide = x.shape[0] <= x.shape[1]
    x = x if wide else x.T
    x = x / (x.norm() + 1e-7)
    for _ in range(5):
        gram = x @ x.T
        x = 3.4445 * x + (-4.7750 * gram + 2.0315 * gram @ gram) @ x
    return x if wide else x.T


def muon(weight, flows, rate, momentum, decay):
    weight, memory = weight.float(), torch.zeros_like(weight, dtype=torch.float32)
    scale = max(1.0, weight.shape[1] / weight.shape[0]) ** 0.5
    for flow in flows:
        memory = torch.lerp(flow.float(), memory, momentum)
        direction = orthogonal(torch.lerp(flow.float(), memory, momentum))
        weight = weight * (1 - rate * decay) - rate * scale * direction
        yield weight.clone()


def optimisers():
    adam = {"rate": 0.01, "beta1": 0.9, "beta2": 0.95, "decay": 0.1}
    spectral = {"rate": 0.02, "momentum": 0.95, "decay": 0.1}
    cases = [
        ("AdamW", "adamw", adamw, adam, (5, 7)),
        ("AdamW without decay", "adamw", adamw, adam | {"decay": 0.0, "beta2": 0.999}, (1, 11)),
        ("Muon wide", "muon", muon, spectral, (5, 9)),
        ("Muon tall", "muon", muon, spectral, (9, 4)),
        ("Muon square", "muon", muon, spectral | {"decay": 0.0}, (6, 6)),
    ]
    for name, rule, function, numbers, shape in cases:
        weight, flows = draw(*shape), [draw(*shape) for _ in range(STEPS)]
        yield {
            "name": name,
            "rule": rule,
            "numbers": numbers,
            "weight": tensor(weight),
            "gradients": [tensor(x) for x in flows],
            "after": [tensor(x) for x in function(weight, flows, **numbers)],
        }


# A whole model ------------------------------------------------------------------------------------------------------------------------


def coarse(rows, columns, deviation):
    """Multiples of 1/64, which are short to write."""
    return (deviation * torch.randn(rows, columns) * 64).round() / 64


def initial(depth, width, length):
    weights = [("table", "embedding", coarse(256, width, 0.1)), ("place", "embedding", coarse(length, width, 0.1))]

    def norm(name):
        return [(name + ".gain", "vector", 1 + coarse(1, width, 0.1)), (name + ".bias", "vector", coarse(1, width, 0.1))]

    for block in (f"block{index}." for index in range(depth)):
        weights += norm(block + "norm1") + norm(block + "norm2")
        weights += [(block + part, "matrix", coarse(width, width, 0.2)) for part in ("query", "key", "value", "project")]
        weights += [(block + "up", "matrix", coarse(width, 4 * width, 0.2)), (block + "down", "matrix", coarse(4 * width, width, 0.1))]
    return weights + norm("norm")


def logits_of(weights, inputs, depth, heads, length):
    def normed(x, name):
        return layer_norm(None, x, weights[name + ".gain"], weights[name + ".bias"])

    shape = {"heads": heads, "keyHeads": heads, "length": length, "window": 0}
    x = add_positions(shape, weights["table"][inputs], weights["place"])
    for block in (f"block{index}." for index in range(depth)):
        y = normed(x, block + "norm1")
        x = x + attention(shape, *(y @ weights[block + part] for part in ("query", "key", "value"))) @ weights[block + "project"]
        x = x + gelu(None, normed(x, block + "norm2") @ weights[block + "up"]) @ weights[block + "down"]
    return normed(x, "norm") @ weights["table"].T


def model(depth=2, width=12, heads=2, length=9, batch=2, rate=0.01, clip=1.0, decay=0.1):
    initial_weights = initial(depth, width, length)
    weights = {name: value.clone().requires_grad_() for name, _, value in initial_weights}
    kinds = {name: kind for name, kind, _ in initial_weights}
    groups = [
        {"params": [w for name, w in weights.items() if kinds[name] != "vector"], "weight_decay": decay},
        {"params": [w for name, w in weights.items() if kinds[name] == "vector"], "weight_decay": 0.0},
    ]
    optimiser = torch.optim.AdamW(groups, lr=rate, betas=(0.9, 0.95), eps=1e-8)
    text = list((b"In the beginning God created the heaven and the earth. And the earth was without form, and void; " * 3)[:200])
    size = batch * length
    inputs = [text[step * size : (step + 1) * size] for step in range(STEPS)]
    targets = [text[step * size + 1 : (step + 1) * size + 1] for step in range(STEPS)]
    losses, norms, first = [], [], None
    for given, wanted in zip(inputs, targets):
        logits = logits_of(weights, given, depth, heads, length)
        first = logits.detach()[[0, -1]] if first is None else first
        loss = functional.cross_entropy(logits, torch.tensor(wanted))
        losses.append(loss.item())
        optimiser.zero_grad()
        loss.backward()
        norms.append(torch.nn.utils.clip_grad_norm_(list(weights.values()), clip).item())
        optimiser.step()
    last = functional.cross_entropy(logits_of(weights, inputs[-1], depth, heads, length), torch.tensor(targets[-1]))
    return {
        "name": "GPT",
        "integers": {"depth": depth, "width": width, "heads": heads, "length": length, "batch": batch},
        "numbers": {"rate": rate, "beta1": 0.9, "beta2": 0.95, "decay": decay, "clip": clip},
        "weights": [{"name": name, "kind": kind, "tensor": tensor(value)} for name, kind, value in initial_weights],
        "inputs": inputs,
        "targets": targets,
        "losses": [number(v) for v in (*losses, last.item())],
        "norms": [number(v) for v in norms],
        "logits": tensor(first),
    }


content = {"operations": [operation(*case) for case in cases()], "optimisers": list(optimisers()), "models": [model()]}
assert len({case["name"] for case in content["operations"]}) == len(content["operations"])
assert {case["operation"] for case in content["operations"]} == set(OPERATIONS)
for case in content["operations"]:
    assert all(math.isfinite(v) for x in [case["output"], *case["gradients"]] for v in x["values"]), case["name"]
(HERE / "torch.json").write_text(json.dumps(content, separators=(",", ":")) + "\n")
