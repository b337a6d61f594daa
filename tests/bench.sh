#!/usr/bin/env bash
# Benchmarks, each run by its name: `just bench program`. They print medians, on one core unless noted; run them on an
# idle machine. Peers are measured in the same run where CONVSWEEP_BENCH_PYTHON is a Python with PyTorch and
# CONVSWEEP_BENCH_PEERS the folder of the peers' scripts.
set -euo pipefail
root="$(cd "$(dirname "$0")/.." && pwd)"
bin="${CARGO_TARGET_DIR:-$root/target}/release"
# The runner's settings of the allocator.
export MIMALLOC_PURGE_DELAY=60000

# Runs a command RUNS times: median, minimum and maximum of its milliseconds, and its processor time.
starts() {
    local runs=$1 i before after
    shift
    {
        for ((i = 0; i < runs; i++)); do
            before=$EPOCHREALTIME
            taskset -c 0 "$@" >/dev/null
            after=$EPOCHREALTIME
            echo "$(((${after/./} - ${before/./})))"
        done
        times
    } | awk '
        function seconds(text,   parts) { split(text, parts, /[ms]/); return 60 * parts[1] + parts[2] }
        /m/ { core = seconds($1) + seconds($2); next }
        { for (i = n++; i > 0 && t[i] > $1 / 1000; i--) t[i + 1] = t[i]; t[i + 1] = $1 / 1000 }
        END { printf "%.1f ms (%.1f to %.1f, %d runs; %.0f ms of the core)\n", t[int((n + 1) / 2)], t[1], t[n], n, 1000 * core / n }'
}

# For awk: the median of v[key, 1] to v[key, n].
median='
        function median(key, n,   i, j, t) {
            for (i = 2; i <= n; i++) for (j = i; j > 1 && v[key, j - 1] > v[key, j]; j--) { t = v[key, j]; v[key, j] = v[key, j - 1]; v[key, j - 1] = t }
            return v[key, int((n + 1) / 2)]
        }
'

# Time until a command of the program has finished.
program() {
    printf '%-28s' "convsweep --help"
    starts 41 "$bin/convsweep" --help
    printf '%-28s' "plan of the tutorial"
    starts 21 "$bin/convsweep" plan "$root/experiments/tutorial.toml"
}

# Speed of each kernel and the processor's peak of multiply-adds, one JSON line each.
kernels() {
    cd "$root" && taskset -c 0 cargo run --release --quiet --package convsweep-kernels --example bench -- "$@"
}

# Images per second of the tutorial's augmentation.
augment() {
    cd "$root" && taskset -c 0 cargo test --release --quiet --package convsweep-data --bench augment
}

# The program of benches/train.rs, built once.
train_program() {
    (cd "$root" && cargo test --release --workspace --bench train --no-run 2>&1) | sed -n 's/.*Executable.*(\(.*\))$/\1/p'
}

# Measures one network with our program or with a peer; prints one JSON line: `measure PROGRAM train|evaluate NETWORK STEPS`,
# `peer train|evaluate NETWORK STEPS VARIANT`.
# Both are timed by processor time, so that other programs on the machine disturb only the caches;
# CONVSWEEP_BENCH_CLOCK=wall measures elapsed time instead.
measure() {
    (cd "$root" && taskset -c 0 "$1" "$2" "crates/worker/benches/networks/$3.toml" "$4" "${CONVSWEEP_BENCH_CLOCK:-core}")
}
# Variants of the peers: PyTorch with channels last (cl), with an allocator that keeps freed memory (malloc), compiled
# (compile), and Keras with several steps per call (keras, where CONVSWEEP_BENCH_KERAS is a Python that has it).
peer() {
    local what=$1 network=$2 steps=$3 variant=$4 python=$CONVSWEEP_BENCH_PYTHON clock=process_time more env=()
    local script="$CONVSWEEP_BENCH_PEERS/train_torch.py"
    # Only our program gets an allocator that keeps freed memory, as the runner sets it; `malloc` is PyTorch's variant with it.
    unset MALLOC_TRIM_THRESHOLD_ MALLOC_MMAP_THRESHOLD_
    [ "${CONVSWEEP_BENCH_CLOCK:-core}" = wall ] && clock=perf_counter
    if [ "$what" = evaluate ]; then
        script="$root/tests/evaluate_torch.py" more=("$network" "$steps")
    elif [ "$variant" = keras ]; then
        python=$CONVSWEEP_BENCH_KERAS script="$CONVSWEEP_BENCH_PEERS/train_keras.py"
        more=(--model "$network" --threads 1 --steps "$((15 * steps))" --repeats 1 --steps-per-execution 15)
    else
        more=(--model "${network%-augmented}" --threads 1 --steps "$steps" --warmup 5 --channels-last)
        [ "$network" = tutorial-augmented ] && more+=(--augment grid)
        [ "$variant" = compile ] && more+=(--compile)
        [ "$variant" = malloc ] && env=(MALLOC_TRIM_THRESHOLD_=1073741824 MALLOC_MMAP_THRESHOLD_=1073741824)
    fi
    env OMP_NUM_THREADS=1 PYTHONPATH="$CONVSWEEP_BENCH_PEERS" "${env[@]}" taskset -c 0 "$python" -c \
        "import bench_common, runpy, sys, time; bench_common.now = time.$clock; runpy.run_path(sys.argv.pop(1), run_name='__main__')" \
        "$script" "${more[@]}"
}

