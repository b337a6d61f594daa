"""A network that Convsweep trained, as a module of PyTorch.

    network = load("flowers.safetensors")            # in evaluation mode, with the trained weights
    network.predict(PIL.Image.open("rose.jpg"))      # the probability of each of network.classes
    network(network.prepare(image)[None])            # the logits of a batch of one image
    network.train()                                  # and train on

The metadata of the weights says how the network is built and how images are prepared, so that this
file is the same for all networks. It needs torch and safetensors, and Pillow for its images. Change
it as you like.
"""

import json
import math
import sys
from collections import Counter, OrderedDict

import torch
from safetensors import safe_open
from torch import nn
from torch.nn import functional as F


def load(path):
    """The network of a file that `convsweep export JOB FILE.safetensors --pytorch` wrote."""
    with safe_open(path, framework="pt") as file:
        metadata = file.metadata() or {}
        weights = {name: file.get_tensor(name) for name in file.keys()}
    if "convsweep" not in metadata or "convsweep_images" not in metadata:
        raise ValueError(f"{path} does not describe its network: write it with `convsweep export JOB FILE.safetensors --pytorch`")
    description = json.loads(metadata["convsweep"])
    network = build(description, json.loads(metadata["convsweep_images"]))
    network.load_state_dict(weights, strict=True)
    return network.eval()


def build(description, images):
    """The network with random weights, as PyTorch initialises its modules."""
    shape = tuple(description["input_shape"])
    return Network(Layers(shape).extend(description["architecture"]["layers"]), description, images)


class Network(nn.Sequential):
    """The layers in order, from the normalised images to the logits."""

    def __init__(self, layers, description=None, images=None):
        super().__init__(OrderedDict(layers))
        self.description, self.images = description, images
        self.classes = description and description["classes"]

    def prepare(self, image):
        """A PIL image, or bytes [height, width] or [height, width, channels], as the network reads it: floats [channels, height,
        width]. Colours, size and normalisation are those of training. The size is reached by the program's own filter, not by
        Pillow's. An image that has the size already keeps its pixels; in others, a sum halfway between two bytes may be rounded
        the other way. Pillow decodes JPEG files with small differences of its own."""
        channels, height, width = self.description["input_shape"]
        planes = fitted(planes_of(image, channels, self.images), self.images["resize"], height, width)
        mean, std = (torch.tensor(self.description["normalization"][key], dtype=torch.float64)[:, None, None] for key in ("mean", "std"))
        return planes.expand(channels, -1, -1) * (1 / (255 * std)).float() + (-mean / std).float()

    @torch.no_grad()
    def predict(self, image):
        """The probability of each class for an image that `prepare` takes, if the network is in evaluation mode. It is the mean
        over the image and its mirror image where the job evaluated its images so (`tta`)."""
        device = next(self.parameters(), torch.empty(0)).device
        batch = self.prepare(image)[None].to(device)
        if self.images["mirrors"]:
            batch = torch.cat([batch, batch.flip(3)])
        return self(batch).softmax(1).mean(0)


# From the description of a network to modules. A shape is (channels, height, width) or (features,), without the batch.


class Layers(OrderedDict):
    """Modules by name, and the shape that leaves the last one."""

    def __init__(self, shape):
        super().__init__()
        self.shape = shape

    @property
    def channels(self):
        return self.shape[0]

    @torch.no_grad()
    def add(self, name, module):
        self[name] = module
        self.shape = tuple(module.eval()(torch.zeros(1, *self.shape)).shape[1:])

    def extend(self, layers):
        """Adds described layers, which are named by their kind and number."""
        counts = Counter()
        for layer in layers:
            kind = layer["layer"].replace("-", "_")
            counts[kind] += 1
            name = f"{kind}{counts[kind]}"
            ADD[kind](self, name, layer)
            if kind not in ("norm", "activation", "squeeze_excite"):
                add_norm(self, f"{name}_norm", layer.get("norm"))
                add_activation(self, f"{name}_activation", layer.get("activation"))
        return self


def add_conv(layers, name, conv):
    add_window(layers, name, conv, conv["filters"], conv["groups"], conv["bias"])


def add_depthwise(layers, name, conv):
    add_window(layers, name, conv, layers.channels * conv["multiplier"], layers.channels, conv["bias"])


def add_separable(layers, name, conv):
    add_window(layers, f"{name}_depthwise", conv, layers.channels * conv["multiplier"], layers.channels, False)
    layers.add(f"{name}_pointwise", nn.Conv2d(layers.channels, conv["filters"], 1, bias=conv["bias"]))


