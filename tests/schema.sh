#!/usr/bin/env bash
# Holds the JSON Schema against Python's jsonschema: it is a schema, it accepts what is shipped, and it says of every wrong
# file of the tests what our own small validator says. Needs python3 (3.11) with jsonschema, and fails where they are missing.
set -euo pipefail
root="$(cd "$(dirname "$0")/.." && pwd)"
bin="${CARGO_TARGET_DIR:-$root/target}/release"
files="$(mktemp -d)"
trap 'rm -r "$files"' EXIT
"$bin/convsweep" schema >"$files/schema"
"$bin/convsweep" new >"$files/starter.toml"
(cd "$root" && CONVSWEEP_SCHEMA_FILES="$files" cargo test --release --quiet --package convsweep-plan --test wrong wrong_files)
python3 - "$files" "$root"/experiments/*.toml "$files/starter.toml" <<'END'
import json, pathlib, sys, tomllib
from jsonschema import Draft202012Validator

folder, shipped = pathlib.Path(sys.argv[1]), sys.argv[2:]
schema = json.loads((folder / "schema").read_text())
Draft202012Validator.check_schema(schema)
validator = Draft202012Validator(schema)
for path in shipped:
    error = next(validator.iter_errors(tomllib.loads(pathlib.Path(path).read_text())), None)
    assert error is None, f"{path}: {error.json_path}: {error.message}"
wrong = sorted(folder.glob("*.*.json"))
for path in wrong:
    name, verdict, _ = path.name.split(".")
    found = "passes" if validator.is_valid(json.loads(path.read_text())) else "refused"
    assert found == verdict, f"{name}: {found} here, {verdict} there"
refused = sum(".refused." in path.name for path in wrong)
assert len(wrong) >= 50 and refused >= 20, (len(wrong), refused)
print(f"{len(shipped)} files are accepted, {refused} of {len(wrong)} wrong ones refused")
END
