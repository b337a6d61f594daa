"""Writes transfer.safetensors: a small PyTorch network with made-up weights, saved by `save_file(model.state_dict(), …)`.

    python tests/vectors/transfer.py     (torch 2.9, safetensors)

transfer.json holds its outputs for one image in evaluation mode.
"""

import json
import pathlib

import torch
from safetensors.torch import save_file

torch.manual_seed(0)


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = torch.nn.Conv2d(3, 4, 3, bias=False)
        self.bn1 = torch.nn.BatchNorm2d(4, eps=1e-5)
        self.conv2 = torch.nn.Conv2d(4, 6, 3)
        self.fc1 = torch.nn.Linear(6 * 2 * 2, 8)
        self.fc2 = torch.nn.Linear(8, 5)

    def forward(self, x):
        x = torch.max_pool2d(torch.relu(self.bn1(self.conv1(x))), 2)
        x = torch.max_pool2d(torch.relu(self.conv2(x)), 2).flatten(1)
        return self.fc2(torch.relu(self.fc1(x)))


net = Net()
with torch.no_grad():
    for p in net.parameters():
        p.normal_(std=0.5)
    net.bn1.running_mean.normal_(std=0.3)
    net.bn1.running_var.uniform_(0.5, 2.0)
net.eval()
path = pathlib.Path(__file__).with_suffix(".safetensors")
save_file(net.state_dict(), path)
pixels = torch.tensor([((i * 7919 + 13) % 211) / 105.0 - 1.0 for i in range(2 * 3 * 16 * 16)]).reshape(2, 3, 16, 16)
logits = net(pixels).detach().flatten().tolist()
path.with_suffix(".json").write_text(json.dumps(logits) + "\n")
print(path, path.stat().st_size, logits)
