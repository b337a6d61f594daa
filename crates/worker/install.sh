#!/usr/bin/env bash
# install.sh libtorch|cuda: builds the worker for other devices and puts it beside the program. Each has a target folder of its
# own inside of that of the program, since Burn is compiled with other features. `install.sh test-libtorch` runs the tests of
# networks on LibTorch, `install.sh bench-libtorch` prints the path of the benchmark of training.
set -euo pipefail
root="$(cd "$(dirname "$0")/../.." && pwd)"
target="${CARGO_TARGET_DIR:-$root/target}"
torch_version=2.9.0

usage() { echo "usage: just worker libtorch|cuda" >&2; exit 2; }

# Whether a Python has the PyTorch that the worker is built for.
has_torch() { "$1" -c "import sys, torch; sys.exit(torch.__version__.split('+')[0] != '$torch_version')" 2>/dev/null; }

# Prints the Python whose PyTorch the worker uses: CONVSWEEP_TORCH_PYTHON, else python3 if it has PyTorch, else that of an
# environment which is made here.
torch_python() {
    local python="${CONVSWEEP_TORCH_PYTHON:-}" environment="$target/torch-$torch_version"
    if [ -n "$python" ]; then
        has_torch "$python" || { echo "error: $python has no PyTorch $torch_version: install torch==$torch_version there, or unset CONVSWEEP_TORCH_PYTHON" >&2; return 1; }
        echo "$python"
        return
    fi
    for python in python3 "$environment/bin/python"; do
        if has_torch "$python"; then command -v "$python"; return; fi
    done
    echo "PyTorch $torch_version goes into $environment: the build for CPUs takes 200 MB to download and 800 MB of the disk." >&2
    python3 -m venv "$environment"
    if ! "$environment/bin/python" -m pip install --quiet "torch==$torch_version" --index-url https://download.pytorch.org/whl/cpu; then
        echo "PyTorch's own server did not answer: the build of PyPI, which also has CUDA, takes 3 GB to download and 7 GB of the disk." >&2
        "$environment/bin/python" -m pip install --quiet "torch==$torch_version"
    fi
    echo "$environment/bin/python"
}

# Runs a command of cargo with the features of a backend.
with_backend() {
    local backend=$1 command=$2
    shift 2
    (cd "$root" && CARGO_TARGET_DIR="$target/$backend" cargo "$command" --release --no-default-features --features "$backend" "$@")
}

# Lets the build find the Python with PyTorch, for which it looks as python3.
use_torch() {
    local python
    python="$(torch_python)"
    folder="$(mktemp -d)"
    trap 'rm -rf "$folder"' EXIT
    printf '#!/bin/sh\nexec "%s" "$@"\n' "$python" >"$folder/python3"
    chmod +x "$folder/python3"
    unset VIRTUAL_ENV
    export LIBTORCH_USE_PYTORCH=1 PATH="$folder:$PATH"
    libraries="$("$python" -c 'import pathlib, torch; print(pathlib.Path(torch.__file__).parent / "lib")')"
}

# Builds a worker and puts it beside the program; the whole file appears at once, also where the old one runs.
install() {
    local backend=$1
    with_backend "$backend" build --package convsweep-worker
    mkdir -p "$target/release"
    cp "$target/$backend/release/convsweep-worker" "$target/release/.convsweep-worker-$backend"
    mv "$target/release/.convsweep-worker-$backend" "$target/release/convsweep-worker-$backend"
    echo "$target/release/convsweep-worker-$backend"
    "$target/release/convsweep-worker-$backend" --devices
}

case "${1:-}" in
libtorch)
    use_torch
    echo "Building the LibTorch worker with $libraries: about 12 minutes on two cores the first time." >&2
    install libtorch
    ;;
cuda)
    echo "Building the CUDA worker: about 15 minutes on two cores the first time. It needs NVIDIA's driver and NVRTC to run." >&2
    install cuda
    ;;
test-libtorch)
    use_torch
    export LD_LIBRARY_PATH="$libraries:${LD_LIBRARY_PATH:-}" OMP_NUM_THREADS=1
    with_backend libtorch test --package convsweep-nn --test layer_vectors --test vectors --test layers --test layer_training \
        --test training --test pretrained --test attribution --test whole_step
    ;;
bench-libtorch)
    use_torch
    with_backend libtorch test --package convsweep-worker --bench train --no-run 2>&1 | sed -n 's/.*Executable.*(\(.*\))$/\1/p'
    ;;
*) usage ;;
esac
