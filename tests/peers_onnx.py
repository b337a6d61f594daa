"""Computes the ONNX files of a folder by onnxruntime and compares the logits with those beside them.

usage: peers_onnx.py FOLDER
"""

import pathlib
import sys

import numpy as np
import onnx
import onnxruntime

SHAPE = (-1, 4, 7, 6)
LIMIT = 1e-4


def difference(path):
    """Largest difference of a logit, as a share of the largest logit (at least 1)."""
    onnx.checker.check_model(onnx.load(path), full_check=True)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    images = np.fromfile(path.with_suffix(".input"), "<f4").reshape(SHAPE)
    ours = np.fromfile(path.with_suffix(".logits"), "<f4")
    (theirs,) = session.run(None, {session.get_inputs()[0].name: images})
    return float(np.abs(theirs.ravel() - ours).max() / max(1.0, np.abs(ours).max()))


def main():
    files = sorted(pathlib.Path(sys.argv[1]).glob("*.onnx"))
    found = {path.stem: difference(path) for path in files}
    wrong = [name for name, value in found.items() if not value < LIMIT]
    worst = max(found, key=found.get)
    print(f"onnxruntime {onnxruntime.__version__}: {len(found)} networks, largest difference {found[worst]:.1e} ({worst})")
    if not files or wrong:
        sys.exit(f"differ by more than {LIMIT}: {', '.join(wrong) or 'there are no files'}")


main()
