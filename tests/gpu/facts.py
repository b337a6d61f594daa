"""What this machine and the programs are."""

import json
import os
import platform
import subprocess

from place import Skipped, last_lines


def check(place):
    place.attempt("facts", lambda: machine(place))
    place.attempt("devices", lambda: devices(place))


def machine(place):
    found = {
        "pretends": place.pretends,
        "cores": os.cpu_count(),
        "glibc": platform.libc_ver()[1],
        "python": platform.python_version(),
        "torch": place.torch,
        "packed": place.packed,
        "visible_devices": os.environ.get("CUDA_VISIBLE_DEVICES"),
    }
    if place.gpu is not None:
        found.update(place.gpu.facts())
    elif not place.pretends:
        found["problem"] = "NVIDIA's library lists no GPU"
    ours, theirs = place.packed.get("torch"), place.torch.get("version")
    if ours and theirs and ours.split("+")[0] != theirs.split("+")[0]:
        found["problem"] = f"the worker was built for PyTorch {ours}, here is {theirs}"
    for needed in place.packed.get("needs", []):
        library, _, version = needed.partition("_")
        if library == "GLIBC" and numbers(version) > numbers(found["glibc"]):
            found["problem"] = f"the programs need glibc {version}, here is {found['glibc']}"
    return found


def numbers(version):
    return [int(part) for part in version.split(".")]


def devices(place):
    """What `convsweep devices` says: each worker is started once."""
    done = subprocess.run(
        [place.program("convsweep"), "devices", "--json"],
        env=place.environment(),
        capture_output=True,
        text=True,
        timeout=place.limit(120),
    )
    if done.returncode != 0:
        raise RuntimeError(f"exit code {done.returncode}: {last_lines(done.stderr)}")
    rows = json.loads(done.stdout)["devices"]
    problems = {row["name"]: row["problem"] for row in rows if row["problem"]}
    wanted = place.pretends or "cuda"
    usable = [row["name"] for row in rows if row["name"].startswith(wanted) and not row["problem"]]
    found = {"usable": usable, "devices": rows}
    if not usable:
        found["problem"] = "; ".join(f"{name}: {problem}" for name, problem in problems.items()) or f"no {wanted} is listed"
    return found
