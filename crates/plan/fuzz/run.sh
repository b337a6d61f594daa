#!/usr/bin/env bash
# Fuzzes for SECONDS, starting from the corpus, the shipped experiments and the files of the tests. New inputs are kept in the
# target folder. The input of a failure is written there: fix the failure and add the input to corpus/plan, which the tests use.
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
