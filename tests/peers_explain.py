"""Trains a small network on photographs and compares the maps of `convsweep explain` with those of captum and
pytorch-grad-cam on the same weights and images.

usage: peers_explain.py PROGRAM PHOTOGRAPHS

PHOTOGRAPHS has a folder for each class. SmoothGrad is not compared: its noise is drawn otherwise.
"""

import copy
import json
import os
import pathlib
import struct
import subprocess
import sys
import tempfile

import numpy as np
import torch
from captum.attr import IntegratedGradients, Occlusion
from PIL import Image, ImageOps
from pytorch_grad_cam import GradCAM, HiResCAM
from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget
from safetensors.torch import load_file

LIMIT = 1e-4
# Along the way of integrated gradients, thousands of ReLUs and maxima change sides. Where rounding decides on which side
# one is, both results are right, and captum's own in 32 and 64 bits differ as much.
KINKS = 1e-2
SIZE = 48
METHODS = "grad-cam,hires-cam,integrated-gradients,occlusion"
EXPERIMENT = f"""
[experiment]
name = "peers"

[data]
source = "folder"
path = "images"
size = [{SIZE}, {SIZE}]

[augment]
normalize = "standard"

[model]
layers = [
  {{ conv = 16, kernel = 3, padding = "same", norm = "batch", activation = "relu" }}, {{ pool = "max", size = 2 }},
  {{ conv = 32, kernel = 3, activation = "relu" }}, {{ pool = "max", size = 2 }},
  {{ flatten = true }}, {{ dense = "classes" }},
]

[train]
epochs = 4
batch_size = 32
optimizer = {{ name = "adam", lr = 1e-3 }}
"""


def explained(program, photographs, folder):
    """The file of the weights, and the lines of `explain` for some images of the size that the network reads."""
    for path in pathlib.Path(photographs).glob("*/*"):
        with Image.open(path) as image:
            image = ImageOps.fit(image.convert("RGB"), (SIZE, SIZE))
        # Where an image is of one colour, maxima are ties, which rounding decides.
        noise = np.random.RandomState(0).randint(-6, 7, (SIZE, SIZE, 3))
        image = Image.fromarray((np.asarray(image, np.int64) + noise).clip(0, 255).astype(np.uint8))
        target = folder / "images" / path.parent.name / f"{path.stem}.png"
        target.parent.mkdir(parents=True, exist_ok=True)
        image.save(target)
    (folder / "peers.toml").write_text(EXPERIMENT)
    environment = dict(os.environ, CONVSWEEP_DATA=str(folder / "cache"), CONVSWEEP_RESULTS=str(folder / "results"))
    run = dict(cwd=folder, env=environment, check=True, stdout=subprocess.PIPE)
    subprocess.run([program, "run", "peers.toml", "--quiet"], **run)
    images = sorted(folder.glob("images/*/*.png"))[::20]
    command = [program, "explain", "best:peers", *map(str, images), "--methods", METHODS, "--json"]
    lines = subprocess.run(command, **run).stdout.decode().splitlines()
    (weights,) = folder.glob("results/jobs/*/model.safetensors")
    return weights, [json.loads(line) for line in lines[:-1]]


def description(path):
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        return json.loads(json.loads(file.read(length))["__metadata__"]["convsweep"])


