"""Writes tests/vectors/weights/: files of narrow PyTorch networks in the layouts of torchvision and in every way that torch.save
knows, and weights.json with their outputs for two images.

    python -P tests/vectors/weights.py     (torch 2.9, torchvision 0.24, safetensors; -P, since statistics.py lies beside it)

The networks have torchvision's own modules or names, with few channels, so that the files are small. Statistics of batch norms are
random. `just test-peers` compares the networks in full size (tests/peers_weights.py).
"""

import io
import json
import pathlib
import pickle
import struct
import tarfile

import torch
from safetensors.torch import save_file
from torch import nn
from torchvision.models import densenet, mobilenetv2, resnet, vgg
from torchvision.models.googlenet import BasicConv2d, Inception
from torchvision.models.squeezenet import Fire

FOLDER = pathlib.Path(__file__).with_suffix("")
SIZE = 32


def randomise(net):
    """Random weights of the usual size, and random statistics of norms."""
    with torch.no_grad():
        for name, tensor in net.state_dict().items():
            if name.endswith("running_mean"):
                tensor.normal_(std=0.3)
            elif name.endswith("running_var"):
                tensor.uniform_(0.5, 2.0)
            elif tensor.dim() == 1 and tensor.is_floating_point():
                tensor.normal_(mean=0.5, std=0.3)
            elif tensor.is_floating_point():
                tensor.normal_(std=(2.0 / tensor[0].numel()) ** 0.5)
    return net.eval()


class ResNet(nn.Module):
    def __init__(self, block, widths, classes=5):
        super().__init__()
        expansion = block.expansion
        self.conv1 = nn.Conv2d(3, widths[0], 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(widths[0])
        inside = widths[0]
        for i, width in enumerate(widths):
            stride = 1 if i == 0 else 2
            shortcut = None
            if stride > 1 or inside != width * expansion:
                shortcut = nn.Sequential(
                    nn.Conv2d(inside, width * expansion, 1, stride, bias=False), nn.BatchNorm2d(width * expansion)
                )
            first = block(inside, width, stride, shortcut)
            inside = width * expansion
            setattr(self, f"layer{i + 1}", nn.Sequential(first, block(inside, width)))
        self.fc = nn.Linear(inside, classes)

    def forward(self, x):
        x = torch.relu(self.bn1(self.conv1(x)))
        x = self.layer2(self.layer1(x))
        return self.fc(x.mean((2, 3)))


class SqueezeNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 6, 3, stride=2),
            nn.ReLU(),
            nn.MaxPool2d(3, 2, ceil_mode=True),
            Fire(6, 2, 3, 3),
            Fire(6, 4, 4, 4),
        )
        self.classifier = nn.Sequential(nn.Dropout(), nn.Conv2d(8, 5, 1), nn.ReLU(), nn.AdaptiveAvgPool2d(1))

    def forward(self, x):
        return self.classifier(self.features(x)).flatten(1)


class GoogLeNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = BasicConv2d(3, 4, kernel_size=7, stride=2, padding=3)
        self.conv2 = BasicConv2d(4, 4, kernel_size=1)
        self.inception3a = Inception(4, 2, 3, 4, 2, 3, 2)
        self.inception3b = Inception(11, 3, 2, 4, 2, 2, 3)
        self.inception4a = Inception(12, 2, 2, 3, 2, 2, 2)
        # Training alone uses the classifiers beside the network.
        self.aux1 = nn.ModuleDict({"conv": BasicConv2d(12, 2, kernel_size=1), "fc1": nn.Linear(8, 5), "fc2": nn.Linear(5, 5)})
        self.fc = nn.Linear(9, 5)

    def forward(self, x):
        x = self.conv2(self.conv1(x))
        x = self.inception4a(self.inception3b(self.inception3a(x)))
        return self.fc(x.mean((2, 3)))


def vgg_like(norm):
    layers = vgg.make_layers([4, "M", 6, 8, "M"], batch_norm=norm)
    classifier = nn.Sequential(nn.Linear(8 * 64, 6), nn.ReLU(), nn.Dropout(), nn.Linear(6, 5))
    net = nn.Sequential()
    net.add_module("features", layers)
    net.add_module("flatten", nn.Flatten())
    net.add_module("classifier", classifier)
    return net


def save_tar(net, path):
    """The container of PyTorch before 0.1.10, as `torch.serialization` reads it to this day."""
    state = net.state_dict()
    keys = {name: str(1000 + i) for i, name in enumerate(state)}

    class Pickler(pickle.Pickler):
        def persistent_id(self, value):
            return keys[value.name] if isinstance(value, Named) else None

    class Named:
        def __init__(self, name):
            self.name = name

    types = {torch.float32: torch.FloatStorage, torch.int64: torch.LongStorage}
    storages, tensors, main = io.BytesIO(), io.BytesIO(), io.BytesIO()
    for out in storages, tensors:
        pickle.dump(len(state), out, protocol=2)
    for name, tensor in state.items():
        key = int(keys[name])
        pickle.dump((key, "cpu", types[tensor.dtype]), storages, protocol=2)
        storages.write(struct.pack("<q", tensor.numel()) + tensor.contiguous().numpy().tobytes())
        pickle.dump((key, key, type(tensor)), tensors, protocol=2)
        tensors.write(struct.pack("<ii", tensor.dim(), 0))
        for number in (*tensor.shape, *tensor.contiguous().stride(), 0):
            tensors.write(struct.pack("<q", number))
    pickle.dump([], storages, protocol=2)
    Pickler(main, protocol=2).dump({name: Named(name) for name in state})
    info = pickle.dumps({"protocol_version": 1000, "little_endian": True}, protocol=2)
    members = {"sys_info": info, "pickle": main.getvalue(), "tensors": tensors.getvalue(), "storages": storages.getvalue()}
    with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as archive:
        for name, content in members.items():
            header = tarfile.TarInfo(name)
            header.size = len(content)
            archive.addfile(header, io.BytesIO(content))


