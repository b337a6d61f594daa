#!/usr/bin/env bash
# Checks the code against the two tables of ARCHITECTURE.md: the crates that each crate uses, and the order of the rooms
# inside each crate. Also checks that the light program does not depend on Burn.
set -euo pipefail
cd "$(dirname "$0")/.."
fail() { echo "layering: $*" >&2; exit 1; }
tree() { cargo tree --locked --edges normal --prefix none --format '{p}' "$@"; }

light=$(tree --package convsweep)
[[ $light == *convsweep-plan* ]] || fail "cargo tree shows nothing"
! grep '^burn' <<<"$light" || fail "convsweep reaches Burn; only convsweep-worker may"
! grep -E '^burn-(flex|tch|cuda|cubecl) ' <<<"$(tree --package convsweep-train)" ||
  fail "convsweep-train chooses a backend; only convsweep-worker may"

# Rows of the table "| crate | responsibility | may use of ours |" as "crate: names", a dash for no names.
rows=$(awk -F'|' '/^\| crate .* may use of ours \|$/ { inside = 1; next }
  !/^\|/ { inside = 0 }
  inside && /`/ { split($2, name, "`"); gsub(/[ ,–]+/, " ", $4); print name[2] ":" $4 }' ARCHITECTURE.md)
listed=$(cut -d: -f1 <<<"$rows" | sort)
present=$(for manifest in crates/*/Cargo.toml; do basename "$(dirname "$manifest")"; done | sort)
[[ $listed == "$present" ]] ||
  fail "the table of crates and crates/ differ: $(diff <(echo "$listed") <(echo "$present") | grep '^[<>]' | tr '\n' ' ')"

while IFS=: read -r crate allowed; do
  package=convsweep-$crate
  [[ $crate != cli ]] || package=convsweep
  used=$(tree --package "$package" --depth 1 | tail -n +2 | sed -nE 's/^convsweep-([a-z]+) .*/\1/p' | sort -u)
  allowed=$(tr ' ' '\n' <<<"$allowed" | sed '/^$/d' | sort -u)
  [[ $used == "$allowed" ]] ||
    fail "$crate uses:" ${used:-nothing of ours} "- the table says:" ${allowed:-nothing of ours}
done <<<"$rows"

cargo run --release --quiet --manifest-path tests/house/Cargo.toml -- --rooms .
echo "layering: as drawn"