def add_window(layers, name, conv, filters, groups, bias):
    kernel, stride, dilation = (tuple(conv[key]) for key in ("kernel", "stride", "dilation"))
    pads = pads_of(conv["padding"], layers.shape, kernel, stride, dilation)
    if not is_even(pads):
        layers.add(f"{name}_pad", nn.ZeroPad2d(flat(pads)))
        pads = [(0, 0), (0, 0)]
    padding = tuple(before for before, _ in pads)
    layers.add(name, nn.Conv2d(layers.channels, filters, kernel, stride, padding, dilation, groups, bias))


def add_transposed(layers, name, conv):
    kernel, stride, dilation = (tuple(conv[key]) for key in ("kernel", "stride", "dilation"))
    cut = []
    for d in range(2):
        more = conv["output_padding"][d]
        if conv["padding"] == "same":
            total = dilation[d] * (kernel[d] - 1) + 1 - stride[d]
            before = max(total, 0) // 2
            cut.append((before, total - before - more))
        else:
            before = 0 if conv["padding"] == "valid" else conv["padding"]["pixels"][d]
            cut.append((before, before - more))
    # PyTorch cuts off as much at both ends; what more is cut off at the end is cut off afterwards.
    padding, more = [before for before, _ in cut], [max(before - after, 0) for before, after in cut]
    module = nn.ConvTranspose2d(layers.channels, conv["filters"], kernel, stride, padding, more, conv["groups"], conv["bias"], dilation)
    layers.add(name, module)
    surplus = [(0, min(before - after, 0)) for before, after in cut]
    if surplus != [(0, 0), (0, 0)]:
        layers.add(f"{name}_crop", nn.ZeroPad2d(flat(surplus)))


def add_locally_connected(layers, name, conv):
    pads = pads_of(conv["padding"], layers.shape, conv["kernel"], conv["stride"], (1, 1))
    layers.add(name, LocallyConnected(layers.shape, conv["filters"], conv["kernel"], conv["stride"], pads, conv["bias"]))


def add_pool(layers, name, pool):
    kind, size, stride = pool["kind"], tuple(pool["size"]), tuple(pool["stride"])
    if kind.startswith("global"):
        layers.add(name, nn.AdaptiveAvgPool2d(1) if kind == "global-average" else nn.AdaptiveMaxPool2d(1))
        layers.add(f"{name}_flat", nn.Flatten())
    elif kind.startswith("adaptive"):
        layers.add(name, nn.AdaptiveAvgPool2d(size) if kind == "adaptive-average" else nn.AdaptiveMaxPool2d(size))
    else:
        pads = pads_of(pool["padding"], layers.shape, size, stride, (1, 1))
        padding = tuple(before for before, _ in pads)
        if kind == "max":
            if not fits_pool(pads, size):
                layers.add(f"{name}_pad", nn.ConstantPad2d(flat(pads), -math.inf))
                padding = 0
            layers.add(name, nn.MaxPool2d(size, stride, padding))
        elif fits_pool(pads, size):
            layers.add(name, nn.AvgPool2d(size, stride, padding, count_include_pad=False))
        else:
            layers.add(name, AveragePool(size, stride, pads))


def fits_pool(pads, size):
    """Whether PyTorch's own pools can pad like this."""
    return is_even(pads) and all(2 * before <= window for (before, _), window in zip(pads, size))


def add_norm(layers, name, norm):
    """Adds a normalisation, if there is one."""
    if norm is None:
        return
    epsilon, channels = norm["epsilon"], layers.channels
    if norm["norm"] == "batch":
        batch_norm = nn.BatchNorm1d if len(layers.shape) == 1 else nn.BatchNorm2d
        layers.add(name, batch_norm(channels, epsilon, norm["momentum"]))
    else:
        groups = {"layer": 1, "instance": channels}.get(norm["norm"]) or norm["groups"]
        layers.add(name, GroupNorm(groups, channels, epsilon))


ACTIVATIONS = {
    "relu": nn.ReLU,
    "leaky-relu": nn.LeakyReLU,
    "elu": nn.ELU,
    "gelu": nn.GELU,
    "silu": nn.SiLU,
    "sigmoid": nn.Sigmoid,
    "tanh": nn.Tanh,
    "relu6": nn.ReLU6,
    "hard-sigmoid": nn.Hardsigmoid,
    "hard-swish": nn.Hardswish,
    "mish": nn.Mish,
    "selu": nn.SELU,
    "softplus": nn.Softplus,
}


def activation(name, channels):
    return nn.PReLU(channels) if name == "prelu" else ACTIVATIONS[name]()


def add_activation(layers, name, kind):
    """Adds an activation, if there is one."""
    if kind is not None:
        layers.add(name, activation(kind, layers.channels))


