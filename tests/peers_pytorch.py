"""Loads the state dicts of a folder into modules of PyTorch, by the Python file that `convsweep export --pytorch` leaves, and
compares the logits with those beside them.

usage: peers_pytorch.py FOLDER
"""

import importlib.util
import pathlib
import sys

import numpy as np
import torch

ROOT = pathlib.Path(__file__).parent.parent
SHAPE = (-1, 4, 7, 6)
LIMIT = 1e-4


def exported_module():
    """The Python file, as a user imports it."""
    path = ROOT / "crates/cli/src/commands/export/pytorch.py"
    spec = importlib.util.spec_from_file_location("exported", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def difference(exported, path):
    """Largest difference of a logit, as a share of the largest logit (at least 1)."""
    network = exported.load(path)
    images = torch.from_numpy(np.fromfile(path.with_suffix(".input"), "<f4").reshape(SHAPE))
    ours = np.fromfile(path.with_suffix(".logits"), "<f4")
    with torch.no_grad():
        theirs = network(images).numpy().ravel()
    # Training on it is possible, too.
    network.train()
    network(images.requires_grad_()).sum().backward()
    return float(np.abs(theirs - ours).max() / max(1.0, np.abs(ours).max()))


def main():
    torch.set_num_threads(1)
    exported = exported_module()
    files = sorted(pathlib.Path(sys.argv[1]).glob("*.safetensors"))
    found = {path.stem: difference(exported, path) for path in files}
    wrong = [name for name, value in found.items() if not value < LIMIT]
    worst = max(found, key=found.get, default=None)
    print(f"PyTorch {torch.__version__}: {len(found)} networks, largest difference {found.get(worst, 0):.1e} ({worst})")
    if not files or wrong:
        sys.exit(f"differ by more than {LIMIT}: {', '.join(wrong) or 'there are no files'}")


main()
