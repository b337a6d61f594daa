"""Writes schedules.json: PyTorch's learning rate of every step, with ten steps per epoch.

    python tests/vectors/schedules.py     (torch 2.9)
"""

import json
import pathlib
import warnings

import torch
from torch.optim import lr_scheduler as s

warnings.filterwarnings("ignore")
STEPS = 10


def curve(make, steps, epochwise=False, measured=None):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.4, momentum=0.9)
    scheduler = make(optimizer)
    rates = []
    for step in range(steps):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        end = (step + 1) % STEPS == 0
        if measured is not None:
            if end:
                scheduler.step(measured[step // STEPS])
        elif not epochwise or end:
            scheduler.step()
    return rates


# Improves, stalls longer than the patience twice, and once improves by less than the threshold.
MEASURED = [1.0, 0.9, 0.95, 0.9, 0.91, 0.8, 0.79995, 0.81, 0.82, 0.83, 0.84, 0.85, 0.7, 0.71, 0.72, 0.73, 0.74, 0.75, 0.76, 0.77]

cases = {
    "step": curve(lambda o: s.StepLR(o, 3, gamma=0.5), 100, epochwise=True),
    "multi-step": curve(lambda o: s.MultiStepLR(o, [2, 5], gamma=0.1), 100, epochwise=True),
    # PyTorch changes the rate once per epoch, we at every step: only the first steps of epochs are compared.
    "exponential": curve(lambda o: s.ExponentialLR(o, 0.9), 100, epochwise=True),
    "polynomial": curve(lambda o: s.PolynomialLR(o, 100, power=2.0), 100),
    "cosine": curve(lambda o: s.CosineAnnealingLR(o, 100, eta_min=0.01), 100),
    "cosine-restarts": curve(lambda o: s.CosineAnnealingWarmRestarts(o, 20, T_mult=2, eta_min=0.01), 150),
    "one-cycle": curve(lambda o: s.OneCycleLR(o, 0.4, total_steps=100), 100),
    "one-cycle linear": curve(
        lambda o: s.OneCycleLR(o, 0.4, total_steps=100, pct_start=0.25, anneal_strategy="linear", div_factor=10), 100
    ),
    "triangular": curve(lambda o: s.CyclicLR(o, 0.1, 0.4, step_size_up=20), 100),
    "triangular2": curve(lambda o: s.CyclicLR(o, 0.1, 0.4, step_size_up=20, mode="triangular2"), 100),
    "plateau": curve(
        lambda o: s.ReduceLROnPlateau(
            o, factor=0.1, patience=2, threshold=1e-3, threshold_mode="abs", cooldown=1, min_lr=0.01
        ),
        200,
        measured=MEASURED,
    ),
    "warm-up, cosine": curve(
        lambda o: s.SequentialLR(
            o, [s.LinearLR(o, 0.1, total_iters=20), s.CosineAnnealingLR(o, 80)], milestones=[20]
        ),
        100,
    ),
    "warm-up, constant": curve(lambda o: s.LinearLR(o, 0.25, total_iters=15), 40),
}
path = pathlib.Path(__file__).with_suffix(".json")
path.write_text(json.dumps(dict(measured=MEASURED, curves=cases), separators=(",", ":")) + "\n")
print(path, path.stat().st_size)