def add_dense(layers, name, dense):
    layers.add(name, nn.Linear(layers.channels, dense["units"], dense["bias"]))


def add_upsample(layers, name, upsample):
    factor = tuple(upsample["factor"])
    layers.add(name, nn.Upsample(scale_factor=factor, mode=upsample["method"]))


def add_pad(layers, name, pad):
    pads = flat(pad["pixels"])
    if pad["fill"] == "reflect":
        layers.add(name, SymmetricPad(pad["pixels"]))
    else:
        layers.add(name, nn.ZeroPad2d(pads) if pad["fill"] == "zero" else nn.ReplicationPad2d(pads))


def add_spatial_dropout(layers, name, dropout):
    module = nn.Dropout if len(layers.shape) == 1 else nn.Dropout2d
    layers.add(name, module(dropout["rate"]))


def add_squeeze_excite(layers, name, squeeze):
    hidden = max(layers.channels // max(squeeze["reduction"], 1), 1)
    layers.add(name, SqueezeExcite(layers.channels, hidden, squeeze["activation"], squeeze["gate"]))


def add_residual(layers, name, residual):
    body = Layers(layers.shape).extend(residual["layers"])
    shortcut = shortcut_of(residual, layers.shape, body.shape)
    layers.add(name, Residual(nn.Sequential(body), shortcut))


def shortcut_of(residual, before, behind):
    """How the input of a residual reaches the sum, given the shapes before and behind its layers."""
    kind = residual["shortcut"]
    if kind == "identity" or (kind == "auto" and before == behind):
        return nn.Sequential()
    if isinstance(kind, dict):
        return nn.Sequential(Layers(before).extend(kind["layers"]))
    stride = [math.ceil(size / max(count, 1)) for size, count in zip(before[1:], behind[1:])]
    if kind == "pad":
        return PadShortcut(stride, behind[0])
    bias, norm = last_convolution(residual["layers"]) or (True, None)
    shortcut = Layers(before)
    if len(before) == 1:
        shortcut.add("dense1", nn.Linear(before[0], behind[0], bias))
    else:
        shortcut.add("conv1", nn.Conv2d(before[0], behind[0], 1, stride, bias=bias))
        add_norm(shortcut, "conv1_norm", norm)
    return nn.Sequential(shortcut)


def last_convolution(layers):
    """Whether the last layer with weights has a bias, and its norm: a projection is like it."""
    behind = None
    for layer in reversed(layers):
        kind, found = layer["layer"], None
        if kind in ("conv", "depthwise", "separable", "transposed", "locally-connected", "dense"):
            found = layer["bias"], layer.get("norm")
        elif kind == "residual":
            found = last_convolution(layer["layers"])
        elif kind == "parallel":
            found = next(filter(None, map(last_convolution, reversed(layer["branches"]))), None)
        elif kind == "norm":
            behind = behind or layer["norm"]
        if found:
            bias, norm = found
            return bias, norm or behind
    return None


def add_parallel(layers, name, parallel):
    branches = [nn.Sequential(Layers(layers.shape).extend(branch)) for branch in parallel["branches"]]
    layers.add(name, Parallel(branches, parallel["join"]))


ADD = {
    "conv": add_conv,
    "depthwise": add_depthwise,
    "separable": add_separable,
    "transposed": add_transposed,
    "locally_connected": add_locally_connected,
    "pool": add_pool,
    "norm": lambda layers, name, layer: add_norm(layers, name, layer["norm"]),
    "activation": lambda layers, name, layer: add_activation(layers, name, layer["activation"]),
    "dropout": lambda layers, name, layer: layers.add(name, nn.Dropout(layer["rate"])),
    "spatial_dropout": add_spatial_dropout,
    "drop_path": lambda layers, name, layer: layers.add(name, DropPath(layer["rate"])),
    "flatten": lambda layers, name, layer: layers.add(name, nn.Flatten()),
    "dense": add_dense,
    "upsample": add_upsample,
    "squeeze_excite": add_squeeze_excite,
    "pad": add_pad,
    "residual": add_residual,
    "parallel": add_parallel,
}


def pads_of(padding, shape, kernel, stride, dilation):
    """Pixels [(top, bottom), (left, right)] around planes of a shape. An odd pixel of "same" is at the end, as in TensorFlow."""
    if padding == "valid":
        return [(0, 0), (0, 0)]
    if padding != "same":
        return [(pixels, pixels) for pixels in padding["pixels"]]
    pads = []
    for d, size in enumerate(shape[1:]):
        count = math.ceil(size / stride[d])
        total = max((count - 1) * stride[d] + dilation[d] * (kernel[d] - 1) + 1 - size, 0)
        pads.append((total // 2, total - total // 2))
    return pads


def is_even(pads):
    return all(before == after for before, after in pads)


def flat(pads):
    """(left, right, top, bottom) of [(top, bottom), (left, right)], as PyTorch has it."""
    (top, bottom), (left, right) = pads
    return left, right, top, bottom


# What PyTorch has no modules for.


class GroupNorm(nn.GroupNorm):
    """Group, layer (one group) and instance normalisation (a group for each channel), also of groups of a single value."""

    def forward(self, x):
        return torch.group_norm(x, self.num_groups, self.weight, self.bias, self.eps)


class LocallyConnected(nn.Module):
    """A convolution with other weights [positions, filters, channels · taps] at each position."""

    def __init__(self, shape, filters, kernel, stride, pads, bias):
        super().__init__()
        self.kernel, self.stride, self.pads = tuple(kernel), tuple(stride), flat(pads)
        rows, columns = (
            (size + sum(pads[d]) - kernel[d]) // stride[d] + 1 for d, size in enumerate(shape[1:])
        )
        features = shape[0] * kernel[0] * kernel[1]
        bound = features**-0.5
        self.weight = nn.Parameter(torch.empty(rows * columns, filters, features).uniform_(-bound, bound))
        self.bias = nn.Parameter(torch.zeros(filters, rows, columns)) if bias else None
        self.size = (filters, rows, columns)

    def forward(self, x):
        windows = F.unfold(F.pad(x, self.pads), self.kernel, stride=self.stride)
        y = torch.einsum("pfk,nkp->nfp", self.weight, windows).reshape(-1, *self.size)
        return y if self.bias is None else y + self.bias


class AveragePool(nn.Module):
    """The mean of each window without the pixels around the plane, whose numbers may differ at both ends."""

    def __init__(self, size, stride, pads):
        super().__init__()
        self.size, self.stride, self.pads = size, stride, flat(pads)

    def forward(self, x):
        inside = F.pad(torch.ones_like(x[:1, :1]), self.pads)
        x, inside = (F.avg_pool2d(plane, self.size, self.stride) for plane in (F.pad(x, self.pads), inside))
        return x / inside


class SymmetricPad(nn.Module):
    """Mirrors the planes at their borders. The border pixels are repeated, which PyTorch's reflection does not do."""

    def __init__(self, pads):
        super().__init__()
        self.pads = pads

    def forward(self, x):
        for dim, (before, after) in zip((2, 3), self.pads):
            first, last = x.narrow(dim, 0, before), x.narrow(dim, x.shape[dim] - after, after)
            x = torch.cat([first.flip(dim), x, last.flip(dim)], dim)
        return x


class DropPath(nn.Module):
    """Stochastic depth: zeroes all values of an image with a probability in training, and scales the others."""

    def __init__(self, rate):
        super().__init__()
        self.rate = rate

    def forward(self, x):
        if not self.training:
            return x
        kept = torch.rand(len(x), *[1] * (x.dim() - 1), device=x.device) >= self.rate
        return x * kept / (1 - self.rate)


class SqueezeExcite(nn.Module):
    """Scales each channel by what two dense layers make of the means of all channels."""

    def __init__(self, channels, hidden, inner, gate):
        super().__init__()
        self.reduce = nn.Linear(channels, hidden)
        self.reduce_activation = activation(inner, hidden)
        self.expand = nn.Linear(hidden, channels)
        self.expand_activation = activation(gate, channels)

    def forward(self, x):
        hidden = self.reduce_activation(self.reduce(x.mean((2, 3))))
        return x * self.expand_activation(self.expand(hidden))[:, :, None, None]


class Residual(nn.Module):
    """The sum of what layers make of the input and of what reaches it by the shortcut."""

    def __init__(self, layers, shortcut):
        super().__init__()
        self.layers, self.shortcut = layers, shortcut

    def forward(self, x):
        return self.layers(x) + self.shortcut(x)


class PadShortcut(nn.Module):
    """Pixels at the stride that fits, with channels of zeros behind: no parameters."""

    def __init__(self, stride, channels):
        super().__init__()
        self.stride, self.channels = stride, channels

    def forward(self, x):
        x = x[:, :, :: self.stride[0], :: self.stride[1]]
        return F.pad(x, (0, 0, 0, 0, 0, self.channels - x.shape[1]))


class Parallel(nn.Module):
    """Branches over the same input, whose outputs are added or concatenated along the channels."""

    def __init__(self, branches, join):
        super().__init__()
        self.join = join
        for number, branch in enumerate(branches, 1):
            self.add_module(f"branch{number}", branch)

    def forward(self, x):
        outputs = [branch(x) for branch in self.children()]
        return torch.cat(outputs, 1) if self.join == "concat" else sum(outputs)


# From images to what a network reads.


def planes_of(image, channels, images):
    """The bytes of an image as floats [planes, height, width]: one plane for a network that reads grey images, and for an image
    without colours. Transparent pixels show the background."""
    pixels = pixels_of(image).int()
    is_grey = pixels.shape[2] < 3
    if pixels.shape[2] in (2, 4):
        colours, alpha = pixels[..., :-1], pixels[..., -1:]
        behind = torch.tensor(images["background"] or [255, 255, 255], dtype=torch.int32)
        if is_grey and (behind == behind[0]).all():
            behind = behind[:1]
        pixels = (colours * alpha + behind * (255 - alpha) + 127) // 255
    if pixels.shape[2] == 3 and (is_grey or channels == 1):
        red, green, blue = pixels.unbind(2)
        if images["luma"] == "rec601":
            pixels = (19595 * red + 38470 * green + 7471 * blue + 0x8000) >> 16
        else:
            pixels = (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.5).floor()
        pixels = pixels[..., None]
    return pixels.permute(2, 0, 1).float()


def pixels_of(image):
    """The bytes of an image, [height, width, channels]: grey or RGB, with the opacity behind it if there is one."""
    if hasattr(image, "getbands"):
        from PIL import ImageOps

        image = ImageOps.exif_transpose(image)
        if image.mode[0] in "IF":
            raise ValueError("the image has more than 8 bits for each value: bring it to 8 bits first")
        opacity = "A" if "A" in image.getbands() or "transparency" in image.info else ""
        image = image.convert(("L" if image.mode in ("1", "L", "LA") else "RGB") + opacity)
        pixels = torch.frombuffer(bytearray(image.tobytes()), dtype=torch.uint8)
        return pixels.reshape(image.height, image.width, len(image.getbands()))
    pixels = torch.as_tensor(image)
    pixels = pixels[..., None] if pixels.dim() == 2 else pixels
    if pixels.dtype != torch.uint8 or pixels.dim() != 3 or pixels.shape[2] > 4:
        raise ValueError(f"an image is bytes [height, width, channels], not {pixels.dtype} {list(pixels.shape)}")
    return pixels


def fitted(planes, method, height, width):
    """Planes in another size. "crop" cuts the middle out of what is too long, "pad" adds black, "squash" distorts."""
    rows, columns = planes.shape[1:]
    if method == "crop":
        cut_rows, cut_columns = clamped(columns * height / width, rows), clamped(rows * width / height, columns)
        top, left = (rows - cut_rows) // 2, (columns - cut_columns) // 2
        return resized(planes[:, top : top + cut_rows, left : left + cut_columns], height, width)
    if method == "pad":
        new_height, new_width = clamped(rows * width / columns, height), clamped(columns * height / rows, width)
        top, left = (height - new_height) // 2, (width - new_width) // 2
        small = resized(planes, new_height, new_width)
        return F.pad(small, (left, width - new_width - left, top, height - new_height - top))
    return resized(planes, height, width)


def clamped(length, most):
    """A length in whole pixels, at least one."""
    return min(max(math.floor(length + 0.5), 1), most)


def resized(planes, height, width):
    """Planes in another size by linear interpolation, with a wider filter where they shrink, so that nothing aliases."""
    rows, columns = taps(planes.shape[1], height), taps(planes.shape[2], width)
    values = torch.stack([rows @ plane @ columns.T for plane in planes])
    return (values.clamp(0, 255) + 0.5).floor()


def taps(size, count):
    """[count, size]: the share of each pixel along an axis in each pixel of the result."""
    ratio = torch.tensor(size, dtype=torch.float32) / count
    centres = (torch.arange(count) + 0.5) * ratio - 0.5
    distances = (torch.arange(size) - centres[:, None]).abs()
    weights = (1 - distances / ratio.clamp(min=1)).clamp(min=0)
    return weights / weights.sum(1, keepdim=True)


def main():
    if len(sys.argv) < 3:
        sys.exit(f"usage: python {sys.argv[0]} WEIGHTS.safetensors IMAGE...")
    from PIL import Image

    network = load(sys.argv[1])
    for path in sys.argv[2:]:
        with Image.open(path) as image:
            probabilities = network.predict(image)
        best = int(probabilities.argmax())
        print(f"{path}: {network.classes[best]} {probabilities[best]:.4f}")


if __name__ == "__main__":
    main()
