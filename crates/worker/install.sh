#!/usr/bin/env bash
# install.sh libtorch|cuda: builds the worker for other devices and puts it beside the program. Each has a target folder of its
# own inside of that of the program, since Burn is compiled with other features. `install.sh test-libtorch` runs the tests of
# networks on LibTorch, `install.sh test-programs libtorch|cuda` prints the paths of these tests, `install.sh bench-libtorch` that
# of the benchmark of training, `install.sh torch-python` that of the Python whose PyTorch is taken.
set -euo pipefail
root="$(cd "$(dirname "$0")/../.." && pwd)"
target="${CARGO_TARGET_DIR:-$root/target}"
# The version that is installed, and all those that the worker has been tried with.
torch_version=2.9.0
torch_versions="2.9.0 2.11.0"
tests="layer_vectors vectors layers layer_training training whole_step bf16"

usage() { echo "usage: just worker libtorch|cuda" >&2; exit 2; }

# Whether a Python has a PyTorch that the worker can be built for.
has_torch() {
    local version
    version="$("$1" -c 'import torch; print(torch.__version__.split("+")[0])' 2>/dev/null)" && grep -qwF -- "$version" <<<"$torch_versions"
}

# Prints the Python whose PyTorch the worker uses: CONVSWEEP_TORCH_PYTHON, else python3 if it has PyTorch, else that of an
# environment which is made here.
torch_python() {
    local python="${CONVSWEEP_TORCH_PYTHON:-}" environment="$target/torch-$torch_version"
    if [ -n "$python" ]; then
        has_torch "$python" || { echo "error: $python has no PyTorch of version ${torch_versions// / or }: install torch==$torch_version there, or unset CONVSWEEP_TORCH_PYTHON" >&2; return 1; }
        echo "$python"
        return
    fi
    for python in python3 "$environment/bin/python"; do
        if has_torch "$python"; then command -v "$python"; return; fi
    done
    # What is called in a substitution does not end the script by failing.
    make_environment "$environment" >&2 || { echo "error: PyTorch $torch_version was not installed; CONVSWEEP_TORCH_PYTHON can name a Python that has it" >&2; return 1; }
    echo "$environment/bin/python"
}

# Installs PyTorch in a new environment: the build for CPUs, else the one of PyPI.
make_environment() {
    local environment=$1
    echo "PyTorch $torch_version goes into $environment: the build for CPUs takes 200 MB to download, 800 MB of the disk and a minute."
    python3 -m venv "$environment" || return 1
    "$environment/bin/python" -m pip install --quiet --no-cache-dir "torch==$torch_version" --index-url https://download.pytorch.org/whl/cpu && return
    echo "PyTorch's own server did not answer: the build of PyPI, which also has CUDA, takes 3 GB to download, 7 GB of the disk and some minutes."
    "$environment/bin/python" -m pip install --quiet --no-cache-dir "torch==$torch_version"
}

# Runs a command of cargo with the features of a backend.
with_backend() {
    local backend=$1 command=$2
    shift 2
    (cd "$root" && CARGO_TARGET_DIR="$target/$backend" cargo "$command" --release --no-default-features --features "$backend" "$@")
}

# Lets the build take PyTorch's libraries, and compile again where they are others.
use_torch() {
    local python folder
    python="$(torch_python)"
    folder="$("$python" -W ignore -c 'import pathlib, torch; print(pathlib.Path(torch.__file__).parent)')"
    libraries="$folder/lib"
    unset LIBTORCH_USE_PYTORCH LIBTORCH_INCLUDE LIBTORCH_LIB
    export LIBTORCH="$folder"
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

# The options of cargo that name the given tests of networks.
named_tests() { printf -- '--package convsweep-nn'; printf -- ' --test %s' "$@"; }

# Builds programs of a backend without running them, and prints their paths, which cargo says relative to the sources.
test_programs() {
    local said path
    said="$(with_backend "$1" test --no-run "${@:2}" 2>&1)" || { echo "$said" >&2; return 1; }
    sed -n 's/.*Executable.*(\(.*\))$/\1/p' <<<"$said" | while read -r path; do
        case $path in /*) echo "$path" ;; *) echo "$root/$path" ;; esac
    done
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
    # shellcheck disable=SC2046,SC2086
    with_backend libtorch test $(named_tests $tests pretrained attribution precision)
    with_backend libtorch test --package convsweep-worker --test precision
    ;;
test-programs)
    case "${2:-}" in libtorch) use_torch ;; cuda) ;; *) usage ;; esac
    # shellcheck disable=SC2046,SC2086
    test_programs "$2" $(named_tests $tests)
    ;;
torch-python) torch_python ;;
bench-libtorch)
    use_torch
    test_programs libtorch --package convsweep-worker --bench train
    ;;
*) usage ;;
esac
