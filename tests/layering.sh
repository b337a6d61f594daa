#!/usr/bin/env bash
# Checks who may know whom (ARCHITECTURE.md): the light program never reaches Burn, and each crate uses only its own.
set -euo pipefail
cd "$(dirname "$0")/.."
fail() { echo "layering: $*" >&2; exit 1; }

if cargo tree --package convsweep --edges normal --prefix none | grep -q '^burn'; then
  fail "convsweep reaches Burn; only convsweep-worker may"
fi
if cargo tree --package convsweep-train --edges normal --prefix none --no-default-features | grep -qE '^burn-(flex|tch|cuda|cubecl) '; then
  fail "convsweep-train chooses a backend; only convsweep-worker may"
fi

allowed() { # allowed CRATE NAMES...: our crates that CRATE may name among its dependencies
  local crate=$1 found
  shift
  found=$(cargo tree --package "$crate" --edges normal --depth 1 --prefix none --format '{p}' | tail -n +2 | grep -oE '^convsweep-[a-z]+' | sort -u)
  for dependency in $found; do
    [[ " $* " == *" ${dependency#convsweep-} "* ]] || fail "$crate uses $dependency; it may use: ${*:-nothing of ours}"
  done
}
allowed convsweep-spec
allowed convsweep-plan spec
allowed convsweep-data spec kernels
allowed convsweep-store spec
allowed convsweep-runner spec
allowed convsweep-report spec store
allowed convsweep spec plan data store runner report
allowed convsweep-kernels
allowed convsweep-nn spec kernels
allowed convsweep-train spec data nn
allowed convsweep-worker spec data train nn

unsafe_outside=$(git grep -lE '\bunsafe\b *(\{|fn|impl)' -- 'crates/*.rs' ':!crates/kernels' ':!crates/data/src/mapped.rs' || true)
[[ -z $unsafe_outside ]] || fail "unsafe code outside kernels and data/src/mapped.rs: $unsafe_outside"
echo "layering: as drawn"
