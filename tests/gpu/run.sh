#!/usr/bin/env bash
# run.sh [--pretend [cpu]] [--only NAME,…] [--minutes N]: checks and measures the workers for GPUs on this machine. JSON lines go to
# stdout, one for each check, with "outcome" ok, failed or skipped; a table goes to stderr. The programs are those of the folder
# GPU_PROGRAMS, by default the folder of this script, as pack.sh filled it. PyTorch is that of CONVSWEEP_TORCH_PYTHON, by default
# python3. Nothing is built or fetched. --pretend tries the script itself without a GPU: LibTorch, or the
# CPU's own kernels, compute on the CPU, and little.
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
export GPU_PROGRAMS="${GPU_PROGRAMS:-$here}"
python="${CONVSWEEP_TORCH_PYTHON:-python3}"
if [ -e "$GPU_PROGRAMS/programs.tar.xz" ]; then
    # Python unpacks it where the machine has no xz.
    "$python" -m tarfile -e "$GPU_PROGRAMS/programs.tar.xz" "$GPU_PROGRAMS"
    rm "$GPU_PROGRAMS/programs.tar.xz"
fi
exec "$python" "$here/bench.py" "$@"
