"""Writes losses.json: PyTorch's losses and their gradients, in float64.

    python tests/vectors/losses.py     (torch 2.9)

The network is one dense layer, so the gradient of its weights determines the gradient of the loss. Targets are probabilities, for which PyTorch's
cross-entropy divides by the number of images also under class weights. Focal loss follows its definition.
"""

import json
import math
import pathlib

import torch
import torch.nn.functional as F

IMAGES, FEATURES, CLASSES = 6, 4, 5
images = torch.tensor([[math.sin(1.3 * i + 0.7 * f) for f in range(FEATURES)] for i in range(IMAGES)]).double()
labels = torch.tensor([0, 1, 2, 3, 4, 1])
others = labels.roll(-1)
start = torch.tensor([0.8 * math.cos(0.9 * i) for i in range(CLASSES * FEATURES)]).double().reshape(CLASSES, FEATURES)


def one(smoothing=0.0, focal=0.0, weights=None, share=1.0):
    weight = start.clone().requires_grad_()
    targets = share * F.one_hot(labels, CLASSES).double() + (1 - share) * F.one_hot(others, CLASSES).double()
    w = torch.tensor(weights).double() if weights else None
    logits = images @ weight.T
    if focal:
        smooth = targets * (1 - smoothing) + smoothing / CLASSES
        logp = logits.log_softmax(1)
        loss = -(smooth * (1 - logp.exp()) ** focal * logp * (w if w is not None else 1)).sum() / IMAGES
    else:
        loss = F.cross_entropy(logits, targets, weight=w, label_smoothing=smoothing)
    loss.backward()
    return dict(loss=loss.item(), gradient=weight.grad.flatten().tolist())


weights = [0.5, 2.0, 1.0, 1.5, 0.25]
cases = {
    "plain": one(),
    "smoothed": one(smoothing=0.1),
    "weighted": one(weights=weights),
    "focal": one(focal=2.0),
    "mixed": one(share=0.3),
    "all": one(smoothing=0.2, focal=1.5, weights=weights, share=0.6),
}
path = pathlib.Path(__file__).with_suffix(".json")
path.write_text(json.dumps(cases, separators=(",", ":")) + "\n")
print(path, path.stat().st_size)
