"""Writes layers.json and layers.f32 beside itself: PyTorch's results for every layer of the language.

Run it with torch 2.9 (CPU) after adding a layer: python tests/vectors/layers.py. crates/nn/tests/layer_vectors.rs reads the files.
Both sides compute inputs, parameters and output weights by the same formula (`numbers`), so only results are stored: outputs and
the gradients with respect to the input and each parameter. Computed in float64, stored as float32.
"""

import json
import pathlib

import torch
import torch.nn.functional as F

HERE = pathlib.Path(__file__).parent
WEIGHTS, INPUT = 1000, 2000


def numbers(shape, k, scale=1.0, shift=0.0):
    """Reproducible numbers in shift ± scale, never exactly 0 and distinct among 211 neighbours."""
    count = 1
    for s in shape:
        count *= s
    values = [((i * 7919 + 13 + 31 * k) % 211) / 105.5 - 1.0 for i in range(count)]
    return (torch.tensor(values, dtype=torch.float64) * scale + shift).reshape(shape)


def same(size, kernel, stride, dilation):
    """[(top, bottom), (left, right)] of TensorFlow's "same" padding."""
    pads = []
    for d in range(2):
        extent = dilation[d] * (kernel[d] - 1) + 1
        total = max((-(-size[d] // stride[d]) - 1) * stride[d] + extent - size[d], 0)
        pads.append((total // 2, total - total // 2))
    return pads


def pads_of(padding, size, kernel, stride, dilation=(1, 1)):
    if padding == "valid":
        return [(0, 0), (0, 0)]
    if padding == "same":
        return same(size, kernel, stride, dilation)
    return [(p, p) for p in padding["pixels"]]


def pad(x, pads, value=0.0):
    (t, b), (l, r) = pads
    return F.pad(x, (l, r, t, b), value=value)


def conv(x, w, b, kernel, stride=(1, 1), padding="valid", dilation=(1, 1), groups=1):
    x = pad(x, pads_of(padding, x.shape[2:], kernel, stride, dilation))
    return F.conv2d(x, w, b, stride, 0, dilation, groups)


def transposed(x, w, b, kernel, stride, padding, output_padding, dilation, groups):
    if padding == "same":
        full = F.conv_transpose2d(x, w, None, stride, 0, 0, groups, dilation)
        for d in (2, 3):
            want, have = x.shape[d] * stride[d - 2], full.shape[d]
            if have < want:
                full = F.pad(full, (0, 0, 0, want - have) if d == 2 else (0, want - have))
            else:
                full = full.narrow(d, (have - want) // 2, want)
        return full if b is None else full + b[None, :, None, None]
    pixels = [0, 0] if padding == "valid" else padding["pixels"]
    return F.conv_transpose2d(x, w, b, stride, pixels, output_padding, groups, dilation)


def pool(x, kind, size, stride, padding):
    pads = pads_of(padding, x.shape[2:], size, stride)
    if kind == "max":
        return F.max_pool2d(pad(x, pads, float("-inf")), size, stride)
    total = F.avg_pool2d(pad(x, pads), size, stride)
    return total / F.avg_pool2d(pad(torch.ones_like(x), pads), size, stride)


def local(x, w, b, kernel, stride, padding):
    x = pad(x, pads_of(padding, x.shape[2:], kernel, stride))
    rows = (x.shape[2] - kernel[0]) // stride[0] + 1
    columns = (x.shape[3] - kernel[1]) // stride[1] + 1
    patches = F.unfold(x, kernel, stride=stride)  # [batch, channels·taps, positions]
    y = torch.einsum("ncp,pfc->nfp", patches, w).reshape(x.shape[0], -1, rows, columns)
    return y if b is None else y + b[None]


def group_norm(x, g, b, groups):
    return F.group_norm(x, groups, g, b, 1e-5)


def mirrored(x, pads):
    (t, b), (l, r) = pads
    rows = [*reversed(range(t)), *range(x.shape[2]), *reversed(range(x.shape[2] - b, x.shape[2]))]
    columns = [*reversed(range(l)), *range(x.shape[3]), *reversed(range(x.shape[3] - r, x.shape[3]))]
    return x[:, :, rows][:, :, :, columns]


CASES = []


def case(name, layers, parameters, compute, shape=(2, 4, 6, 5), scale=1.0):
    """`parameters`: (name, shape) in the network's order; `compute(x, *parameters)`."""
    CASES.append((name, layers, parameters, compute, shape, scale))


def window(kernel, stride=(1, 1), padding="valid", **more):
    tail = {"bias": True, "norm": None, "activation": None, "init": "glorot-uniform"}
    return {"kernel": list(kernel), "stride": list(stride), "padding": padding, **tail, **more}


def convolutions():
    for kernel, stride, padding, dilation, groups, shape in [
        ((3, 3), (1, 1), "valid", (1, 1), 1, (2, 4, 6, 5)),
        ((3, 3), (1, 1), "same", (1, 1), 1, (2, 4, 6, 5)),
        ((3, 3), (2, 2), "same", (1, 1), 1, (2, 4, 6, 5)),
        ((3, 3), (2, 2), {"pixels": [1, 1]}, (1, 1), 2, (2, 4, 7, 6)),
        ((5, 3), (2, 1), {"pixels": [2, 0]}, (1, 1), 1, (2, 4, 7, 5)),
        ((2, 4), (3, 2), "same", (1, 1), 2, (2, 4, 7, 9)),
        ((3, 3), (1, 1), "same", (2, 2), 1, (2, 4, 6, 5)),
        ((3, 2), (2, 1), "valid", (2, 3), 4, (2, 4, 9, 7)),
        ((1, 1), (2, 2), "valid", (1, 1), 1, (2, 4, 5, 5)),
        ((7, 7), (2, 2), {"pixels": [3, 3]}, (1, 1), 1, (1, 3, 9, 8)),
    ]:
        layer = window(kernel, stride, padding, layer="conv", filters=8, dilation=list(dilation), groups=groups)
        parameters = [("conv1.weight", (8, shape[1] // groups, *kernel)), ("conv1.bias", (8,))]
        compute = lambda x, w, b, k=kernel, s=stride, p=padding, d=dilation, g=groups: conv(x, w, b, k, s, p, d, g)
        case(f"conv {kernel} {stride} {padding} {dilation} {groups}", [layer], parameters, compute, shape)
    for multiplier, stride, padding in [(1, (1, 1), "same"), (2, (2, 2), "valid"), (3, (1, 2), {"pixels": [1, 1]})]:
        layer = window((3, 3), stride, padding, layer="depthwise", multiplier=multiplier, dilation=[1, 1])
        parameters = [("depthwise1.weight", (4 * multiplier, 1, 3, 3)), ("depthwise1.bias", (4 * multiplier,))]
        case(f"depthwise {multiplier} {stride} {padding}", [layer], parameters,
             lambda x, w, b, s=stride, p=padding: conv(x, w, b, (3, 3), s, p, groups=4))
        layer = window((3, 3), stride, padding, layer="separable", filters=5, multiplier=multiplier, dilation=[1, 1])
        parameters = [("separable1.depthwise.weight", (4 * multiplier, 1, 3, 3)),
                      ("separable1.pointwise.weight", (5, 4 * multiplier, 1, 1)), ("separable1.pointwise.bias", (5,))]
        case(f"separable {multiplier} {stride} {padding}", [layer], parameters,
             lambda x, d, p, b, s=stride, q=padding: F.conv2d(conv(x, d, None, (3, 3), s, q, groups=4), p, b))
    for kernel, stride, padding, output_padding, dilation, groups in [
        ((2, 2), (2, 2), "valid", (0, 0), (1, 1), 1),
        ((3, 3), (1, 1), "valid", (0, 0), (1, 1), 2),
        ((3, 3), (2, 2), {"pixels": [1, 1]}, (1, 1), (1, 1), 1),
        ((4, 3), (2, 3), {"pixels": [1, 0]}, (0, 2), (1, 1), 2),
        ((3, 3), (2, 1), {"pixels": [1, 2]}, (1, 0), (2, 2), 1),
        ((3, 3), (2, 2), "same", (0, 0), (1, 1), 1),
        ((4, 4), (2, 2), "same", (0, 0), (1, 1), 4),
        ((1, 2), (3, 3), "same", (0, 0), (1, 1), 1),
    ]:
        layer = window(kernel, stride, padding, layer="transposed", filters=8, dilation=list(dilation), groups=groups,
                       output_padding=list(output_padding))
        parameters = [("transposed1.weight", (4, 8 // groups, *kernel)), ("transposed1.bias", (8,))]
        compute = lambda x, w, b, k=kernel, s=stride, p=padding, o=output_padding, d=dilation, g=groups: transposed(
            x, w, b, k, s, p, o, d, g)
        case(f"transposed {kernel} {stride} {padding} {output_padding} {dilation} {groups}", [layer], parameters, compute,
             (2, 4, 4, 3))
    for kernel, stride, padding, bias in [((3, 3), (1, 1), "valid", True), ((3, 2), (2, 1), "same", True),
                                          ((2, 3), (2, 2), {"pixels": [1, 0]}, False)]:
        layer = window(kernel, stride, padding, layer="locally-connected", filters=3) | {"bias": bias}
        shape = (2, 2, 5, 6)
        (t, b), (l, r) = pads_of(padding, shape[2:], kernel, stride)
        rows = (5 + t + b - kernel[0]) // stride[0] + 1
        columns = (6 + l + r - kernel[1]) // stride[1] + 1
        parameters = [("locally-connected1.weight", (rows * columns, 3, 2 * kernel[0] * kernel[1]))]
        parameters += [("locally-connected1.bias", (3, rows, columns))] if bias else []
        case(f"locally-connected {kernel} {stride} {padding}", [layer], parameters,
             lambda x, w, b=None, k=kernel, s=stride, p=padding: local(x, w, b, k, s, p), shape)


def dense_and_norms():
    dense = {"layer": "dense", "units": 7, "bias": True, "activation": None, "init": "torch"}
    case("dense", [{"layer": "flatten"}, dense], [("dense1.weight", (7, 60)), ("dense1.bias", (7,))],
         lambda x, w, b: F.linear(x.flatten(1), w, b), (3, 4, 5, 3))
    pair = [("norm1.weight", (4,)), ("norm1.bias", (4,))]
    batch = {"norm": "batch", "momentum": 0.1, "epsilon": 1e-5}
    case("norm batch", [{"layer": "norm", "norm": batch}], pair,
         lambda x, g, b: F.batch_norm(x, None, None, g, b, True, 0.1, 1e-5))
    for name, groups in [("layer", 1), ("group", 2), ("instance", 4)]:
        norm = {"norm": name, "epsilon": 1e-5} | ({"groups": 2} if name == "group" else {})
        case(f"norm {name}", [{"layer": "norm", "norm": norm}], pair, lambda x, g, b, n=groups: group_norm(x, g, b, n))
    flat = [{"layer": "flatten"}, {"layer": "norm", "norm": {"norm": "layer", "epsilon": 1e-5}}]
    case("norm layer, flat", flat, [("norm1.weight", (36,)), ("norm1.bias", (36,))],
         lambda x, g, b: F.layer_norm(x.flatten(1), (36,), g, b, 1e-5), (3, 4, 3, 3))
    whole = window((3, 3), (1, 1), "same", layer="conv", filters=4, dilation=[1, 1], groups=1)
    whole |= {"norm": batch, "activation": "silu", "bias": False}
    case("conv, batch norm, silu", [whole], [("conv1.weight", (4, 4, 3, 3)), ("conv1.norm.weight", (4,)), ("conv1.norm.bias", (4,))],
         lambda x, w, g, b: F.silu(F.batch_norm(conv(x, w, None, (3, 3), padding="same"), None, None, g, b, True, 0.1, 1e-5)))


def pools_and_planes():
    for kind in ("max", "average"):
        for size, stride, padding, shape in [
            ((2, 2), (2, 2), "valid", (2, 3, 7, 6)),
            ((3, 3), (2, 2), "same", (2, 3, 6, 7)),
            ((3, 2), (1, 2), {"pixels": [1, 1]}, (2, 3, 5, 6)),
            ((3, 3), (1, 1), "same", (2, 3, 5, 4)),
        ]:
            layer = {"layer": "pool", "kind": kind, "size": size, "stride": stride, "padding": padding}
            case(f"pool {kind} {size} {stride} {padding}", [layer], [],
                 lambda x, k=kind, z=size, s=stride, p=padding: pool(x, k, z, s, p), shape)
    whole = {"size": [0, 0], "stride": [0, 0], "padding": "valid"}
    for kind, compute in [("global-average", lambda x: x.mean((2, 3))), ("global-max", lambda x: x.amax((2, 3)))]:
        case(f"pool {kind}", [{"layer": "pool", "kind": kind, **whole}], [], compute)
    for size in [(1, 1), (3, 2), (4, 5), (6, 5)]:
        for kind, function in [("adaptive-average", F.adaptive_avg_pool2d), ("adaptive-max", F.adaptive_max_pool2d)]:
            layer = {"layer": "pool", "kind": kind, "size": size, "stride": [0, 0], "padding": "valid"}
            case(f"pool {kind} {size}", [layer], [], lambda x, f=function, s=size: f(x, s), (2, 3, 6, 5))
    for factor in [(2, 2), (3, 1), (1, 4)]:
        nearest = {"layer": "upsample", "factor": factor, "method": "nearest"}
        case(f"upsample nearest {factor}", [nearest], [],
             lambda x, f=factor: x.repeat_interleave(f[0], 2).repeat_interleave(f[1], 3), (2, 3, 3, 4))
        bilinear = {"layer": "upsample", "factor": factor, "method": "bilinear"}
        case(f"upsample bilinear {factor}", [bilinear], [],
             lambda x, f=factor: F.interpolate(x, scale_factor=tuple(map(float, f)), mode="bilinear", align_corners=False),
             (2, 3, 3, 4))
    for pixels in [[[1, 2], [0, 3]], [[2, 0], [1, 1]]]:
        for fill, compute in [("zero", pad), ("reflect", mirrored),
                              ("nearest", lambda x, p: F.pad(x, (*p[1], *p[0]), mode="replicate"))]:
            case(f"pad {fill} {pixels}", [{"layer": "pad", "pixels": pixels, "fill": fill}], [],
                 lambda x, c=compute, p=pixels: c(x, p), (2, 3, 4, 5))


def activations():
    functions = {
        "relu": F.relu, "leaky-relu": F.leaky_relu, "elu": F.elu, "gelu": F.gelu, "silu": F.silu, "sigmoid": torch.sigmoid,
        "tanh": torch.tanh, "relu6": F.relu6, "hard-sigmoid": F.hardsigmoid, "hard-swish": F.hardswish, "mish": F.mish,
        "selu": F.selu, "softplus": F.softplus,
    }
    for name, function in functions.items():
        case(f"activation {name}", [{"layer": "activation", "activation": name}], [], function, (1, 4, 6, 5), 7.0)
    case("activation relu, flat", [{"layer": "flatten"}, {"layer": "activation", "activation": "relu"}], [],
         lambda x: F.relu(x.flatten(1)), (1, 4, 6, 5), 7.0)
    prelu = {"layer": "activation", "activation": "prelu"}
    case("activation prelu", [prelu], [("activation1.slope", (4,))], F.prelu, (2, 4, 3, 5), 3.0)
    case("activation prelu, flat", [{"layer": "flatten"}, prelu], [("activation1.slope", (12,))],
         lambda x, a: F.prelu(x.flatten(1), a), (2, 4, 3, 1), 3.0)


def structures():
    def block(filters, stride, shortcut):
        first = window((3, 3), stride, "same", layer="conv", filters=filters, dilation=[1, 1], groups=1) | {"activation": "tanh"}
        second = window((3, 3), (1, 1), "same", layer="conv", filters=filters, dilation=[1, 1], groups=1)
        return {"layer": "residual", "layers": [first, second], "shortcut": shortcut}

    def body(x, w1, b1, w2, b2, stride):
        return conv(torch.tanh(conv(x, w1, b1, (3, 3), stride, "same")), w2, b2, (3, 3), padding="same")

    def names(channels):
        return [("residual1.conv1.weight", (channels, 4, 3, 3)), ("residual1.conv1.bias", (channels,)),
                ("residual1.conv2.weight", (channels, channels, 3, 3)), ("residual1.conv2.bias", (channels,))]

    case("residual identity", [block(4, (1, 1), "auto")], names(4), lambda x, *p: x + body(x, *p, (1, 1)))
    projected = names(6) + [("residual1.shortcut.conv1.weight", (6, 4, 1, 1)), ("residual1.shortcut.conv1.bias", (6,))]
    case("residual projection", [block(6, (2, 2), "auto")], projected,
         lambda x, w1, b1, w2, b2, w, b: F.conv2d(x, w, b, 2) + body(x, w1, b1, w2, b2, (2, 2)), (2, 4, 5, 6))
    case("residual pad", [block(6, (2, 2), "pad")], names(6),
         lambda x, *p: F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, 0, 2)) + body(x, *p, (2, 2)), (2, 4, 5, 6))
    pooled = {"layers": [{"layer": "pool", "kind": "average", "size": [2, 2], "stride": [2, 2], "padding": "same"}]}
    case("residual, own shortcut", [block(4, (2, 2), pooled)], names(4),
         lambda x, *p: pool(x, "average", (2, 2), (2, 2), "same") + body(x, *p, (2, 2)), (2, 4, 5, 6))
    one = window((1, 1), layer="conv", filters=3, dilation=[1, 1], groups=1)
    branches = {"layer": "parallel", "branches": [[], [one], [{"layer": "activation", "activation": "tanh"}]]}
    weights = [("parallel1.branch2.conv1.weight", (3, 4, 1, 1)), ("parallel1.branch2.conv1.bias", (3,))]
    case("parallel concat", [branches | {"join": "concat"}], weights,
         lambda x, w, b: torch.cat([x, F.conv2d(x, w, b), torch.tanh(x)], 1))
    wide = {"layer": "parallel", "join": "add", "branches": [[], [one | {"filters": 4}]]}
    weights = [("parallel1.branch2.conv1.weight", (4, 4, 1, 1)), ("parallel1.branch2.conv1.bias", (4,))]
    case("parallel add", [wide], weights, lambda x, w, b: x + F.conv2d(x, w, b))
    for gate, function in [("sigmoid", torch.sigmoid), ("hard-sigmoid", F.hardsigmoid)]:
        squeeze = {"layer": "squeeze-excite", "reduction": 2, "activation": "silu", "gate": gate, "init": "torch"}
        weights = [("squeeze-excite1.reduce.weight", (2, 4)), ("squeeze-excite1.reduce.bias", (2,)),
                   ("squeeze-excite1.expand.weight", (4, 2)), ("squeeze-excite1.expand.bias", (4,))]
        case(f"squeeze-excite {gate}", [squeeze], weights,
             lambda x, w1, b1, w2, b2, f=function: x
             * f(F.linear(F.silu(F.linear(x.mean((2, 3)), w1, b1)), w2, b2))[:, :, None, None])


def main():
    for collect in (convolutions, dense_and_norms, pools_and_planes, activations, structures):
        collect()
    index, kept = [], []
    for name, layers, parameters, compute, shape, scale in CASES:
        x = numbers(shape, INPUT, scale).requires_grad_()
        values = []
        for k, (p, s) in enumerate(parameters):
            shift = 1.0 if "norm" in p.split(".")[-2] and p.endswith("weight") else 0.0
            values.append(numbers(s, k, 0.5, shift).requires_grad_())
        y = compute(x, *values)
        (y * numbers(y.shape, WEIGHTS)).sum().backward()
        results = [y, x.grad, *(v.grad for v in values)]
        kept += [r.detach().flatten() for r in results]
        index.append({"name": name, "layers": layers, "shape": list(shape), "scale": scale,
                      "output": list(y.shape[1:]), "parameters": [[p, list(s)] for p, s in parameters]})
    torch.cat(kept).to(torch.float32).numpy().astype("<f4").tofile(HERE / "layers.f32")
    lines = ",\n".join(json.dumps(case, separators=(",", ":")) for case in index)
    (HERE / "layers.json").write_text(f"[\n{lines}\n]\n")
    print(len(index), "cases,", sum(k.numel() for k in kept), "numbers")


main()
