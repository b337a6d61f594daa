#!/usr/bin/env bash
# Runs all tests, then lists the skipped and the slowest ones and prints the total time. Arguments are passed to `cargo test`.
set -uo pipefail
cd "$(dirname "$0")/.."
log=$(mktemp)
trap 'rm -f "$log"' EXIT

# Cargo runs each test program through timed.sh.
host=$(rustc -vV | sed -n 's/^host: //p')
export CONVSWEEP_TEST_LOG=$log
export "CARGO_TARGET_$(tr 'a-z-' 'A-Z_' <<<"$host")_RUNNER=$PWD/tests/timed.sh"

SECONDS=0
status=0
for manifest in Cargo.toml tests/schema/Cargo.toml tests/house/Cargo.toml; do
  cargo test --release --workspace --no-fail-fast --manifest-path "$manifest" "$@" || status=$?
done

printf '\nslowest tests, in seconds:\n'
awk '/^program / { program = $2 }
  /^test .* <[0-9.]+s>$/ { gsub(/[<>s]/, "", $NF); printf "%8.2f  %s %s\n", $NF, program, $2 }' "$log" |
  sort -rn | head -n 10
grep -oE 'skipped: .*' "$log"
# Tests marked `ignore` count as skipped.
ignored=$(sed -nE 's/.* ([0-9]+) ignored;.*/\1/p' "$log" | awk '{ sum += $1 } END { print sum + 0 }')
skipped=$(grep -c 'skipped: ' "$log")
passed=$(grep -cE '^test .*ok( <[0-9.]+s>)?$' "$log")
printf '%d passed, %d skipped, in %d:%02d\n' "$passed" $((skipped + ignored)) $((SECONDS / 60)) $((SECONDS % 60))
exit $status
