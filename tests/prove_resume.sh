#!/usr/bin/env bash
# Trains one job twice: undisturbed, and with its worker killed (SIGKILL) at KILLS random moments (10 by default). Prints where each
# attempt continued, and the hashes of what both have left: weights, predictions, and all metrics of all epochs but times.
set -euo pipefail
root="$(cd "$(dirname "$0")/.." && pwd)"
program="${CARGO_TARGET_DIR:-$root/target}/release/convsweep"
kills=${1:-10}
[[ $kills =~ ^[1-9][0-9]?$ ]] || { echo "usage: just prove-resume [KILLS], a number from 1 to 99" >&2; exit 2; }
folder="$(mktemp -d)"
run=
finish() { [ -z "$run" ] || kill -KILL "$run" 2>/dev/null || true; rm -rf "$folder"; }
trap finish EXIT
export CONVSWEEP_DATA="$folder/data"
unset CONVSWEEP_RESULTS

cat >"$folder/proof.toml" <<END
[experiment]
name = "proof"
[data]
source = { name = "shapes", train = 4000, test = 500, rotation = 30 }
[augment]
steps = [ { rotate = 15 }, { flip = "horizontal" }, { mixup = 0.4, p = 0.5 } ]
[model]
layers = [
  { conv = 16, kernel = 3, norm = "batch", activation = "relu" },
  { pool = "max", size = 2 },
  { conv = 32, kernel = 3, norm = "batch", activation = "relu" },
  { pool = "max", size = 2 },
  { flatten = true },
  { dropout = 0.3 },
  { dense = "classes" },
]
[train]
epochs = $((4 + 2 * kills))
batch_size = 32
ema = 0.99
optimizer = { name = "adam", lr = 1e-3 }
[run]
slots = { cpu = 1 }
checkpoint_every = "0.1 s"
retry = { crashed = 0 }
END

query() { "$program" --results "$folder/$1" query --csv "$2"; }
hashes() {
    local job
    job=$(echo "$folder/$1"/jobs/*)
    for file in model.safetensors predictions.safetensors; do
        printf '  %-12s %s\n' "${file%.safetensors}" "$(sha256sum <"$job/$file" | cut -c1-32)"
    done
    printf '  %-12s %s\n' metrics "$(query "$1" "select epoch, name, value from metrics
        where name not in ('epoch_seconds', 'images_per_second') order by epoch, name" | sha256sum | cut -c1-32)"
}

echo "undisturbed"
begin=${EPOCHREALTIME/[.,]/}
"$program" --results "$folder/undisturbed" run --quiet "$folder/proof.toml" >/dev/null
# An attempt trains at most this many milliseconds: together, hardly ever as long as the job.
longest=$(((${EPOCHREALTIME/[.,]/} - begin) * 14 / (kills + 3) / 10000))
hashes undisturbed | tee "$folder/undisturbed.txt"

echo "killed $kills times"
train_on=("$program" --results "$folder/killed" run --quiet "$folder/proof.toml")
attempts() { cat "$folder"/killed/jobs/*/events.jsonl 2>/dev/null | grep -c '"event":"started"' || true; }
for ((kill = 1; kill <= kills; kill++)); do
    "${train_on[@]}" >/dev/null 2>"$folder/messages" &
    run=$!
    while [ "$(attempts)" -lt "$kill" ]; do
        kill -0 "$run" 2>/dev/null || { cat "$folder/messages" >&2; echo "the run ended before kill $kill" >&2; exit 1; }
        sleep 0.02
    done
    delay=$((RANDOM % longest + 30))
    sleep "$((delay / 1000)).$(printf '%03d' $((delay % 1000)))"
    pkill -KILL -P "$run" convsweep-work || { echo "the job was done before kill $kill" >&2; exit 1; }
    wait "$run" || true
    run=
done
"${train_on[@]}" >/dev/null 2>"$folder/messages" || { cat "$folder/messages" >&2; exit 1; }
query killed "select start_epoch, start_step from attempts where attempt > 1 order by attempt" | tail -n +2 |
    awk -F, '{ printf "%sepoch %d, step %d", NR == 1 ? "  went on from " : "; ", $1 + 1, $2 } END { print "" }'
hashes killed | tee "$folder/killed.txt"

if cmp -s "$folder/undisturbed.txt" "$folder/killed.txt"; then
    echo "equal to the bit"
else
    echo "they differ" >&2
    exit 1
fi
