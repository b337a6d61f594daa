"""Trains a network of the checks with PyTorch, as fast as a user of PyTorch would write it, and prints one JSON line: the
end, the images per second and the last step of each epoch. Images are drawn at random and stay on the device as bytes; batches
are taken, normalized and augmented there, with the same augmentation as ours. Channels come last. Exit code 3: the variant is
not possible here."""

import argparse
import contextlib
import json
import os
import shutil
import sys
import time

if "--variant=f32" in sys.argv or "--variant=f32-compiled" in sys.argv:
    # NVIDIA's libraries read it once. PyTorch's default lets cuDNN compute in TF32.
    os.environ["NVIDIA_TF32_OVERRIDE"] = "0"

import torch
from torch import nn
from torch.nn import functional as F

VARIANTS = ["f32", "f32-compiled", "tf32", "amp", "amp-compiled"]


def tutorial():
    return nn.Sequential(
        nn.Conv2d(3, 32, 3), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(64, 64, 3), nn.ReLU(), nn.Flatten(),
        nn.Linear(1024, 64), nn.ReLU(), nn.Linear(64, 10),
    )  # fmt: skip


class Basic(nn.Module):
    def __init__(self, channels, width, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, width, 3, stride, 1, bias=False)
        self.norm1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, 1, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(width)
        self.shortcut = nn.Identity()
        if stride != 1 or channels != width:
            self.shortcut = nn.Sequential(nn.Conv2d(channels, width, 1, stride, bias=False), nn.BatchNorm2d(width))

    def forward(self, x):
        y = self.norm2(self.conv2(F.relu(self.norm1(self.conv1(x)))))
        return F.relu(y + self.shortcut(x))


def resnet18():
    """He et al.'s ResNet-18 with a stem for small images: 11,173,962 parameters."""
    layers, channels = [nn.Conv2d(3, 64, 3, 1, 1, bias=False), nn.BatchNorm2d(64), nn.ReLU()], 64
    for width, stride in ((64, 1), (64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), (512, 1)):
        layers.append(Basic(channels, width, stride))
        channels = width
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(512, 10))


def rotate_scale_flip(images):
    """Up to 15 degrees, 0.9 to 1.1 times the size, every other image mirrored."""
    count = len(images)
    draw = torch.rand(3, count, device=images.device)
    angle = (draw[0] * 2 - 1) * (15 * torch.pi / 180)
    size = 1 / (0.9 + 0.2 * draw[1])
    mirror = torch.where(draw[2] < 0.5, -1.0, 1.0)
    cos, sin, zero = angle.cos() * size, angle.sin() * size, torch.zeros_like(angle)
    matrix = torch.stack([cos * mirror, -sin, zero, sin * mirror, cos, zero], 1).view(count, 2, 3)
    grid = F.affine_grid(matrix, list(images.shape), align_corners=False)
    return F.grid_sample(images, grid, align_corners=False)


def crop_flip(images):
    """A random area of the image with four black pixels at every side, every other one mirrored."""
    count, _, height, width = images.shape
    device = images.device
    padded = F.pad(images, (4, 4, 4, 4))
    top, left = torch.randint(0, 9, (2, count, 1), device=device)
    columns = torch.arange(width, device=device)
    mirrored = torch.rand(count, 1, device=device) < 0.5
    columns = torch.where(mirrored, width - 1 - columns, columns) + left
    rows = torch.arange(height, device=device) + top
    which = torch.arange(count, device=device)[:, None, None]
    # Indices before and after a slice put the channels last, which is the layout wanted.
    return padded[which, :, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--network", choices=["tutorial", "resnet18"], required=True)
    parser.add_argument("--variant", choices=VARIANTS, required=True)
    parser.add_argument("--batch", type=int, required=True)
    parser.add_argument("--steps", type=int, required=True, help="of an epoch")
    parser.add_argument("--epochs", type=int, required=True)
    parser.add_argument("--cpu", action="store_true")
    return parser.parse_args()


def refuse(why):
    print(why, file=sys.stderr)
    sys.exit(3)


def main():
    chosen = arguments()
    device = torch.device("cpu" if chosen.cpu else "cuda")
    if device.type == "cuda" and not torch.cuda.is_available():
        refuse("PyTorch sees no GPU")
    is_compiled, is_amp = chosen.variant.endswith("compiled"), chosen.variant.startswith("amp")
    if is_compiled and not (shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")):
        refuse("torch.compile needs a C compiler, and there is none here")
    if not chosen.variant.startswith("f32"):
        torch.set_float32_matmul_precision("high")
    torch.backends.cudnn.benchmark = True
    if chosen.cpu:
        torch.set_num_threads(1)
    torch.manual_seed(0)

    count = chosen.batch * chosen.steps
    images = torch.randint(0, 256, (count, 3, 32, 32), dtype=torch.uint8, device=device)
    images = images.contiguous(memory_format=torch.channels_last)
    labels = torch.randint(0, 10, (count,), device=device)
    model = {"tutorial": tutorial, "resnet18": resnet18}[chosen.network]().to(device, memory_format=torch.channels_last)
    parameters = sum(p.numel() for p in model.parameters())
    optimizer = torch.optim.Adam(model.parameters(), 1e-3, fused=not chosen.cpu)
    net = torch.compile(model) if is_compiled else model
    augment = rotate_scale_flip if chosen.network == "tutorial" else crop_flip
    cast = torch.autocast(device.type, torch.bfloat16) if is_amp else contextlib.nullcontext()
    wait = (lambda: None) if chosen.cpu else torch.cuda.synchronize

    def step(index):
        x = images[index].float().div_(255)
        x = augment(x).contiguous(memory_format=torch.channels_last)
        optimizer.zero_grad(set_to_none=True)
        with cast:
            logits = net(x)
            loss = F.cross_entropy(logits.float(), labels[index])
        loss.backward()
        optimizer.step()
        hits = (logits.detach().argmax(1) == labels[index]).sum()
        return loss.detach(), hits

    epochs, loss_sum = [], None
    for epoch in range(chosen.epochs):
        wait()
        begin = time.perf_counter()
        loss_sum = torch.zeros((), device=device)
        hits = torch.zeros((), device=device)
        for index in torch.randperm(count, device=device).split(chosen.batch):
            loss, right = step(index)
            loss_sum += loss
            hits += right
        wait()
        speed = count / (time.perf_counter() - begin)
        epochs.append([time.time(), speed, (epoch + 1) * chosen.steps])
    print(json.dumps({
        "epochs": epochs,
        "version": torch.__version__,
        "parameters": parameters,
        "last_loss": round(loss_sum.item() / chosen.steps, 4),
    }))  # fmt: skip


if __name__ == "__main__":
    main()
