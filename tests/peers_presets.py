"""Trains every shipped preset for a moment on photographs, exports it as ONNX and for PyTorch, and compares the logits of onnxruntime
and of the module of PyTorch with what `convsweep predict` says of the same images.

usage: peers_presets.py PROGRAM PHOTOGRAPHS [PRESET...]

PHOTOGRAPHS has a folder for each class. Softmax takes away what all logits of an image have in common, so this does as well.
"""

import importlib.util
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import onnx
import onnxruntime
import torch
from PIL import Image, ImageOps

LIMIT = 1e-4
IMAGES = 6
CLASSES = 4
# Presets that have a variant for large images: how it is chosen, beside the default for small ones.
LARGE = {
    "vgg11": 'head = "imagenet", norm = "none"',
    "vgg13": 'head = "imagenet"',
    "vgg16": 'head = "imagenet", norm = "none"',
    "resnet18": 'stem = "imagenet"',
    "resnet34": 'stem = "imagenet"',
    "resnet50": 'stem = "imagenet"',
    "googlenet": 'stem = "imagenet"',
    "densenet121": 'stem = "imagenet"',
    "mobilenet-v2": "stem = 2, early = 2",
}
SIDES = {"lenet5": 28, "squeezenet": 64, "squeezenet-1-0": 64}


def photographs_of(size, photographs, folder):
    for label in sorted(pathlib.Path(photographs).iterdir())[:CLASSES]:
        for path in sorted(label.iterdir())[:IMAGES]:
            with Image.open(path) as image:
                image = ImageOps.fit(image.convert("RGB"), (size, size))
            target = folder / "images" / label.name / f"{path.stem}.png"
            target.parent.mkdir(parents=True, exist_ok=True)
            image.save(target)


def experiment(preset, parameters, size):
    return f"""
[experiment]
name = "peer"
[data]
source = "folder"
path = "images"
size = [{size}, {size}]
split = {{ validation = 0.5, seed = 42 }}
[augment]
normalize = "standard"
[model]
preset = "{preset}"
parameters = {{ {parameters} }}
[train]
epochs = 2
batch_size = 6
optimizer = {{ name = "sgd", lr = 1e-3 }}
"""


def compared(program, photographs, preset, parameters, size):
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        photographs_of(size, photographs, folder)
        (folder / "peer.toml").write_text(experiment(preset, parameters, size))
        environment = dict(os.environ, CONVSWEEP_DATA=str(folder / "cache"), CONVSWEEP_RESULTS=str(folder / "results"))

        def run(*arguments):
            done = subprocess.run([program, *arguments], cwd=folder, env=environment, capture_output=True, text=True)
            if done.returncode != 0:
                sys.exit(f"{preset}: convsweep {' '.join(arguments)}: {done.stderr}")
            return done

        run("run", "peer.toml")
        run("export", "best:peer", "peer.onnx", "--preprocessing")
        run("export", "best:peer", "peer.safetensors", "--pytorch")
        lines = run("predict", "best:peer", "images", "--top", "99", "--json").stdout.splitlines()
        model = onnx.load(folder / "peer.onnx")
        onnx.checker.check_model(model, full_check=True)
        session = onnxruntime.InferenceSession(folder / "peer.onnx", providers=["CPUExecutionProvider"])
        network = module_of(folder / "peer.py").load(folder / "peer.safetensors")
        classes = sorted(path.name for path in (folder / "images").iterdir())
        assert network.classes == classes
        largest, differ = {"onnxruntime": 0.0, "PyTorch": 0.0}, 0
        for line in map(json.loads, lines[:-1]):
            probabilities = {entry["class"]: entry["probability"] for entry in line["top"]}
            ours = np.log(np.maximum([probabilities[name] for name in classes], 1e-38))
            image = Image.open(folder / line["file"])
            pixels = np.asarray(image, np.uint8)[None]
            logits = {"onnxruntime": session.run(None, {session.get_inputs()[0].name: pixels})[0][0]}
            with torch.no_grad():
                logits["PyTorch"] = network(network.prepare(image)[None])[0].numpy()
            for peer, theirs in logits.items():
                largest[peer] = max(largest[peer], difference(theirs.astype(np.float64), ours))
                differ += int(theirs.argmax() != ours.argmax())
        megabytes = (folder / "peer.onnx").stat().st_size / 1e6
        return largest, differ, len(lines), megabytes, len(model.graph.node)


def difference(logits, ours):
    """Largest difference of a logit, as a share of the largest logit (at least 1)."""
    # A probability of less than 1e-30 has hardly any digits as f32.
    told = ours > np.log(1e-30)
    differences = (logits - logits[told].mean() - ours + ours[told].mean())[told]
    return float(np.abs(differences).max() / max(1.0, np.abs(logits).max()))


def module_of(path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def main():
    program, photographs, *wanted = sys.argv[1:]
    torch.set_num_threads(1)
    program = os.path.abspath(program)
    listed = subprocess.run([program, "preset"], capture_output=True, text=True, check=True).stdout.splitlines()[1:]
    presets = [line.split()[0] for line in listed if line.strip() and not line.startswith("[")]
    variants = [(name, "", SIDES.get(name, 32)) for name in presets]
    variants += [(name, LARGE[name], 224) for name in presets if name in LARGE]
    wrong = []
    for name, parameters, size in variants:
        if wanted and name not in wanted:
            continue
        largest, differ, images, megabytes, nodes = compared(program, photographs, name, parameters, size)
        shown = "  ".join(f"{peer} {value:.1e}" for peer, value in largest.items())
        print(f"{name:20} {size:3}² {parameters or 'as shipped':32} {images} images  {shown}  {differ} differ  {nodes} operators  {megabytes:.1f} MB", flush=True)
        if not all(value < LIMIT for value in largest.values()) or differ:
            wrong.append(name)
    if wrong:
        sys.exit(f"onnxruntime or PyTorch differs by more than {LIMIT}: {', '.join(wrong)}")


main()
