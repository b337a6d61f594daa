#!/usr/bin/env bash
# peers.sh [NETWORK...]: compares with other programs, on photographs of the data cache: random networks and every preset as ONNX files with
# onnxruntime and as modules with PyTorch, maps of `explain` with captum and pytorch-grad-cam, and PyTorch's weights (of the named networks,
# or all) with PyTorch, torchvision and timm. These are installed from PyPI into the target folder once, unless CONVSWEEP_TORCH_PYTHON is a
# Python that has them. Without them, or without photographs, the comparison is skipped, and that is said.
set -euo pipefail
cd "$(dirname "$0")/.."
skip() { echo "skipped: $*"; exit 0; }

photographs="${CONVSWEEP_PHOTOGRAPHS:-${CONVSWEEP_DATA:-$HOME/.cache/convsweep}/caltech101-12/val}"
[ -d "$photographs" ] || skip "no photographs in $photographs (CONVSWEEP_PHOTOGRAPHS names a folder of JPEG files)"
python="${CONVSWEEP_TORCH_PYTHON:-}"
if [ -z "$python" ]; then
  environment="${CARGO_TARGET_DIR:-$PWD/target}/torch"
  python="$environment/bin/python"
  if [ ! -e "$environment/complete" ]; then
    python3 -m venv "$environment" || skip "python3 cannot make an environment"
    "$python" -m pip install --quiet torch==2.9.0 torchvision==0.24.0 timm safetensors pillow numpy onnx onnxruntime captum grad-cam ||
      skip "PyTorch cannot be installed from PyPI"
    touch "$environment/complete"
  fi
fi
"$python" -c 'import torch, torchvision, timm, safetensors, PIL, onnx, onnxruntime, captum, pytorch_grad_cam' ||
  skip "$python has not all of torch, torchvision, timm, safetensors, pillow, onnx, onnxruntime, captum and grad-cam"
target="${CARGO_TARGET_DIR:-$PWD/target}"
files="$(mktemp -d)"
trap 'rm -rf "$files"' EXIT
CONVSWEEP_ONNX_FOLDER="$files" cargo test --release --workspace --quiet --test onnx
"$python" tests/peers_onnx.py "$files"
"$python" tests/peers_pytorch.py "$files"
"$python" tests/peers_presets.py "$target/release/convsweep" "$photographs"
"$python" tests/peers_explain.py "$target/release/convsweep" "$photographs"
"$python" tests/peers_weights.py "$photographs" "$@"