class Network(torch.nn.Sequential):
    """The architecture, of convolutions, norms, ReLU, maximum pools and dense layers."""

    def __init__(self, about, weights):
        super().__init__()
        counts = {}
        # In a list, since it would be computed twice as an attribute of its own.
        self.planes = []
        for layer in about["architecture"]["layers"]:
            kind = layer["layer"]
            counts[kind] = counts.get(kind, 0) + 1
            name = f"{kind}{counts[kind]}"
            self.add(name, layer, weights)
            if name.startswith(("conv", "pool")):
                self.planes = [list(self)[-1]]
        self.eval()

    def add(self, name, layer, weights):
        kind = layer["layer"]
        if kind == "pool":
            module = torch.nn.MaxPool2d(layer["size"], layer["stride"])
        elif kind == "flatten":
            module = torch.nn.Flatten()
        elif kind == "conv":
            weight = weights[f"{name}.weight"]
            padding = 0 if layer["padding"] == "valid" else "same"
            module = torch.nn.Conv2d(weight.shape[1], weight.shape[0], layer["kernel"], padding=padding)
        else:
            weight = weights[f"{name}.weight"]
            module = torch.nn.Linear(weight.shape[1], weight.shape[0])
        if kind in ("conv", "dense"):
            module.load_state_dict({role: weights[f"{name}.{role}"] for role in ("weight", "bias")})
        self.append(module)
        if layer.get("norm"):
            norm = torch.nn.BatchNorm2d(weight.shape[0], eps=layer["norm"]["epsilon"])
            roles = ("weight", "bias", "running_mean", "running_var")
            state = {role: weights[f"{name}.norm.{role}"] for role in roles}
            norm.load_state_dict(state, strict=False)
            self.append(norm)
        if layer.get("activation"):
            self.append(torch.nn.ReLU())


def cam_difference(method, network, image, label, ours):
    """That of a straight line through both: the peer's maps run from 0 to 1."""
    with method(model=network, target_layers=network.planes) as cam:
        theirs = cam(image, [ClassifierOutputTarget(label)])[0].ravel().astype(np.float64)
    if not ours.any():
        return np.abs(theirs).max()
    line = np.polyfit(theirs, ours, 1)
    return np.abs(np.polyval(line, theirs) - ours).max() / np.abs(ours).max()


def integrated_gradients_difference(network, image, label, ours):
    """The smaller one of those from captum's maps in 32 and 64 bits: where a value lies at the kink of a ReLU or
    maximum, rounding decides on which side, and these two differ as much from each other."""
    differences = []
    for exact in (copy.deepcopy(network).double(), network):
        input = image.to(next(exact.parameters()).dtype)
        theirs = IntegratedGradients(exact).attribute(input, target=label, n_steps=50)
        differences.append(np.abs(theirs.detach().numpy()[0].sum(0).ravel() - ours).max() / np.abs(ours).max())
    return min(differences)


def main():
    program, photographs = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        compare(*explained(os.path.abspath(program), photographs, pathlib.Path(folder)))


def compare(model, lines):
    about = description(model)
    network = Network(about, load_file(model))
    mean, std = (np.array(about["normalization"][key], np.float32) for key in ("mean", "std"))
    worst = {}
    for found in lines:
        pixels = np.asarray(Image.open(found["file"]).convert("RGB"), np.float32) / 255
        image = torch.from_numpy(((pixels - mean) / std).transpose(2, 0, 1)).unsqueeze(0)
        label = about["classes"].index(found["class"])
        with torch.no_grad():
            probability = network(image).softmax(1)[0, label].item()
        worst["probability"] = max(worst.get("probability", 0), abs(probability - found["probability"]))
        height, width = image.shape[2:]
        for item in found["maps"]:
            ours = np.array(item["values"], np.float64)
            method = item["method"]
            if method == "grad-cam":
                value = cam_difference(GradCAM, network, image, label, ours)
            elif method == "hires-cam":
                value = cam_difference(HiResCAM, network, image, label, ours)
            elif method == "integrated-gradients":
                value = integrated_gradients_difference(network, image, label, ours)
            elif method == "occlusion":
                patch, step = (3, height // 8, width // 8), (3, height // 16, width // 16)
                theirs = Occlusion(network).attribute(image, strides=step, sliding_window_shapes=patch, target=label)
                value = np.abs(theirs.detach().numpy()[0, 0].ravel() - ours).max() / np.abs(ours).max()
            else:
                continue
            worst[method] = max(worst.get(method, 0), value)
    for name, value in worst.items():
        print(f"{name}: largest difference {value:.1e}")
    limits = {name: KINKS if name == "integrated-gradients" else LIMIT for name in worst}
    if not worst or any(worst[name] > limit for name, limit in limits.items()):
        sys.exit(f"differ by more than {LIMIT}, integrated gradients by more than {KINKS}")


main()
