#!/usr/bin/env bash
# Fuzzes for SECONDS from the kept corpus, the shipped experiments and the tests' files. What is found grows in the target
# folder; a failure's input is written there and named: put it into corpus/plan, which the tests go through, and mend it.
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
root="$(cd "$here/../../.." && pwd)"
grown="${CARGO_TARGET_DIR:-$root/target}/fuzz"
export CARGO_TARGET_DIR="$grown/build"
mkdir -p "$grown/corpus" "$grown/failures"
cd "$root/crates/plan"
cargo +nightly fuzz run plan "$grown/corpus" "$here/corpus/plan" "$root/experiments" "$root/crates/plan/presets" \
    "$root/crates/plan/tests/users" -- -artifact_prefix="$grown/failures/" -dict="$here/words.dict" -max_total_time="${1:-60}" \
    -max_len=4096 -timeout=10 -rss_limit_mb=1024 -print_final_stats=1