def zipped(net, path):
    torch.save(net.state_dict(), path)


def stream(net, path):
    torch.save(net.state_dict(), path, _use_new_zipfile_serialization=False)


def plain(net, path):
    save_file(net.state_dict(), path)


def whole(net, path):
    torch.save(net, path)


def nested(net, path):
    """A checkpoint of a script for several GPUs, with the optimizer's state beside the model."""
    optimizer = torch.optim.Adam(net.parameters())
    sum(p.sum() for p in net.parameters()).backward()
    optimizer_state = optimizer.state_dict()
    for i, p in enumerate(net.parameters()):
        optimizer_state["state"][i] = {"exp_avg": p.grad.clone()}
    inside = {f"module.{name}": tensor for name, tensor in net.state_dict().items()}
    torch.save({"epoch": 3, "state_dict": inside, "optimizer": optimizer_state, "best": 0.5}, path)


def strided(net, path):
    """Tensors that are views: transposed, every other value, part of a larger storage, channels last."""
    state = {}
    for i, (name, tensor) in enumerate(net.state_dict().items()):
        if tensor.dim() == 4 and i % 2 == 0:
            tensor = tensor.contiguous(memory_format=torch.channels_last)
        elif tensor.dim() > 1:
            tensor = tensor.transpose(0, 1).contiguous().transpose(0, 1)
        elif tensor.dim() == 1:
            tensor = torch.stack([tensor, torch.zeros_like(tensor)], 1)[:, 0]
        state[name] = tensor
    torch.save(state, path)


def of_type(dtype):
    def save(net, path):
        net.to(dtype).to(torch.float32)
        torch.save({name: t.to(dtype) if t.is_floating_point() else t for name, t in net.state_dict().items()}, path)

    return save


CASES = {
    "resnet.pth": (lambda: ResNet(resnet.BasicBlock, [4, 6]), zipped),
    "resnet-stream.pth": (lambda: ResNet(resnet.BasicBlock, [4, 6]), stream),
    "resnet-tar.pth": (lambda: ResNet(resnet.BasicBlock, [4, 6]), save_tar),
    "resnet-nested.pth": (lambda: ResNet(resnet.BasicBlock, [4, 6]), nested),
    "resnet-strided.pth": (lambda: ResNet(resnet.BasicBlock, [4, 6]), strided),
    "resnet-f16.pth": (lambda: ResNet(resnet.BasicBlock, [4, 6]), of_type(torch.float16)),
    "resnet-bf16.pth": (lambda: ResNet(resnet.BasicBlock, [4, 6]), of_type(torch.bfloat16)),
    "resnet-f64.pth": (lambda: ResNet(resnet.BasicBlock, [4, 6]), of_type(torch.float64)),
    "bottleneck.pth": (lambda: ResNet(resnet.Bottleneck, [2, 3]), zipped),
    "vgg.pth": (lambda: vgg_like(False), zipped),
    "vgg-bn.pth": (lambda: vgg_like(True), stream),
    "mobilenet.pth": (
        lambda: mobilenetv2.MobileNetV2(
            5, width_mult=0.1, inverted_residual_setting=[[1, 16, 1, 1], [2, 24, 2, 2]], round_nearest=2
        ),
        zipped,
    ),
    "squeezenet.pth": (SqueezeNet, zipped),
    "densenet.pth": (lambda: densenet.DenseNet(3, (2, 2, 1), 4, 2, num_classes=5), zipped),
    "googlenet.safetensors": (GoogLeNet, plain),
    "whole.pth": (lambda: vgg_like(True), whole),
}


def main():
    FOLDER.mkdir(exist_ok=True)
    pixels = [((i * 7919 + 13) % 211) / 105.0 - 1.0 for i in range(2 * 3 * SIZE * SIZE)]
    images = torch.tensor(pixels).reshape(2, 3, SIZE, SIZE)
    logits = {}
    for seed, (name, (make, save)) in enumerate(CASES.items()):
        torch.manual_seed(seed)
        net = randomise(make())
        save(net, FOLDER / name)
        with torch.no_grad():
            logits[name] = net.double()(images.double()).flatten().tolist()
        print(name, (FOLDER / name).stat().st_size, max(map(abs, logits[name])))
    path = FOLDER.with_suffix(".json")
    path.write_text(json.dumps(logits, indent=0) + "\n")


main()
