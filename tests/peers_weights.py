"""Compares networks of torchvision and timm in full size, with random weights and statistics, with the same networks here: their
outputs for photographs, for each way of saving them. `just test-peers` runs it.

    python tests/peers_weights.py PHOTOGRAPHS [NETWORK...]     (torch 2.9, torchvision 0.24, timm, safetensors, pillow)

PHOTOGRAPHS is a folder with JPEG files. The program `convsweep` and `cargo` are used as they are built. The largest difference is
relative to the largest output.
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

import numpy
import torch
import torchvision
from PIL import Image
from safetensors.torch import save_file

IMAGES = 4
MEAN, STD = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
ROOT = pathlib.Path(__file__).parent.parent


def photographs(folder):
    paths = sorted(pathlib.Path(folder).rglob("*.jpg"))
    paths = paths[:: max(1, len(paths) // IMAGES)][:IMAGES]
    if len(paths) < IMAGES:
        sys.exit(f"{folder} has fewer than {IMAGES} photographs (*.jpg)")
    images = []
    for path in paths:
        image = numpy.asarray(Image.open(path).convert("RGB").resize((224, 224)), dtype=numpy.float32) / 255
        images.append((image - numpy.float32(MEAN)) / numpy.float32(STD))
    return torch.from_numpy(numpy.stack(images)).permute(0, 3, 1, 2).contiguous()


def timm_resnet18():
    import timm

    return timm.create_model("resnet18", pretrained=False)


def networks():
    models = torchvision.models
    names = ["resnet18", "resnet34", "resnet50", "vgg11", "vgg11_bn", "vgg13", "vgg13_bn", "vgg16", "vgg16_bn"]
    names += ["mobilenet_v2", "squeezenet1_0", "squeezenet1_1", "densenet121"]
    made = {name: (lambda name=name: models.get_model(name, weights=None)) for name in names}
    made["googlenet"] = lambda: models.googlenet(weights=None, init_weights=True)
    made["timm-resnet18"] = timm_resnet18
    return made


def randomise(net, images):
    """Statistics of norms as these images give them, disturbed, so that outputs keep their size through many layers."""
    norms = [module for module in net.modules() if isinstance(module, torch.nn.BatchNorm2d)]
    for norm in norms:
        norm.momentum = 1.0
    net.train()
    for dropout in net.modules():
        if isinstance(dropout, torch.nn.Dropout):
            dropout.eval()
    with torch.no_grad():
        net(images)
        for norm in norms:
            norm.running_mean += 0.3 * norm.running_var.sqrt() * torch.randn_like(norm.running_mean)
            norm.running_var *= torch.empty_like(norm.running_var).uniform_(0.5, 2.0)
            norm.weight.normal_(1.0, 0.2)
            norm.bias.normal_(0.0, 0.2)
        for name, parameter in net.named_parameters():
            if name.endswith("bias") and parameter.abs().max() == 0:
                parameter.normal_(0.0, 0.1)
    return net.eval()


def inspect(program, path):
    """The [model] that `weights inspect` suggests for a file."""
    found = subprocess.run([program, "weights", "inspect", "--json", path], check=True, capture_output=True, text=True)
    found = json.loads(found.stdout)
    return found["network"]["name"], "[model]\n" + found["experiment"].split("[model]\n")[1].split("\n[augment]")[0]


def compare(name, make, images, program):
    torch.manual_seed(1)
    net = randomise(make(), images)
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        state = net.state_dict()
        torch.save(state, folder / "zip.pth")
        torch.save(state, folder / "stream.pth", _use_new_zipfile_serialization=False)
        torch.save({"epoch": 1, "state_dict": {f"module.{n}": t for n, t in state.items()}}, folder / "nested.pth")
        torch.save(net, folder / "whole.pth")
        save_file({n: t.contiguous() for n, t in state.items()}, folder / "plain.safetensors")
        files = sorted(path.name for path in folder.iterdir())
        network, model = inspect(program, folder / "zip.pth")
        with torch.no_grad():
            logits = net(images)
        images.numpy().tofile(folder / "images.f32")
        peer = {"model": model, "files": files, "shape": list(images.shape[1:]), "classes": logits.shape[1]}
        (folder / "peer.json").write_text(json.dumps(peer | {"logits": logits.flatten().tolist()}))
        command = ["cargo", "test", "--release", "--workspace", "--quiet", "--test", "pretrained", "torchvision"]
        command += ["--", "--nocapture"]
        environment = os.environ | {"CONVSWEEP_PEERS": str(folder)}
        run = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
        for line in run.stdout.splitlines():
            if line.startswith("difference "):
                _, file, difference = line.split()
                print(f"| {name} | {network} | {file} | {difference} |", flush=True)
        if run.returncode != 0:
            print(run.stdout + run.stderr)
            return False
    return True


def main():
    images = photographs(sys.argv[1])
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    made = networks()
    wanted = sys.argv[2:] or list(made)
    print("| network | recognised as | file | largest difference |\n| --- | --- | --- | --- |")
    passed = [compare(name, made[name], images, target / "release" / "convsweep") for name in wanted]
    sys.exit(0 if all(passed) else 1)


main()
