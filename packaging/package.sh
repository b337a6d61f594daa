#!/usr/bin/env bash
# package.sh: builds the programs for every Linux of this processor whose C library is as old as glibc 2.28 (2018), and makes of
# them, in dist/: an archive with man pages, completions and licences; a wheel for pip; and their checksums.
#
# Zig's linker knows the old versions of glibc; it comes from PyPI into the target folder, as does the cargo command that calls it.
# The same sources and tools make the same files.
set -euo pipefail
root="$(cd "$(dirname "$0")/.." && pwd)"
target="${CARGO_TARGET_DIR:-$root/target}"
glibc=2.28
tools="$target/package-tools"
requirements="cargo-zigbuild==0.24.1 ziglang==0.17.1"

fail() { echo "error: $*" >&2; exit 1; }

host="$(rustc -vV | sed -n 's/^host: //p')"
case "$host" in
*-unknown-linux-gnu) ;;
*) fail "packages are made on Linux with glibc, not on $host" ;;
esac
for tool in python3 strip tar gzip sha256sum; do
    command -v "$tool" >/dev/null || fail "$tool is missing"
done
if [ "$(cat "$tools/complete" 2>/dev/null)" != "$requirements" ]; then
    echo "Zig goes into $tools: 100 MB to download, 450 MB of the disk." >&2
    rm -rf "$tools"
    python3 -m venv "$tools" || fail "python3 cannot make an environment (on Debian: apt install python3-venv)"
    # shellcheck disable=SC2086
    "$tools/bin/python" -m pip install --quiet $requirements || fail "$requirements cannot be installed from PyPI"
    echo "$requirements" >"$tools/complete"
fi

cd "$root"
version="$(cargo metadata --no-deps --locked --format-version 1 | python3 -c '
import json, sys
print(next(package["version"] for package in json.load(sys.stdin)["packages"] if package["name"] == "convsweep"))')"
name="convsweep-$version-$host"
echo "Building $name: as long as the first build of the programs, the first time." >&2
PATH="$tools/bin:$PATH" cargo zigbuild --release --locked --workspace --bins --target "$host.$glibc"

folder="$target/package/$name"
rm -rf "$folder"
mkdir -p "$folder/completions" "$folder/man"
for program in convsweep convsweep-worker; do
    strip --strip-all -o "$folder/$program" "$target/$host/release/$program"
    # What it asks of the C library must be there since the version that its name promises.
    newest="$(readelf --version-info --wide "$folder/$program" | grep -o 'GLIBC_[0-9.]*' | sed 's/GLIBC_//' | sort -uV | tail -n 1)"
    [ "$(printf '%s\n' "$newest" "$glibc" | sort -V | tail -n 1)" = "$glibc" ] || fail "$program needs glibc $newest"
done
cp README.md LICENSE-MIT LICENSE-APACHE "$folder/"
packaging/licences.py "$host" >"$folder/THIRD-PARTY-LICENSES.txt"
"$folder/convsweep" man "$folder/man"
"$folder/convsweep" completions bash >"$folder/completions/convsweep.bash"
"$folder/convsweep" completions zsh >"$folder/completions/_convsweep"
"$folder/convsweep" completions fish >"$folder/completions/convsweep.fish"

mkdir -p dist
rm -f dist/convsweep-* dist/SHA256SUMS
# No time, no user and no order of a folder comes into the archive.
tar --create --directory "$target/package" --sort=name --mtime='UTC 2020-01-01' --owner=0 --group=0 --numeric-owner "$name" |
    gzip --no-name --best >"dist/$name.tar.gz"
tag="py3-none-manylinux_${glibc/./_}_${host%%-*}"
packaging/wheel.py "$version" "$tag" "$folder" "dist/convsweep-$version-$tag.whl"
(cd dist && sha256sum convsweep-* >SHA256SUMS)
ls -l dist | awk 'NR > 1 { printf "%8.1f MB  dist/%s\n", $5 / 1e6, $9 }'
