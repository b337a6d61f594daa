#!/usr/bin/env bash
# Benchmarks, each by its name: `just bench program`. Medians, pinned to one core; run them on an idle machine.
# Where CONVSWEEP_BENCH_PYTHON names a Python with PyTorch, and CONVSWEEP_BENCH_PEERS the folder of the peers' scripts,
# the peers are measured in the same run.
set -euo pipefail
root="$(cd "$(dirname "$0")/.." && pwd)"
bin="${CARGO_TARGET_DIR:-$root/target}/release"

# Milliseconds of each of RUNS starts of a command: minimum, median, maximum.
starts() {
    local runs=$1 i before after
    shift
    for ((i = 0; i < runs; i++)); do
        before=$EPOCHREALTIME
        taskset -c 0 "$@" >/dev/null
        after=$EPOCHREALTIME
        echo "$(((${after/./} - ${before/./})))"
    done | sort -n | awk '{ t[NR] = $1 / 1000 } END { printf "%.1f ms (%.1f to %.1f, %d runs)\n", t[int((NR + 1) / 2)], t[1], t[NR], NR }'
}

# How long the program takes to answer.
program() {
    printf '%-28s' "convsweep --help"
    starts 41 "$bin/convsweep" --help
    printf '%-28s' "plan of the tutorial"
    starts 21 "$bin/convsweep" plan "$root/experiments/tutorial.toml"
}

# Speed of each kernel beside the peak of multiply-adds, one JSON line each.
kernels() {
    cd "$root" && taskset -c 0 cargo run --release --quiet --package convsweep-kernels --example bench -- "$@"
}

# Images per second through the tutorial's augmentation.
augment() {
    cd "$root" && taskset -c 0 cargo test --release --quiet --package convsweep-data --bench augment
}

# The same steps by PyTorch's best variant: channels last; with `augment` by batched grid_sample.
torch_peer() {
    local more=()
    [ "$1" = augment ] && more=(--augment grid)
    OMP_NUM_THREADS=1 taskset -c 0 "$CONVSWEEP_BENCH_PYTHON" "$CONVSWEEP_BENCH_PEERS/train_torch.py" --model tutorial \
        --threads 1 --steps 60 --warmup 5 --channels-last "${more[@]}"
}

# Images per second of whole training steps of the tutorial's network on CIFAR-10, without and with augmentation, one core.
train() {
    local steps="${1:-200}" kind
    for kind in plain augment; do
        cd "$root" && taskset -c 0 cargo test --release --quiet --workspace --bench train -- "$kind" "$steps"
        if [ -n "${CONVSWEEP_BENCH_PYTHON:-}" ] && [ -n "${CONVSWEEP_BENCH_PEERS:-}" ]; then
            torch_peer "$kind"
        fi
    done
}

# A plan of 100,000 jobs, as many configurations or a tenth of it with ten seeds: seconds and peak memory.
plan() {
    local folder case seeds rates
    folder="$(mktemp -d)"
    for case in "1 100" "10 10"; do
        read -r seeds rates <<<"$case"
        sed -e "s/^seeds.*/seeds = $seeds\nlimit = 100_000/" -e '/^\[\[sweep/,$d' "$root/experiments/quickstart.toml" >"$folder/many.toml"
        cat >>"$folder/many.toml" <<END
[[sweep]]
[sweep.grid]
"model.parameters.width" = { from = 1, to = 100, steps = 100 }
"train.optimizer.lr" = { from = 1e-4, to = 1e-1, steps = $rates, scale = "log" }
"train.batch_size" = [8, 16, 24, 32, 40, 48, 56, 64, 72, 80]
END
        printf '%-28s' "$((1000 * rates)) × $seeds seeds"
        for _ in 1 2 3 4 5; do
            env time -f '%U %S %M' taskset -c 0 "$bin/convsweep" --results "$folder/none" plan "$folder/many.toml" 2>&1 >/dev/null
        done | awk '{ print $1 + $2, $3 }' | sort -n | awk '{ s[NR] = $1; m[NR] = $2 / 1024 } END { printf "%.2f s, %.0f MB (5 runs, %.2f to %.2f s of processor time)\n", s[3], m[3], s[1], s[5] }'
    done
    rm -r "$folder"
}

# The store under load: rows through the writer, and what the commands ask of a folder of JOBS jobs of EPOCHS epochs.
store() {
    local jobs=${1:-10000} epochs=${2:-50} folder
    cargo build --release --quiet --manifest-path "$root/Cargo.toml" -p convsweep-store --example load
    folder=$(mktemp -d)
    "$bin/examples/load" "$folder" "$jobs" "$epochs"
    rm -r "$folder"
}

# The price of a job: JOBS jobs of a worker that trains nothing but reports ten epochs, in log and database, on two slots.
# Beside Optuna's, where CONVSWEEP_BENCH_PYTHON has it: trials that do nothing but report ten values.
runner() {
    local jobs=${1:-10000} folder
    cargo build --release --quiet --manifest-path "$root/Cargo.toml" -p convsweep-runner --example fake-worker
    folder=$(mktemp -d)
    mkdir "$folder/bin"
    cp "$bin/convsweep" "$folder/bin/"
    cp "$bin/examples/fake-worker" "$folder/bin/convsweep-worker"
    printf '%s\n' '[experiment]' 'name = "price"' "seeds = $jobs" 'limit = 1000000' \
        '[data]' 'source = { name = "shapes", train = 40, test = 20, size = 8 }' \
        '[model]' 'layers = [{ flatten = true }, { dense = "classes" }]' \
        '[train]' 'epochs = 10' '[run]' 'slots = { cpu = 2 }' >"$folder/price.toml"
    (cd "$folder" && CONVSWEEP_DATA="$folder/data" CONVSWEEP_FAKE_SCRIPT='train 10' bin/convsweep run --quiet price.toml >/dev/null)
    (cd "$folder" && bin/convsweep query --csv "select count(*), 1000.0 * (max(ended) - min(started)) / count(*) from attempts") |
        awk -F, 'NR == 2 { printf "convsweep: %d jobs, %.2f ms a job of wall time on two slots\n", $1, $2 }'
    rm -r "$folder"
    if [ -n "${CONVSWEEP_BENCH_PYTHON:-}" ] && [ -n "${CONVSWEEP_BENCH_PEERS:-}" ]; then
        "$CONVSWEEP_BENCH_PYTHON" "$CONVSWEEP_BENCH_PEERS/sweep_optuna.py" --job noop --sampler random --processes 2
        "$CONVSWEEP_BENCH_PYTHON" "$CONVSWEEP_BENCH_PEERS/sweep_optuna.py" --job noop --sampler grid --processes 2
    fi
}

modes="$(declare -F | awk '{ print $3 }' | grep -vE '^(starts|torch_peer)$' | paste -sd' ')"
if [ $# -eq 0 ] || ! grep -qw -- "$1" <<<"$modes"; then
    echo "usage: just bench NAME, of: $modes" >&2
    exit 2
fi
"$@"
