"""Writes training.json: PyTorch's losses in twenty training steps of four networks, in float64.

    python tests/vectors/training.py     (torch 2.9)

Weights and batches are formulas, so that both sides can compute them: see `noise`. The networks are those of
crates/nn/tests/kernels.rs; SGD with momentum 0.9.
"""

import json
import math
import pathlib

import torch
from torch import nn
from torch.nn import functional as F

STEPS, IMAGES, SIDE = 20, 16, 32


def noise(count, j):
    """Numbers from -1 to 1: 2 × frac(43758.5453 * sin(12.9898 i + 78.233 j)) - 1."""
    i = torch.arange(count, dtype=torch.float64)
    v = torch.sin(12.9898 * i + 78.233 * j) * 43758.5453
    return 2 * (v - torch.floor(v)) - 1


def tutorial():
    return nn.Sequential(
        nn.Conv2d(3, 32, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(64, 64, 3), nn.ReLU(), nn.Flatten(), nn.Linear(1024, 64), nn.ReLU(), nn.Linear(64, 10))


class Residual(nn.Module):
    def __init__(self, channels, width, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, width, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.shortcut = nn.Identity()
        if stride != 1 or channels != width:
            self.shortcut = nn.Sequential(nn.Conv2d(channels, width, 1, stride, bias=False), nn.BatchNorm2d(width))

    def forward(self, x):
        return F.relu(self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x))))) + self.shortcut(x))


def resnet20():
    layers, channels = [nn.Conv2d(3, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16), nn.ReLU()], 16
    for width, first in ((16, 1), (32, 2), (64, 2)):
        for stride in (first, 1, 1):
            layers.append(Residual(channels, width, stride))
            channels = width
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10))


def vgg():
    layers, channels = [], 3
    for width in (16, 32, 64):
        for _ in range(2):
            layers += [nn.Conv2d(channels, width, 3, padding=1), nn.ReLU()]
            channels = width
        layers.append(nn.MaxPool2d(2))
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(64 * 16, 64), nn.ReLU(), nn.Linear(64, 10))


class Inception(nn.Module):
    def __init__(self, channels, one, three, five):
        super().__init__()
        self.one = nn.Conv2d(channels, one, 1)
        self.three = nn.Conv2d(channels, three, 3, padding=1)
        self.five = nn.Conv2d(channels, five, 5, padding=2)
        self.pooled = nn.Conv2d(channels, 8, 1)

    def forward(self, x):
        average = F.avg_pool2d(x, 3, 1, 1, count_include_pad=False)
        return F.relu(torch.cat([self.one(x), self.three(x), self.five(x), self.pooled(average)], 1))


def inception():
    return nn.Sequential(
        nn.Conv2d(3, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), Inception(32, 32, 48, 16), nn.MaxPool2d(2),
        Inception(104, 32, 48, 16), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(104, 10))


def batch(step):
    labels = (torch.arange(IMAGES) * 7 + step * 3) % 10
    noisy = noise(IMAGES * 3 * SIDE * SIDE, 1000 + step).reshape(IMAGES, 3, SIDE, SIDE)
    x = torch.arange(SIDE, dtype=torch.float64)
    stripes = torch.sin(0.1 * (labels[:, None] + 1) * x)[:, None, None, :]
    return 0.5 + 0.25 * noisy + 0.25 * stripes, labels


def losses(model, lr):
    model = model.double()
    with torch.no_grad():
        for j, parameter in enumerate(model.parameters()):
            values = noise(parameter.numel(), j).reshape(parameter.shape)
            if parameter.dim() > 1:
                parameter.copy_((values * math.sqrt(6 / parameter[0].numel())).float())
            elif parameter[0] == 1:
                parameter.fill_(1)  # the factors of a norm
            else:
                parameter.copy_((0.05 * values).float())
    optimizer = torch.optim.SGD(model.parameters(), lr, momentum=0.9)
    found = []
    for step in range(STEPS):
        pixels, labels = batch(step)
        optimizer.zero_grad()
        loss = F.cross_entropy(model(pixels.float().double()), labels)
        loss.backward()
        optimizer.step()
        found.append(loss.item())
    return found


def main():
    rates = {tutorial: 0.01, resnet20: 1e-4, vgg: 3e-5, inception: 0.01}
    found = {network.__name__: losses(network(), lr) for network, lr in rates.items()}
    path = pathlib.Path(__file__).with_name("training.json")
    path.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
