#!/usr/bin/env bash
# Checks who may know whom (ARCHITECTURE.md): the light program never reaches Burn, and each crate uses only its own.
set -euo pipefail
cd "$(dirname "$0")/.."
fail() { echo "layering: $*" >&2; exit 1; }

tree() { cargo tree --locked --edges normal --prefix none --format '{p}' "$@"; }
light=$(tree --package convsweep)
[[ $light == *convsweep-plan* ]] || fail "cargo tree shows nothing"
! grep '^burn' <<<"$light" || fail "convsweep reaches Burn; only convsweep-worker may"
! grep -E '^burn-(flex|tch|cuda|cubecl) ' <<<"$(tree --package convsweep-train)" || fail "convsweep-train chooses a backend; only convsweep-worker may"

allowed() { # allowed CRATE NAMES...: our crates that CRATE may name among its dependencies
  local crate=$1 found
  shift
  found=$(tree --package "$crate" --depth 1 | tail -n +2 | grep -oE '^convsweep-[a-z]+' | sort -u || true)
  for dependency in $found; do
    [[ " $* " == *" ${dependency#convsweep-} "* ]] || fail "$crate uses $dependency; it may use: ${*:-nothing of ours}"
  done
}
allowed convsweep-spec
allowed convsweep-plan spec
allowed convsweep-files
allowed convsweep-data spec kernels files
allowed convsweep-store spec files
allowed convsweep-runner spec files
allowed convsweep-report spec store files
allowed convsweep spec plan data store runner report
allowed convsweep-kernels
allowed convsweep-nn spec kernels
allowed convsweep-train spec data nn files
allowed convsweep-worker spec data train nn

unsafe_outside=$(git grep -lE '\bunsafe\b *(\{|fn|impl)' -- 'crates/*.rs' ':!crates/kernels' ':!crates/data/src/mapped.rs' || true)
[[ -z $unsafe_outside ]] || fail "unsafe code outside kernels and data/src/mapped.rs: $unsafe_outside"
echo "layering: as drawn"
