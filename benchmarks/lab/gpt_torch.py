"""The lab's baseline in PyTorch, on the processor: eager or compiled, in the precisions that PyTorch offers there."""

import task

parser = task.options(__doc__, ["f32", "f32-medium", "autocast", "bf16"])
parser.add_argument("--compile", choices=["default", "max-autotune-no-cudagraphs"], help="compile in this mode")
arguments = parser.parse_args()
task.limit_threads(arguments.threads)

import torch  # noqa: E402: the number of processors is fixed before its thread pools start
from torch import nn  # noqa: E402
from torch.nn import functional  # noqa: E402


class Block(nn.Module):
    def __init__(self, width, heads, depth):
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(width, eps=1e-5), nn.LayerNorm(width, eps=1e-5)
        self.attend = nn.Linear(width, 3 * width, bias=False)
        self.project = nn.Linear(width, width, bias=False)
        self.up = nn.Linear(width, task.MLP_RATIO * width, bias=False)
        self.down = nn.Linear(task.MLP_RATIO * width, width, bias=False)
        for matrix in (self.attend, self.up):
            nn.init.normal_(matrix.weight, std=task.INITIAL_SCALE)
        for matrix in (self.project, self.down):
            nn.init.normal_(matrix.weight, std=task.INITIAL_SCALE / (2 * depth) ** 0.5)

    def forward(self, x):
        rows, length, width = x.shape
        parts = self.attend(self.norm1(x)).view(rows, length, 3, self.heads, width // self.heads)
        query, key, value = parts.permute(2, 0, 3, 1, 4)
        mixed = functional.scaled_dot_product_attention(query, key, value, is_causal=True)
        x = x + self.project(mixed.transpose(1, 2).reshape(rows, length, width))
        return x + self.down(functional.gelu(self.up(self.norm2(x)), approximate="tanh"))


class Model(nn.Module):
    def __init__(self, depth, width, heads, context):
        super().__init__()
        self.table = nn.Embedding(task.VOCABULARY, width)
        self.place = nn.Embedding(context, width)
        nn.init.normal_(self.table.weight, std=task.INITIAL_SCALE)
        nn.init.normal_(self.place.weight, std=task.INITIAL_SCALE)
        self.blocks = nn.ModuleList(Block(width, heads, depth) for _ in range(depth))
        self.norm = nn.LayerNorm(width, eps=1e-5)

    def forward(self, inputs, targets, reduction="mean"):
        x = self.table(inputs) + self.place.weight[: inputs.shape[1]]
        for block in self.blocks:
            x = block(x)
        logits = functional.linear(self.norm(x), self.table.weight)
        return functional.cross_entropy(logits.flatten(0, 1).float(), targets.flatten(), reduction=reduction)


def main():
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(arguments.seed)
    if arguments.precision == "f32-medium":
        # Lets f32 products be computed from operands rounded to bf16.
        torch.set_float32_matmul_precision("medium")
    model = Model(arguments.depth, arguments.width, arguments.heads, arguments.context)
    weights = list(model.parameters())
    # The optimiser works on f32 in every precision; a model in bf16 is a rounded copy of it.
    masters = weights
    if arguments.precision == "bf16":
        masters = [nn.Parameter(weight.detach().clone()) for weight in weights]
        model.bfloat16()
    optimiser = torch.optim.AdamW(
        [
            {"params": [w for w in masters if w.dim() == 2], "weight_decay": task.WEIGHT_DECAY},
            {"params": [w for w in masters if w.dim() < 2], "weight_decay": 0.0},
        ],
        lr=task.LEARNING_RATE,
        betas=task.BETAS,
        eps=task.EPSILON,
        fused=True,
    )
    loss_of = torch.compile(model, mode=arguments.compile) if arguments.compile else model

    def step(rate, inputs, targets):
        for group in optimiser.param_groups:
            group["lr"] = rate
        with torch.autocast("cpu", torch.bfloat16, enabled=arguments.precision == "autocast"):
            loss = loss_of(torch.from_numpy(inputs), torch.from_numpy(targets))
        loss.backward()
        if masters is not weights:
            for master, weight in zip(masters, weights):
                master.grad = weight.grad.float()
        nn.utils.clip_grad_norm_(masters, task.CLIP)
        optimiser.step()
        if masters is not weights:
            with torch.no_grad():
                torch._foreach_copy_(weights, masters)
        for weight in weights:
            weight.grad = None
        return loss.detach()

    @torch.no_grad()
    def nats(inputs, targets):
        with torch.autocast("cpu", torch.bfloat16, enabled=arguments.precision == "autocast"):
            return model(torch.from_numpy(inputs), torch.from_numpy(targets), reduction="sum")

    task.train(arguments, step)
    task.evaluate(arguments, nats)


main()
