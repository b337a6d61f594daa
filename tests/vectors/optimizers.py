"""Writes optimizers.json: one hundred steps of every optimiser in PyTorch, in float64.

    python tests/vectors/optimizers.py     (torch 2.9)

Gradients are a formula of the weights and the step, so that both sides can compute them: see `gradient`. PyTorch has no
Lion: it follows the listing of its paper. Muon is PyTorch's with the iteration in float64 instead of bfloat16, combined with AdamW
as by its author. SGD with decoupled decay shrinks the weights before each step of SGD.
"""

import json
import math
import pathlib

import torch

SHAPES = [[4, 2, 3, 3], [4], [6, 16], [6], [3, 6], [3]]


def start(j):
    n = math.prod(SHAPES[j])
    values = [0.5 * math.cos(0.7 * i + j) for i in range(n)]
    return torch.tensor(values, dtype=torch.float64).reshape(SHAPES[j])


def gradient(j, w, step):
    """0.5·(w − sin i) + 0.3·sin(0.37·step + i + j), i the index in the tensor."""
    i = torch.arange(w.numel(), dtype=torch.float64).reshape(w.shape)
    return 0.5 * (w - torch.sin(i)) + 0.3 * torch.sin(0.37 * step + i + j)


def newton_schulz(matrix, coefficients, iterations, eps):
    a, b, c = coefficients
    x = matrix.T if matrix.size(0) > matrix.size(1) else matrix
    x = x / x.norm().clamp(min=eps)
    for _ in range(iterations):
        square = x @ x.T
        x = a * x + (b * square + c * square @ square) @ x
    return x.T if matrix.size(0) > matrix.size(1) else x


torch.optim._muon._zeropower_via_newtonschulz = newton_schulz


class Lion(torch.optim.Optimizer):
    """Chen et al. 2023, listing 1."""

    def __init__(self, params, lr, betas, weight_decay):
        super().__init__(params, dict(lr=lr, betas=betas, weight_decay=weight_decay))

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            beta1, beta2 = group["betas"]
            for p in group["params"]:
                m = self.state[p].setdefault("m", torch.zeros_like(p))
                update = torch.sign(beta1 * m + (1 - beta1) * p.grad)
                m.mul_(beta2).add_(p.grad, alpha=1 - beta2)
                p.add_(update + group["weight_decay"] * p, alpha=-group["lr"])


def run(make, clip=None, shrink=0.0):
    params = [torch.nn.Parameter(start(j)) for j in range(len(SHAPES))]
    optimizers = make(params)
    optimizers = optimizers if isinstance(optimizers, list) else [optimizers]
    kept = {}
    for step in range(1, 101):
        for j, p in enumerate(params):
            p.grad = gradient(j, p.detach(), step)
        if clip:
            torch.nn.utils.clip_grad_norm_(params, clip)
        with torch.no_grad():
            for p in params:
                p.mul_(1 - shrink)
        for optimizer in optimizers:
            optimizer.step()
        if step in (3, 100):
            kept[step] = [float(f"{v:.10g}") for p in params for v in p.detach().flatten().tolist()]
    return kept


def muon(params):
    class Flat:
        """A convolution's filters as the rows of a matrix, for an optimiser that accepts only matrices."""

        def __init__(self):
            self.matrix = torch.nn.Parameter(params[0].detach().reshape(4, 18).clone())
            groups = [self.matrix, params[2]]
            self.inner = torch.optim.Muon(
                groups, lr=0.02, weight_decay=0.1, momentum=0.95, nesterov=True, eps=1e-7, adjust_lr_fn="original"
            )

        def step(self):
            self.matrix.grad = params[0].grad.reshape(4, 18)
            self.inner.step()
            with torch.no_grad():
                params[0].copy_(self.matrix.reshape(4, 2, 3, 3))

    rest = [params[i] for i in (1, 3, 4, 5)]
    return [Flat(), torch.optim.AdamW(rest, lr=1e-3, betas=(0.9, 0.95), eps=1e-10, weight_decay=0.1)]


def only_matrices(params, decay):
    matrices = [p for p in params if p.dim() > 1]
    rest = [p for p in params if p.dim() == 1]
    return [dict(params=matrices, weight_decay=decay), dict(params=rest, weight_decay=0.0)]


def groups(params, decay):
    """Head: its own rate. First layer: half the rate, no decay. Layers between: a tenth. Norms and biases: unchanged."""
    first, between, head = params[:2], params[2:4], params[4:]
    matrices = lambda group, lr, decay: [
        dict(params=[p for p in group if p.dim() > 1], lr=lr, weight_decay=decay),
        dict(params=[p for p in group if p.dim() == 1], lr=lr, weight_decay=0.0),
    ]
    return matrices(first, 0.025, 0.0) + matrices(between, 0.005, decay) + matrices(head, 0.05, decay)


o = torch.optim
cases = {
    "sgd": run(lambda p: o.SGD(p, lr=0.05)),
    "sgd momentum": run(lambda p: o.SGD(p, lr=0.05, momentum=0.9, weight_decay=0.01)),
    "sgd nesterov": run(lambda p: o.SGD(p, lr=0.05, momentum=0.9, nesterov=True, weight_decay=0.01)),
    "sgd decoupled": run(lambda p: o.SGD(p, lr=0.05, momentum=0.9), shrink=0.05 * 0.1),
    "sgd clipped": run(lambda p: o.SGD(p, lr=0.05, momentum=0.9), clip=1.5),
    "sgd groups": run(lambda p: o.SGD(groups(p, 0.01), lr=0.05, momentum=0.9)),
    "sgd frozen": run(lambda p: o.SGD(p[2:], lr=0.05, momentum=0.9, weight_decay=0.01)),
    "adam": run(lambda p: o.Adam(p, lr=0.01, eps=1e-7)),
    "adam decay": run(lambda p: o.Adam(p, lr=0.01, eps=1e-7, weight_decay=0.05)),
    "adamw": run(lambda p: o.AdamW(p, lr=0.01, eps=1e-8, weight_decay=0.1)),
    "adamw matrices": run(lambda p: o.AdamW(only_matrices(p, 0.1), lr=0.01, eps=1e-8)),
    "rmsprop": run(lambda p: o.RMSprop(p, lr=0.01)),
    "rmsprop centered": run(lambda p: o.RMSprop(p, lr=0.01, centered=True, momentum=0.9, weight_decay=0.01)),
    "adagrad": run(lambda p: o.Adagrad(p, lr=0.1, initial_accumulator_value=0.1, weight_decay=0.01)),
    "lion": run(lambda p: Lion(p, lr=1e-3, betas=(0.9, 0.99), weight_decay=0.1)),
    "muon": run(muon),
}
path = pathlib.Path(__file__).with_suffix(".json")
path.write_text(json.dumps(cases, separators=(",", ":")) + "\n")
print(path, path.stat().st_size)
