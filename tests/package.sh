#!/usr/bin/env bash
# package.sh [SUITE]: checks what `just package` left in dist/: checksums, the hashes in the wheel, and the names that
# `cargo binstall` looks for. Then the archive, and the wheel in a new environment, run the quickstart on a bare Debian (bookworm,
# or SUITE) without Rust and without a network, and the seconds from unpacking are printed. Needs root and debootstrap.
set -euo pipefail
root="$(cd "$(dirname "$0")/.." && pwd)"
target="${CARGO_TARGET_DIR:-$root/target}"
suite="${1:-bookworm}"
debian="$target/debian-$suite"

fail() { echo "error: $*" >&2; exit 1; }

cd "$root/dist" 2>/dev/null || fail "there is no dist/: \`just package\` makes it"
sha256sum --check --quiet SHA256SUMS
archive="$(echo convsweep-*.tar.gz)" wheel="$(echo convsweep-*.whl)"
python3 "$root/tests/package.py" "$root" "$archive" "$wheel"

[ "$(id -u)" = 0 ] || fail "only root can make a Debian to try the programs in"
if [ ! -e "$debian/complete" ]; then
    command -v debootstrap >/dev/null || fail "debootstrap is missing (on Debian: apt install debootstrap)"
    echo "Making a bare Debian ($suite) in $debian" >&2
    rm -rf "$debian"
    debootstrap --variant=minbase --include=python3-venv "$suite" "$debian" >"$debian.log" 2>&1 || fail "debootstrap has failed: see $debian.log"
    touch "$debian/complete"
fi
for tool in rustc cargo cc; do
    [ ! -e "$debian/usr/bin/$tool" ] || fail "$debian has $tool"
done
place="$(mktemp -d "$debian/root/package-XXXXXX")"
trap 'rm -rf "$place"' EXIT
cp "$archive" "$wheel" "$place/"

# How each of them is installed; the programs are then on the path.
cat >"$place/archive.sh" <<EOF
tar -xzf $archive
PATH="\$PWD/${archive%.tar.gz}:\$PATH"
EOF
cat >"$place/wheel.sh" <<EOF
python3 -m venv environment
environment/bin/pip install --quiet --no-index ./$wheel
. environment/bin/activate
EOF
# install.sh, then the quickstart: the answer, and the seconds until an epoch is recorded and until the report is there.
cat >"$place/try.sh" <<'EOF'
set -euo pipefail
cd "$1"
start="$(date +%s.%N)"
. "./$2.sh"
mkdir "try-$2"
cd "try-$2"
first_epoch() {
    until grep -qs '"event":"metrics"' results/jobs/*/events.jsonl; do sleep 0.02; done
    date +%s.%N >first-epoch
}
convsweep example quickstart >quickstart.toml
first_epoch &
convsweep run quickstart.toml >answer.txt 2>log.txt || { cat log.txt; exit 1; }
end="$(date +%s.%N)"
wait
[ -s results/quickstart/report.html ]
[ "$(convsweep query --csv "select count(*) from attempts where outcome = 'finished'" | tail -n 1)" = 27 ]
cat answer.txt
awk -v how="$2" -v start="$start" -v first="$(cat first-epoch)" -v end="$end" 'BEGIN {
    printf "%s, from unpacking: %.1f s to the first epoch, %.1f s to the report\n", how, first - start, end - start }'
EOF

# Runs a script there, with nothing of this machine's environment, and no network.
for how in archive wheel; do
    env --ignore-environment PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root unshare --mount --net --pid --fork bash -euc '
        mount -t proc proc "$1/proc"
        mount --rbind /dev "$1/dev"
        exec chroot "$1" bash "$2/try.sh" "$2" "$3"' - "$debian" "/root/$(basename "$place")" "$how"
done
