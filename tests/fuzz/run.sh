#!/usr/bin/env bash
# run.sh [SECONDS [TARGET...]]: fuzzes each target (all by default) for SECONDS, starting from its corpus and from files of the
# tests. New inputs are kept in the target folder. The input of a failure is written there: fix the failure and add the input to
# the corpus, which the ordinary tests read too.
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
root="$(cd "$here/../.." && pwd)"
seconds="${1:-60}"
targets=("${@:2}")
[ ${#targets[@]} -gt 0 ] || targets=(plan logs state weights pytorch images table)
grown="${CARGO_TARGET_DIR:-$root/target}/fuzz"
export CARGO_TARGET_DIR="$grown/build"
cd "$here"
for target in "${targets[@]}"; do
    features=()
    [ "$target" != state ] || features=(--features state)
    mkdir -p "$grown/corpus/$target" "$grown/failures/$target"
    seeds=("$here/corpus/$target")
    options=(-max_len=8192)
    if [ "$target" = plan ]; then
        seeds+=("$root/experiments" "$root/crates/plan/presets" "$root/crates/plan/tests/users")
        options=(-max_len=4096 "-dict=$here/words.dict")
    fi
    # All our code that reads files is safe Rust, in which the address sanitizer would find nothing.
    cargo +nightly fuzz run --fuzz-dir "$here" --sanitizer none "${features[@]}" "$target" "$grown/corpus/$target" "${seeds[@]}" -- \
        "-artifact_prefix=$grown/failures/$target/" "${options[@]}" "-max_total_time=$seconds" -timeout=10 -rss_limit_mb=1024 \
        -print_final_stats=1
done
