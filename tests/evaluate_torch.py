#!/usr/bin/env python3
"""Measures PyTorch's evaluation of one of the peers' networks, channels last, one thread; prints one JSON line.

    PYTHONPATH=PEERS evaluate_torch.py NETWORK STEPS

A step is batch (by index, as f32), forward, cross-entropy and prediction of 256 images; the speed is 256 over the median step.
"""
import statistics
import sys

import bench_common as common
import torch
import torch_models
from torch.nn import functional as F


def main():
    network, steps, batch, warm_up = sys.argv[1], int(sys.argv[2]), 256, 5
    torch.set_num_threads(1)
    images, labels = common.read_cifar10(common.DEFAULT_DATA)
    _, index = common.split80(len(images))
    x = torch.from_numpy(images[index]).float().div_(255).contiguous(memory_format=torch.channels_last)
    y = torch.from_numpy(labels[index])
    model = torch_models.MODELS[network]().to(memory_format=torch.channels_last).eval()
    times = []
    with torch.inference_mode():
        for step in range(warm_up + steps):
            start = common.now()
            first = step * batch % (len(x) - batch)
            rows = torch.arange(first, first + batch)
            logits = model(x[rows].contiguous(memory_format=torch.channels_last))
            F.cross_entropy(logits, y[rows], reduction="sum").item()
            logits.argmax(1).eq(y[rows]).sum().item()
            times.append(common.now() - start)
    median = statistics.median(times[warm_up:])
    common.report(
        peer="torch", version=torch.__version__, what="evaluate", model=network, batch=batch, threads=1, channels_last=True,
        images_per_s=round(batch / median, 1), step_ms=common.rounded(median * 1e3, 3), measured_steps=steps,
        peak_rss_mib=common.peak_rss_mib())


if __name__ == "__main__":
    main()
