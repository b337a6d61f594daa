"""Writes policies.json: torchvision's automatic augmentations, each operation with its strengths.

    python tests/vectors/policies.py     (torch 2.9, torchvision 0.24)

Images are float in [0, 1] for torchvision, with bilinear interpolation; posterize and equalize need bytes. `fill` is not
used, since torchvision blends it in a second time at the border: outside the image is 0.
"""

import json
import math
import pathlib

import torch
from torchvision.transforms import InterpolationMode
from torchvision.transforms import autoaugment as a

def picture(shape):
    return torch.tensor([(i * 7919 + 13) % 211 + i % 40 for i in range(math.prod(shape))]).reshape(shape)


def operation(name, magnitude):
    # torchvision does not equalise fewer than 256 pixels.
    shape = (1, 20, 24) if name == "Equalize" else (3, 9, 12)
    image = picture(shape)
    image = image.to(torch.uint8) if name in ("Posterize", "Equalize") else image.double() / 255
    if name == "Solarize":
        magnitude_here = magnitude / 255
    else:
        magnitude_here = magnitude
    found = a._apply_op(image, name, magnitude_here, InterpolationMode.BILINEAR, None).double()
    found = found if name in ("Posterize", "Equalize") else found * 255
    pixels = [round(v, 2) for v in found.flatten().tolist()]
    return dict(name=name, magnitude=magnitude, shape=shape, pixels=pixels)


cases = []
for name, magnitudes in dict(
    ShearX=[0.21, -0.3], ShearY=[0.15, -0.3], TranslateX=[3, -2], TranslateY=[1, -4], Rotate=[20.0, -97.0],
    Brightness=[0.4, -0.6], Color=[0.5, -0.9], Contrast=[0.3, -0.7], Sharpness=[0.8, -0.5], Posterize=[4, 7, 8],
    Solarize=[128.0, 30.0], AutoContrast=[0.0], Equalize=[0.0], Invert=[0.0], Identity=[0.0],
).items():
    cases += [operation(name, m) for m in magnitudes]


def strengths(space, bins):
    whole = ("TranslateX", "TranslateY")
    listed = lambda v: v.double().flatten().tolist() if v.ndim else [v.item()] * bins
    # Positions that float32 rounds to just below a whole number count as that number.
    return {k: [float(int(x + 1e-4)) if k in whole else x for x in listed(v)] for k, (v, _) in space.items()}


narrow = a.RandAugment()._augmentation_space(31, (32, 48))
wide = a.TrivialAugmentWide()._augmentation_space(31)
ten = dict(a.AutoAugment(a.AutoAugmentPolicy.CIFAR10)._augmentation_space(10, (32, 48)), Identity=(torch.tensor(0.0), False))
kept = dict(operations=cases, narrow=strengths(narrow, 31), wide=strengths(wide, 31), ten=strengths(ten, 10))
path = pathlib.Path(__file__).with_suffix(".json")
path.write_text(json.dumps(kept, separators=(",", ":")) + "\n")
print(path, path.stat().st_size)
