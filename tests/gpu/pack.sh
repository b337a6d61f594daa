#!/usr/bin/env bash
# pack.sh FOLDER [--here]: puts what run.sh needs into FOLDER, stripped and compressed, so that it can be carried to a machine with a
# GPU that has neither a compiler nor a network: the programs, the installed workers (`just worker libtorch`, `just worker cuda`),
# their tests, and the scripts. There, FOLDER/run.sh needs Python, with the PyTorch for which the worker was built. --here does not
# compress, for a run on this machine.
set -euo pipefail
root="$(cd "$(dirname "$0")/../.." && pwd)"
target="${CARGO_TARGET_DIR:-$root/target}"
folder="${1:?usage: pack.sh FOLDER [--here]}"
limit_mib=60

if [ -d "$folder" ] && [ -n "$(ls -A "$folder")" ] && [ ! -e "$folder/packed.json" ]; then
    echo "error: $folder has other files in it: name a new folder" >&2
    exit 2
fi
rm -rf "$folder"
mkdir -p "$folder/bin" "$folder/tests"
cp "$root"/tests/gpu/run.sh "$root"/tests/gpu/*.py "$folder/"
for program in convsweep convsweep-worker; do
    strip -o "$folder/bin/$program" "$target/release/$program"
done

# Adds the worker of a backend, called `$2` in names of devices, and its tests; says why not otherwise.
left_out="{"
add_worker() {
    local backend=$1 worker=$2 program=convsweep-worker-$1 path name why
    if [ ! -e "$target/release/$program" ]; then
        why="$program is not installed: \`just worker $backend\`"
        # CubeCL's kernels are compiled by LLVM, which is linked.
        [ "$backend" != cuda ] || why+=", which downloads LLVM"
    elif ! "$root/crates/worker/install.sh" test-programs "$backend" >"$folder/paths"; then
        why="the tests of $program could not be built"
    else
        strip -o "$folder/bin/$program" "$target/release/$program"
        mkdir "$folder/tests/$worker"
        while read -r path; do
            name="$(basename "$path")"
            strip -o "$folder/tests/$worker/${name%-*}" "$path"
        done <"$folder/paths"
        rm "$folder/paths"
        return
    fi
    rm -f "$folder/paths"
    echo "left out: $why" >&2
    [ "$left_out" = "{" ] || left_out+=", "
    left_out+="\"$program\": \"$why\""
}
add_worker libtorch libtorch
add_worker cuda cubecl

# The newest version of a library's symbols that a program needs, such as GLIBC_2.34.
newest() { find "$folder/bin" "$folder/tests" -type f -exec objdump -T {} + | grep -oE "\\b$1_[0-9.]+" | sort -uV | tail -n 1; }
torch=null
if [ -e "$folder/bin/convsweep-worker-libtorch" ]; then
    torch="\"$("$("$root/crates/worker/install.sh" torch-python)" -c 'import torch; print(torch.__version__)')\""
fi
revision="$(git -C "$root" rev-parse --short=12 HEAD 2>/dev/null || echo unknown)"
cat >"$folder/packed.json" <<END
{"revision": "$revision", "torch": $torch, "needs": ["$(newest GLIBC)", "$(newest GLIBCXX)"], "left_out": $left_out}}
END
[ "${2:-}" != --here ] || exit 0
tar -C "$folder" -cJf "$folder/programs.tar.xz" bin tests
rm -r "$folder/bin" "$folder/tests"
bytes="$(du -sb "$folder" | cut -f1)"
echo "$folder: $((bytes / 1048576)) MiB" >&2
if [ "$bytes" -gt $((limit_mib * 1048576)) ]; then
    echo "warning: that is more than $limit_mib MiB; leave a worker out by moving it away" >&2
fi
