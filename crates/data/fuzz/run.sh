#!/usr/bin/env bash
# Fuzzes images, tables and weights for SECONDS each, starting from the corpus. New inputs are kept in the target folder. The input
# of a failure is written there: fix the failure and add the input to the corpus, which the ordinary tests also read.
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
root="$(cd "$here/../../.." && pwd)"
grown="${CARGO_TARGET_DIR:-$root/target}/fuzz-data"
export CARGO_TARGET_DIR="$grown/build"
cd "$root/crates/data"
for target in images table weights; do
    mkdir -p "$grown/$target" "$grown/failures"
    cargo +nightly fuzz run "$target" "$grown/$target" "$here/corpus/$target" -- -artifact_prefix="$grown/failures/$target-" \
        -max_total_time="${1:-60}" -max_len=8192 -timeout=10 -rss_limit_mb=1024 -print_final_stats=1
done