# The available variants for a network; only PyTorch's `cl` unless CONVSWEEP_BENCH_VARIANTS is set.
variants() {
    local what=$1 network=$2 variant
    [ -n "${CONVSWEEP_BENCH_PYTHON:-}" ] && [ -n "${CONVSWEEP_BENCH_PEERS:-}" ] || return 0
    for variant in ${CONVSWEEP_BENCH_VARIANTS:-cl}; do
        case "$what $variant" in
        *" cl" | "train malloc") echo "$variant" ;;
        # Compiling takes long, so only for networks where it may be the fastest.
        "train compile") case $network in resnet20 | vggsmall) echo compile ;; esac ;;
        "train keras") [ "$network" != tutorial ] || [ -z "${CONVSWEEP_BENCH_KERAS:-}" ] || echo keras ;;
        esac
    done
}

# Measures each network ROUNDS times with our program and each variant in turn; prints medians and the ratio of our speed
# to that of the fastest peer.
turns() {
    local what=$1 rounds=$2 steps=$3 program lines network variant
    shift 3
    program="${executable:-$(cd "$root" && train_program)}"
    lines="$(mktemp)"
    for ((; rounds > 0; rounds--)); do
        for network in "$@"; do
            measure "$program" "$what" "$network" "$steps" | sed "s/^{/{\"network\": \"$network\", \"variant\": \"ours\", /" | tee -a "$lines"
            [ -z "${own_kernels:-}" ] ||
                measure "$own_kernels" "$what" "$network" "$steps" | sed "s/^{/{\"network\": \"$network\", \"variant\": \"cpu\", /" | tee -a "$lines"
            for variant in $(variants "$what" "$network"); do
                peer "$what" "$network" "$steps" "$variant" 2>/dev/null | sed "s/^{/{\"network\": \"$network\", \"variant\": \"$variant\", /" | tee -a "$lines"
            done
        done
    done
    awk -v networks="$*" "$median"'
        function field(name,   text) { match($0, "\"" name "\": *\"?[^\",}]*"); text = substr($0, RSTART, RLENGTH); sub(/.*: *"?/, "", text); return text }
        { who = field("network") " " field("variant"); v[who, ++n[who]] = field("images_per_s") + 0 }
        END { split(networks, order, " "); split("cl malloc compile keras", peers, " ")
              for (i = 1; i in order; i++) { o = median(order[i] " ours", n[order[i] " ours"]); printf "%-20s %9.1f images/s", order[i], o; best = 0
                  for (j = 1; j in peers; j++) { who = order[i] " " peers[j]
                      if (n[who]) { p = median(who, n[who]); printf "   %s %.1f", peers[j], p; if (p > best) best = p } }
                  if (best) printf "   %.2f times", o / best
                  who = order[i] " cpu"; if (n[who]) printf "   own kernels %.1f", median(who, n[who])
                  print "" } }' "$lines" >&2
    rm "$lines"
}

# Images per second of complete training steps on CIFAR-10 on one core: `train [STEPS] [ROUNDS] [NETWORK…]`; networks are the files
# of crates/worker/benches/networks.
train() {
    local networks=("${@:3}")
    [ ${#networks[@]} -gt 0 ] || networks=(tutorial tutorial-augmented resnet20 vggsmall mobilenet inception)
    turns train "${2:-3}" "${1:-30}" "${networks[@]}"
}

# The same for evaluation: batch, forward pass, metrics.
evaluate() {
    local networks=("${@:3}")
    [ ${#networks[@]} -gt 0 ] || networks=(tutorial resnet20 vggsmall mobilenet inception)
    turns evaluate "${2:-3}" "${1:-15}" "${networks[@]}"
}

# Speed-up of a second core, in elapsed time: one job with two threads and two concurrent jobs, each compared with one job
# with one thread; medians of ROUNDS rounds. `cores [STEPS] [ROUNDS] [NETWORK…]`
cores() {
    local steps=${1:-60} rounds=${2:-5} network program lines
    local networks=("${@:3}")
    [ ${#networks[@]} -gt 0 ] || networks=(tutorial resnet20 vggsmall mobilenet inception)
    program="$(cd "$root" && train_program)"
    lines="$(mktemp)"
    cd "$root"
    job() { # job CORES THREADS NETWORK
        taskset -c "$1" "$program" train "crates/worker/benches/networks/$3.toml" "$steps" wall "$2" |
            grep -o '"images_per_s":[0-9.]*' | cut -d: -f2
    }
    for network in "${networks[@]}"; do
        for ((i = 0; i < rounds; i++)); do
            echo "$network $(job 0 1 "$network") $(job 0,1 2 "$network") $({ job 0 1 "$network" & job 1 1 "$network"; wait; } | paste -sd+ | bc)"
        done
    done | tee "$lines"
    awk "$median"'
        function flush() { if (n) printf "%-12s one %8.1f   two threads %.2f times   two jobs %.2f times\n", name, median(1, n), median(2, n), median(3, n) }
        $1 != name { flush(); name = $1; n = 0 }
        { n++; v[1, n] = $2; v[2, n] = $3 / $2; v[3, n] = $4 / $2 }
        END { flush() }' "$lines" >&2
    rm "$lines"
}

# Plans 100,000 jobs, as 100,000 configurations or as 10,000 with ten seeds each: seconds and peak memory.
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

# The store under load: rows per second of the writer, and the commands' queries on JOBS jobs of EPOCHS epochs.
store() {
    local jobs=${1:-10000} epochs=${2:-50} folder
    cargo build --release --quiet --manifest-path "$root/Cargo.toml" --workspace --example load
    folder=$(mktemp -d)
    "$bin/examples/load" "$folder" "$jobs" "$epochs"
    rm -r "$folder"
}

# Rendering the report of a sweep of 1,000 and of 10,000 jobs (or of JOBS …) with EPOCHS epochs each, ten seeds for each
# configuration: seconds and peak memory on all cores. The folder is as large as a gigabyte for each million epochs.
report() {
    local epochs=${EPOCHS:-100} folder jobs
    cargo build --release --quiet --manifest-path "$root/Cargo.toml" --workspace --example large
    [ $# -gt 0 ] || set -- 1000 10000
    for jobs in "$@"; do
        folder=$(mktemp -d)
        "$bin/examples/large" "$folder" "$jobs" "$epochs"
        printf '%-28s' "$jobs jobs × $epochs epochs"
        for _ in 1 2 3; do
            env time -f '%e %U %S %M' "$bin/convsweep" --results "$folder" report large 2>&1 >/dev/null
        done | sort -n | awk '{ s[NR] = $1; c[NR] = $2 + $3; m[NR] = $4 / 1024 } END { printf "%.2f s (%.2f to %.2f s, 3 runs; %.2f s of processor time), %.0f MB\n", s[2], s[1], s[3], c[2], m[2] }'
        rm -r "$folder"
    done
}

# Overhead of a job: JOBS jobs (a multiple of 100) whose worker trains nothing and reports EPOCHS epochs, recorded in log
# and database, on two slots; then the time of the commands in that folder. For comparison Optuna, where
# CONVSWEEP_BENCH_PYTHON has it: TRIALS trials (a multiple of 100) that only report EPOCHS values, in two processes.
# On ext4, creating files is several times slower for minutes after many were deleted: wait between two runs.
runner() {
    local jobs=${1:-10000} epochs=${2:-10} trials=${3:-300} folder
    cargo build --release --quiet --manifest-path "$root/Cargo.toml" --workspace --example fake-worker
    folder=$(mktemp -d)
    mkdir "$folder/bin"
    cp "$bin/convsweep" "$folder/bin/"
    cp "$bin/examples/fake-worker" "$folder/bin/convsweep-worker"
    printf '%s\n' '[experiment]' 'name = "price"' "seeds = $((jobs / 100))" 'limit = 1000000' \
        '[data]' 'source = { name = "shapes", train = 40, test = 20, size = 8 }' \
        '[model]' 'layers = [{ flatten = true }, { dense = "classes" }]' \
        '[train]' "epochs = $epochs" '[[sweep]]' '[sweep.grid]' \
        '"train.optimizer.lr" = { from = 1e-5, to = 1e-1, steps = 100, scale = "log" }' \
        '[run]' 'slots = { cpu = 2 }' >"$folder/price.toml"
    cd "$folder"
    export CONVSWEEP_DATA="$folder/data" CONVSWEEP_FAKE_SCRIPT="train $epochs"
    # The report is not part of a job's overhead and is left out.
    bin/convsweep run --quiet price.toml >/dev/null
    bin/convsweep query --csv "select count(*), 1000.0 * (max(ended) - min(started)) / count(*) from attempts" |
        awk -F, -v epochs="$epochs" 'NR == 2 { printf "convsweep: %d jobs of %d reports, %.2f ms a job of wall time on two slots\n", $1, epochs, $2 }'
    printf '%-28s' "status" && starts 5 bin/convsweep status
    printf '%-28s' "status price" && starts 5 bin/convsweep status price
    printf '%-28s' "plan" && starts 5 bin/convsweep plan price.toml
    printf '%-28s' "the leaderboard" && starts 5 bin/convsweep query "select * from leaderboard"
    cd "$root"
    rm -r "$folder"
    if [ -n "${CONVSWEEP_BENCH_PYTHON:-}" ] && [ -n "${CONVSWEEP_BENCH_PEERS:-}" ]; then
        for sampler in random grid; do
            "$CONVSWEEP_BENCH_PYTHON" "$CONVSWEEP_BENCH_PEERS/sweep_optuna.py" --job noop --sampler $sampler --trials "$trials" --processes 2 --reports "$epochs"
        done | "$CONVSWEEP_BENCH_PYTHON" -c '
import json, sys
for row in map(json.loads, sys.stdin):
    ms = 1000 * max(row["optimize_s"]) / row["trials"]
    print("Optuna {version}, {sampler}: {trials} trials of {reports} reports, {0:.2f} ms a trial of wall time in two processes".format(ms, **row))'
    fi
}

# How often the answers are wrong, and how much of what is true they find: real sweeps of forty seeds as the truth, of which
# a few seeds are drawn `draws` times.
answers() {
    cd "$root" && cargo run --release --quiet --package convsweep-answers --example simulate -- "${1:-1000}"
}

# The first look at a folder of photographs, `look FOLDER [ROUNDS]`, which has a folder for each class: processor time and
# memory of `plan` with an empty cache on one core, and elapsed time on all; beside it one pass of decoding the same files by
# Pillow, where CONVSWEEP_BENCH_PYTHON has it.
look() {
    local photographs rounds=${2:-3} folder i
    photographs=$(realpath "$1")
    folder=$(mktemp -d)
    printf '%s\n' '[experiment]' 'name = "look"' '[data]' 'source = "folder"' "path = \"$photographs\"" 'size = [64, 64]' \
        '[model]' 'layers = [{ flatten = true }, { dense = "classes" }]' '[train]' 'epochs = 1' >"$folder/look.toml"
    export CONVSWEEP_DATA="$folder/data"
    for ((i = 0; i < rounds; i++)); do
        rm -rf "$CONVSWEEP_DATA"
        (cd "$folder" && command time -f 'one %U %S %e %M' taskset -c 0 "$bin/convsweep" plan look.toml) 2>&1 >/dev/null
        rm -rf "$CONVSWEEP_DATA"
        (cd "$folder" && command time -f 'all %U %S %e %M' "$bin/convsweep" plan look.toml) 2>&1 >/dev/null
        if [ -n "${CONVSWEEP_BENCH_PYTHON:-}" ]; then
            command time -f 'Pillow %U %S %e %M' taskset -c 0 "$CONVSWEEP_BENCH_PYTHON" -c '
import pathlib, sys
from PIL import Image
for path in pathlib.Path(sys.argv[1]).rglob("*.*"):
    Image.open(path).convert("RGB")' "$photographs" 2>&1
        fi
    done | awk "$median"'
        $1 !~ /^(one|all|Pillow)$/ { next }
        { n[$1]++; v[$1 " core", n[$1]] = $2 + $3; v[$1 " wall", n[$1]] = $4; v[$1 " kB", n[$1]] = $5 }
        END { for (k in n) printf "%-8s%7.2f s of cores, %7.2f s elapsed, %.0f MB (medians of %d)\n", k, median(k " core", n[k]), median(k " wall", n[k]), median(k " kB", n[k]) / 1000, n[k] }'
    rm -r "$folder"
}

# Classifying photographs on one core, `predict FOLDER [ROUNDS]`, which has a folder for each class: a small network is trained on them
# for an epoch, then images per second of `predict`, with the start of the program; beside it PyTorch with Pillow, without the start of
# Python, where CONVSWEEP_BENCH_PYTHON has both.
predict() {
    local photographs rounds=${2:-3} folder i
    photographs=$(realpath "$1")
    folder=$(mktemp -d)
    cat >"$folder/photographs.toml" <<END
[experiment]
name = "photographs"
[data]
source = "folder"
path = "$photographs"
size = [64, 64]
[augment]
normalize = "standard"
[model]
preset = "resnet20"
[train]
epochs = 1
END
    export CONVSWEEP_DATA="$folder/data" CONVSWEEP_RESULTS="$folder/results"
    cd "$folder"
    "$bin/convsweep" run --quiet photographs.toml >/dev/null
    "$bin/convsweep" export --quiet best:photographs network.safetensors --pytorch >/dev/null
    for ((i = 0; i < rounds; i++)); do
        command time -f 'ours %e' taskset -c 0 "$bin/convsweep" predict --quiet best:photographs "$photographs" --csv 2>&1 >images.csv | grep '^ours'
        echo "images $(($(wc -l <images.csv) - 1))"
        [ -z "${CONVSWEEP_BENCH_PYTHON:-}" ] || OMP_NUM_THREADS=1 taskset -c 0 "$CONVSWEEP_BENCH_PYTHON" "$root/tests/predict_torch.py" \
            network.py network.safetensors "$photographs" | awk '{ print "PyTorch", $2 }'
    done | awk "$median"'
        $1 == "images" { images = $2; next }
        { v[$1, ++n[$1]] = $2 }
        END { for (who in n) { s = median(who, n[who]); printf "%-8s%7.2f s, %.0f images/s (%d images, median of %d)\n", who, s, images / s, images, n[who] } }'
    cd "$root"
    rm -r "$folder"
}

# As `train`, on LibTorch, with the CPU's own kernels beside it: `libtorch [STEPS] [ROUNDS] [NETWORK…]`, after `just worker libtorch`.
libtorch() {
    local networks=("${@:3}")
    [ ${#networks[@]} -gt 0 ] || networks=(tutorial resnet20 mobilenet)
    export OMP_NUM_THREADS=1 MALLOC_TRIM_THRESHOLD_=1073741824 MALLOC_MMAP_THRESHOLD_=1073741824
    executable="$("$root/crates/worker/install.sh" bench-libtorch)"
    own_kernels="$(train_program)"
    turns train "${2:-5}" "${1:-40}" "${networks[@]}"
}

# The live page of JOBS jobs with EPOCHS epochs each, in headless Chromium: time to open, bytes, and frames and processor time while 50
# jobs report every second. Beside Optuna's dashboard and MLflow's page where CONVSWEEP_BENCH_PYTHON has them. Needs ChromeDriver.
page() {
    (cd "$root" && cargo build --release --quiet --package convsweep-store --example large)
    "${CONVSWEEP_BENCH_PYTHON:-python3}" "$root/tests/bench_page.py" "$bin" "${1:-5000}" "${2:-200}"
}

# The workers for GPUs on this machine, by tests/gpu/run.sh (with its options): facts, layers beside PyTorch's, what happens when memory
# runs out or a worker dies, and speed beside PyTorch. Under eight minutes on a GPU; `gpu --pretend` tries the script on a CPU, by LibTorch.
# `gpu --pack FOLDER` makes a folder of programs for a machine without a compiler, where FOLDER/run.sh does the rest.
gpu() {
    local programs="${GPU_PROGRAMS:-}"
    if [ "${1:-}" = --pack ]; then
        exec "$root/tests/gpu/pack.sh" "${@:2}"
    fi
    if [ -z "$programs" ]; then
        programs="${CARGO_TARGET_DIR:-$root/target}/gpu-programs"
        "$root/tests/gpu/pack.sh" "$programs" --here
        if [ -e "$programs/bin/convsweep-worker-libtorch" ]; then
            CONVSWEEP_TORCH_PYTHON="$("$root/crates/worker/install.sh" torch-python)"
            export CONVSWEEP_TORCH_PYTHON
        fi
    fi
    GPU_PROGRAMS="$programs" exec "$root/tests/gpu/run.sh" "$@"
}

modes="$(declare -F | awk '{ print $3 }' | grep -vE '^(starts|train_program|measure|peer|variants|job|turns)$' | paste -sd' ')"
if [ $# -eq 0 ] || ! grep -qw -- "$1" <<<"$modes"; then
    echo "usage: just bench NAME, of: $modes" >&2
    exit 2
fi
"$@"
