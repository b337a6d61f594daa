# The front door. Each recipe is one line over the program; `just` alone lists them.
set positional-arguments
set shell := ["bash", "-euo", "pipefail", "-c"]

root := justfile_directory()
manifest := root / "Cargo.toml"
target := env("CARGO_TARGET_DIR", root / "target")
program := target / "release" / "convsweep"
export CARGO_TARGET_DIR := target
# "--report" instead of "" lets `just check` pass while limits of the sources are exceeded.
house := "--report"

_list:
    @just --list --unsorted

# Build what is missing, train what FILE asks for and is not there yet, render the report (default: experiments/quickstart.toml)
[group("experiments"), no-cd]
sweep *args: _build
    @if [ $# -eq 0 ]; then exec "{{program}}" run "{{root}}/experiments/quickstart.toml"; fi; exec "{{program}}" run "$@"

# Show what FILE asks for, without training
[group("experiments"), no-cd]
plan *args: _build
    @exec "{{program}}" plan "$@"

# Render the report of an experiment anew
[group("experiments"), no-cd]
report *args: _build
    @exec "{{program}}" report "$@"

# Ask the results database: just query "select * from leaderboard"
[group("experiments"), no-cd]
query *args: _build
    @exec "{{program}}" query "$@"

# How far every experiment is
[group("experiments"), no-cd]
status *args: _build
    @exec "{{program}}" status "$@"

# Run the tests (warm: a few minutes); at the end: how many were skipped, and the slowest
[group("development")]
test *args: _build
    ./tests/run.sh "$@"

# Torture a sweep of two hundred jobs and twenty drawn at random (kills, freezes, jumps of the clock, torn logs) in many rounds
[group("development")]
test-long *rounds: _build
    CONVSWEEP_TORTURE="${1:-10}" cargo test --release --workspace --test main --test random_kills torture -- --nocapture

# Run the tests that need the real image sets in the data cache; fails where they are missing
[group("development")]
test-real: _build
    cargo test --release --package convsweep-data --test real

# Throw bytes at the reader and the expander for so many seconds (needs a nightly compiler and `cargo install cargo-fuzz`)
[group("development")]
fuzz seconds="60":
    ./crates/plan/fuzz/run.sh "{{seconds}}"

# Check format, lints, layering, docs, and the limits of the sources (tests/house)
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

# Print the figures of the sources, and what exceeds their limits
[group("development")]
house:
    @cargo run --release --quiet --manifest-path tests/house/Cargo.toml -- --report

# Measure: `just bench` lists what
[group("development")]
bench *args: _build
    @exec ./tests/bench.sh "$@"

# Format the sources
[group("development")]
fmt:
    cargo fmt --all
    cargo fmt --manifest-path tests/schema/Cargo.toml
    cargo fmt --manifest-path tests/house/Cargo.toml

_build:
    @cargo build --release --workspace --quiet --manifest-path "{{manifest}}"
