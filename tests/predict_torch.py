"""Classifies the images of a folder with a network that `convsweep export --pytorch` wrote, as a user of PyTorch would: decoded and
resized by Pillow, in batches, on one thread.

usage: predict_torch.py MODULE.py WEIGHTS.safetensors FOLDER

Prints the number of images and the seconds, without those for the start of Python and the imports.
"""

import importlib.util
import pathlib
import sys
import time

import numpy as np
import torch
from PIL import Image, ImageOps

BATCH = 32


def main():
    module, weights, folder = sys.argv[1:]
    spec = importlib.util.spec_from_file_location("network", module)
    network_module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(network_module)
    torch.set_num_threads(1)
    started = time.perf_counter()
    network = network_module.load(weights).to(memory_format=torch.channels_last)
    channels, height, width = network.description["input_shape"]
    mean, std = (torch.tensor(network.description["normalization"][key]).float()[:, None, None] for key in ("mean", "std"))
    files = sorted(path for path in pathlib.Path(folder).rglob("*") if path.is_file())
    with torch.inference_mode():
        for first in range(0, len(files), BATCH):
            images = []
            for path in files[first : first + BATCH]:
                with Image.open(path) as image:
                    fitted = ImageOps.fit(image.convert("RGB" if channels == 3 else "L"), (width, height), Image.BILINEAR)
                images.append(torch.from_numpy(np.array(fitted).reshape(height, width, -1)).permute(2, 0, 1))
            batch = (torch.stack(images).float() / 255 - mean) / std
            network(batch.to(memory_format=torch.channels_last)).softmax(1)
    print(len(files), time.perf_counter() - started)


main()
