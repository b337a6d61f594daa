#!/usr/bin/env bash
# peers.sh [NETWORK...]: runs tests/peers_weights.py on photographs of the data cache. PyTorch, torchvision and timm are installed from PyPI
# into the target folder once, unless CONVSWEEP_TORCH_PYTHON is a Python that has them. Without them, or without photographs, the
# comparison is skipped, and that is said.
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
    "$python" -m pip install --quiet torch==2.9.0 torchvision==0.24.0 timm safetensors pillow numpy ||
      skip "PyTorch cannot be installed from PyPI"
    touch "$environment/complete"
  fi
fi
"$python" -c 'import torch, torchvision, timm, safetensors, PIL' || skip "$python has no PyTorch, torchvision, timm or safetensors"
exec "$python" tests/peers_weights.py "$photographs" "$@"
