#!/usr/bin/env python3
"""package.py ROOT ARCHIVE WHEEL: checks the contents of the packages in the current folder (see package.sh)."""
import base64
import csv
import hashlib
import re
import stat
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

PROGRAMS = {"cli": "convsweep", "worker": "convsweep-worker"}


def fail(message):
    sys.exit(f"error: {message}")


def check(is_right, message):
    if not is_right:
        fail(message)


def check_archive(path, name):
    with tarfile.open(path) as archive:
        members = {member.name: member for member in archive}
        for member in members.values():
            check(member.name == name or member.name.startswith(f"{name}/"), f"{path} has {member.name} outside of {name}")
        for program in PROGRAMS.values():
            check(members[f"{name}/{program}"].mode & 0o111 == 0o111, f"{program} is not executable in {path}")
        for file in ["README.md", "LICENSE-MIT", "LICENSE-APACHE", "THIRD-PARTY-LICENSES.txt"]:
            check(members[f"{name}/{file}"].size > 500, f"{file} is empty in {path}")
        for file in ["convsweep.bash", "_convsweep", "convsweep.fish"]:
            check(members[f"{name}/completions/{file}"].size > 500, f"{file} is empty in {path}")
        # Each command in the help has its page.
        for page in ["convsweep", "convsweep-run", "convsweep-data-fetch", "convsweep-example"]:
            check(members[f"{name}/man/{page}.1"].size > 500, f"{page}.1 is empty in {path}")
        licences = archive.extractfile(f"{name}/THIRD-PARTY-LICENSES.txt").read().decode()
        for part in ["burn-flex", "rusqlite", "clap", "mimalloc", "the Rust standard library", "fonts of the report", "uPlot"]:
            check(re.search(rf"^{part}\b", licences, re.MULTILINE), f"the licence of {part} is missing in {path}")


def check_wheel(path, version):
    with zipfile.ZipFile(path) as wheel:
        check(wheel.testzip() is None, f"{path} is damaged")
        about = f"convsweep-{version}.dist-info"
        rows = list(csv.reader(wheel.read(f"{about}/RECORD").decode().splitlines()))
        recorded = {name: (digest, size) for name, digest, size in rows}
        check(set(recorded) == set(wheel.namelist()), f"the RECORD of {path} does not list what is in it")
        for name in wheel.namelist():
            if name == f"{about}/RECORD":
                continue
            content = wheel.read(name)
            digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
            check(recorded[name] == (f"sha256={digest}", str(len(content))), f"the RECORD of {path} is wrong about {name}")
        for program in PROGRAMS.values():
            mode = wheel.getinfo(f"convsweep-{version}.data/scripts/{program}").external_attr >> 16
            check(stat.S_ISREG(mode) and mode & 0o111 == 0o111, f"{program} is not executable in {path}")
        tags = re.findall(r"^Tag: (.*)$", wheel.read(f"{about}/WHEEL").decode(), re.MULTILINE)
        check([f"convsweep-{version}-{tag}.whl" for tag in tags] == [path], f"{path} has the tags {tags}")


def rendered(template, values):
    return re.sub(r"\{\s*([a-z-]+)\s*\}", lambda found: values[found[1]], template)


def check_binstall(root, archive, name, version, target):
    """`cargo binstall` looks for this archive, and for the programs where they are in it."""
    with tarfile.open(archive) as opened:
        members = set(opened.getnames())
    for crate, program in PROGRAMS.items():
        manifest = tomllib.loads((root / f"crates/{crate}/Cargo.toml").read_text())
        package = manifest["package"]
        check(package["name"] == program, f"crates/{crate} is not {program}")
        metadata = package["metadata"]["binstall"]
        check(metadata["pkg-fmt"] == "tgz", f"crates/{crate} does not name the format of {archive}")
        values = {
            "name": program, "bin": program, "version": version, "target": target, "repo": "REPOSITORY", "binary-ext": "",
            "archive-suffix": ".tar.gz",
        }
        url = rendered(metadata["pkg-url"], values)
        check(url == f"REPOSITORY/releases/download/v{version}/{archive}", f"cargo binstall {program} would look for {url}")
        path = rendered(metadata["bin-dir"], values)
        check(path in members, f"cargo binstall {program} would look for {path} in {archive}")


def main():
    root, archive, wheel = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
    name = archive.removesuffix(".tar.gz")
    _, version, target = name.split("-", 2)
    check_archive(archive, name)
    check_wheel(wheel, version)
    check_binstall(root, archive, name, version, target)
    print(f"{archive} and {wheel} hold what they should")


main()
