"""The lab's baseline in JAX, on the processor: one jitted step, in f32 or with bf16 operands and f32 masters."""

import math
import os

import task

arguments = task.options(__doc__, ["f32", "bf16"]).parse_args()
task.limit_threads(arguments.threads)
os.environ["JAX_PLATFORMS"] = "cpu"

import jax  # noqa: E402: the number of processors is fixed before its thread pools start
import jax.numpy as jnp  # noqa: E402


def initial(key):
    depth, width, scale = arguments.depth, arguments.width, task.INITIAL_SCALE
    last = scale / math.sqrt(2 * depth)
    keys = iter(jax.random.split(key, 4 * depth + 2))

    def matrix(inputs, outputs, deviation):
        return deviation * jax.random.normal(next(keys), (inputs, outputs))

    def norm():
        return {"gain": jnp.ones(width), "bias": jnp.zeros(width)}

    def block():
        return {
            "norm1": norm(),
            "attend": matrix(width, 3 * width, scale),
            "project": matrix(width, width, last),
            "norm2": norm(),
            "up": matrix(width, task.MLP_RATIO * width, scale),
            "down": matrix(task.MLP_RATIO * width, width, last),
        }

    return {
        "table": matrix(task.VOCABULARY, width, scale),
        "place": matrix(arguments.context, width, scale),
        "blocks": [block() for _ in range(depth)],
        "norm": norm(),
    }


def layer_norm(x, norm):
    centred = x.astype(jnp.float32) - x.astype(jnp.float32).mean(-1, keepdims=True)
    scaled = centred * jax.lax.rsqrt((centred**2).mean(-1, keepdims=True) + 1e-5)
    return (scaled * norm["gain"] + norm["bias"]).astype(x.dtype)


def attention(x, block):
    rows, length, width = x.shape
    shape = (rows, length, arguments.heads, width // arguments.heads)
    query, key, value = (part.reshape(shape) for part in jnp.split(x @ block["attend"], 3, axis=-1))
    mixed = jax.nn.dot_product_attention(query, key, value, is_causal=True)
    return mixed.reshape(rows, length, width) @ block["project"]


def nats(weights, inputs, targets):
    """The loss of each byte, flat."""
    if arguments.precision == "bf16":
        weights = jax.tree.map(lambda w: w.astype(jnp.bfloat16) if w.ndim == 2 else w, weights)
    x = weights["table"][inputs] + weights["place"]
    for block in weights["blocks"]:
        x = x + attention(layer_norm(x, block["norm1"]), block)
        x = x + jax.nn.gelu(layer_norm(x, block["norm2"]) @ block["up"], approximate=True) @ block["down"]
    logits = (layer_norm(x, weights["norm"]) @ weights["table"].T).astype(jnp.float32)
    chosen = jnp.take_along_axis(logits, targets[..., None], axis=-1)[..., 0]
    return (jax.nn.logsumexp(logits, axis=-1) - chosen).ravel()


def step(state, rate, inputs, targets):
    weights, means, squares, count = state
    loss, gradients = jax.value_and_grad(lambda w: nats(w, inputs, targets).mean())(weights)
    length = jnp.sqrt(sum((g**2).sum() for g in jax.tree.leaves(gradients)))
    gradients = jax.tree.map(lambda g: g * jnp.minimum(1, task.CLIP / (length + 1e-6)), gradients)
    (beta1, beta2), count = task.BETAS, count + 1
    means = jax.tree.map(lambda m, g: beta1 * m + (1 - beta1) * g, means, gradients)
    squares = jax.tree.map(lambda s, g: beta2 * s + (1 - beta2) * g**2, squares, gradients)

    def moved(w, m, s):
        decay = task.WEIGHT_DECAY if w.ndim == 2 else 0
        change = m / (1 - beta1**count) / (jnp.sqrt(s / (1 - beta2**count)) + task.EPSILON)
        return w - rate * (decay * w + change)

    return (jax.tree.map(moved, weights, means, squares), means, squares, count), loss


def main():
    weights = initial(jax.random.key(arguments.seed))
    zeros = jax.tree.map(jnp.zeros_like, weights)
    state = (weights, zeros, jax.tree.map(jnp.copy, zeros), jnp.zeros((), jnp.float32))
    compiled = jax.jit(step, donate_argnums=0)

    def advance(rate, inputs, targets):
        nonlocal state
        state, loss = compiled(state, rate, inputs.astype("int32"), targets.astype("int32"))
        return loss

    task.train(arguments, advance)
    total = jax.jit(lambda *arguments: nats(*arguments).sum())
    task.evaluate(arguments, lambda inputs, targets: total(state[0], inputs.astype("int32"), targets.astype("int32")))


main()
