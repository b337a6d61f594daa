# Commands for users and developers; `just` alone lists them.
set positional-arguments
set shell := ["bash", "-euo", "pipefail", "-c"]

root := justfile_directory()
manifest := root / "Cargo.toml"
target := env("CARGO_TARGET_DIR", root / "target")
program := target / "release" / "convsweep"
build := "cargo build --release --workspace --manifest-path " + quote(manifest)
export CARGO_TARGET_DIR := target
# "--report" instead of "" lets `just check` pass while limits of the sources are exceeded.
house := ""

_list:
    @just --list --unsorted

# Train what is missing of the experiment FILE and render its report (default: experiments/quickstart.toml)
[group("experiments"), no-cd]
sweep *args: _program
    @[ $# -gt 0 ] || set -- "{{root}}/experiments/quickstart.toml"; \
    if [ -x "{{program}}-worker" ]; then {{build}} --quiet; else \
        "{{program}}" run --dry-run "$@"; \
        printf '\nThat is the plan. Now the worker is built, which will train.\n' >&2; \
        {{build}}; \
    fi; \
    exec "{{program}}" run "$@"

# Show the configurations, jobs and costs of the experiment FILE, without training
[group("experiments"), no-cd]
plan *args: _program
    @exec "{{program}}" plan "$@"

# Render the report of an experiment again
[group("experiments"), no-cd]
report *args: _build
    @exec "{{program}}" report "$@"

# Say what the results of an experiment show: which choice is better, by how much, how surely
[group("experiments"), no-cd]
verdict *args: _program
    @exec "{{program}}" verdict "$@"

# Query the results database: just query "select * from leaderboard"
[group("experiments"), no-cd]
query *args: _program
    @exec "{{program}}" query "$@"

# Show the progress of every experiment
[group("experiments"), no-cd]
status *args: _program
    @exec "{{program}}" status "$@"

# Build the worker for other devices, `libtorch` or `cuda`, beside the program (minutes the first time; LibTorch comes from a Python that has PyTorch, or is installed)
[group("experiments"), no-cd]
worker *name:
    @"{{root}}/crates/worker/install.sh" {{name}}

# List the devices and the installed workers, each started once
[group("experiments"), no-cd]
workers: _build
    @exec "{{program}}" devices

# Run the tests (a few minutes once everything is built); list the skipped and the slowest ones
[group("development")]
test *args: _build
    ./tests/run.sh "$@"

# Train a job twice, undisturbed and with its worker killed at KILLS random moments, and compare the hashes of all it leaves (about ten seconds)
[group("experiments")]
prove-resume kills="10": _build
    @./tests/prove_resume.sh "{{kills}}"

# Kill, freeze and corrupt a sweep of two hundred jobs and twenty random jobs in many rounds, and interrupt sweeps of every stopping rule 50 times; results and decisions must not change
[group("development")]
test-long *rounds: _build
    CONVSWEEP_INTERRUPTIONS=50 cargo test --release --package convsweep --test main interrupted_searches -- --nocapture
    CONVSWEEP_TORTURE="${1:-10}" cargo test --release --workspace --test main --test random_kills torture -- --nocapture

# Damage a results folder in random ways and look that nothing wrong is believed
[group("development")]
test-damage rounds="2000" seed="15": _build
    CONVSWEEP_DAMAGE="{{rounds}}" CONVSWEEP_DAMAGE_SEED="{{seed}}" cargo test --release --workspace --test main damage_is_refused_or_told -- --nocapture

# Run the tests that need the published image sets in the data cache; they fail where a set is missing
[group("development")]
test-real: _build
    cargo test --release --package convsweep-data --test real

# Compare networks of torchvision and timm, or those named, with ours on photographs: PyTorch comes from PyPI (some GB) unless CONVSWEEP_TORCH_PYTHON is a Python that has it
[group("development")]
test-peers *networks: _build
    ./tests/peers.sh {{networks}}

# Compare every layer, optimizer and twenty losses on LibTorch with PyTorch's vectors (after `just worker libtorch`)
[group("development")]
test-libtorch:
    @./crates/worker/install.sh test-libtorch

# Compile the CUDA worker without a GPU or the CUDA toolkit
[group("development")]
check-cuda:
    DOCS_RS=1 CARGO_TARGET_DIR="{{target}}/cuda-check" cargo check --release --package convsweep-worker --no-default-features --features cuda

# Fuzz each reader of files, or those named, for SECONDS seconds (needs a nightly compiler and `cargo install cargo-fuzz`)
[group("development")]
fuzz seconds="60" *targets:
    ./tests/fuzz/run.sh "{{seconds}}" {{targets}}

# Check format, lints, layering, docs and the limits of the sources (tests/house)
[group("development")]
check:
    cargo fmt --all --check
    cargo fmt --manifest-path tests/schema/Cargo.toml --check
    cargo fmt --manifest-path tests/house/Cargo.toml --check
    cargo clippy --release --workspace --all-targets --quiet -- -D warnings
    cargo clippy --release --manifest-path tests/house/Cargo.toml --all-targets --quiet -- -D warnings
    ./tests/layering.sh
    cargo run --release --quiet --manifest-path tests/house/Cargo.toml -- {{house}}
    RUSTDOCFLAGS="-D warnings" cargo doc --release --workspace --no-deps --document-private-items --quiet

# Print the figures of the sources and every place that exceeds a limit
[group("development")]
house:
    @cargo run --release --quiet --manifest-path tests/house/Cargo.toml -- --report

# Compute every figure of the report NAME once more from the raw rows (CONVSWEEP_BENCH_PYTHON: a Python with numpy, scipy and statsmodels)
[group("development"), no-cd]
recompute name results="results":
    @"${CONVSWEEP_BENCH_PYTHON:-python3}" "{{root}}/tests/recompute.py" "{{results}}/convsweep.sqlite" "{{name}}" "{{results}}/{{name}}"

# Run a benchmark; `just bench` lists them
[group("development")]
bench *args: _build
    @exec ./tests/bench.sh "$@"

# Format the sources
[group("development")]
fmt:
    cargo fmt --all
    cargo fmt --manifest-path tests/schema/Cargo.toml
    cargo fmt --manifest-path tests/house/Cargo.toml

# Make an archive and a wheel of the programs for other Linux machines, in dist/ (needs python3; Zig comes from PyPI)
[group("development")]
package:
    @./packaging/package.sh

# Unpack what `just package` made on a bare Debian without Rust, run the quickstart there and say how long it takes (needs root and debootstrap)
[group("development")]
test-package *suite:
    @./tests/package.sh {{suite}}

# Builds the program, which plans and reports; the first build shows what it is doing.
_program:
    @if [ -x "{{program}}" ]; then exec {{build}} --bin convsweep --quiet; fi; \
    echo "The first build compiles the program, then the worker, and takes about nine minutes on two cores." >&2; \
    {{build}} --bin convsweep

# Builds the program and the worker, which trains.
_build:
    @if [ -x "{{program}}-worker" ]; then exec {{build}} --quiet; fi; \
    echo "The first build takes about nine minutes on two cores." >&2; \
    {{build}}
