#!/usr/bin/env python3
"""wheel.py VERSION TAG FOLDER WHEEL: makes a wheel that holds the two programs of FOLDER and their licences.

pip puts the programs into the environment's bin folder; there is no Python module. Equal programs make equal wheels."""
import base64
import hashlib
import sys
import zipfile
from pathlib import Path

PROGRAMS = ["convsweep", "convsweep-worker"]
LICENCES = ["LICENSE-APACHE", "LICENSE-MIT", "THIRD-PARTY-LICENSES.txt"]
# The earliest time that a zip file knows.
TIME = (1980, 1, 1, 0, 0, 0)
METADATA = """\
Metadata-Version: 2.4
Name: convsweep
Version: {version}
Summary: An experiment runner for image-classifying CNNs: two programs, which need no Python
License-Expression: MIT OR Apache-2.0
{files}Requires-Python: >=3.7
Description-Content-Type: text/markdown

{readme}"""
WHEEL = """\
Wheel-Version: 1.0
Generator: convsweep
Root-Is-Purelib: false
Tag: {tag}
"""


def record_row(name, content):
    digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
    return f"{name},sha256={digest},{len(content)}\n"


def add(wheel, name, content, mode):
    info = zipfile.ZipInfo(name, TIME)
    info.create_system = 3  # Unix, whose modes pip keeps.
    info.external_attr = (0o100000 | mode) << 16
    info.compress_type = zipfile.ZIP_DEFLATED
    wheel.writestr(info, content, compresslevel=9)


def main():
    if len(sys.argv) != 5:
        sys.exit(f"usage: {sys.argv[0]} VERSION TAG FOLDER WHEEL")
    version, tag, folder, path = sys.argv[1], sys.argv[2], Path(sys.argv[3]), sys.argv[4]
    about, data = f"convsweep-{version}.dist-info", f"convsweep-{version}.data"
    readme = (folder / "README.md").read_text(encoding="utf-8")
    licence_files = "".join(f"License-File: {name}\n" for name in LICENCES)
    metadata = METADATA.format(version=version, files=licence_files, readme=readme)
    contents = [(f"{data}/scripts/{name}", (folder / name).read_bytes(), 0o755) for name in PROGRAMS]
    contents += [
        (f"{about}/METADATA", metadata.encode(), 0o644),
        (f"{about}/WHEEL", WHEEL.format(tag=tag).encode(), 0o644),
    ]
    contents += [(f"{about}/licenses/{name}", (folder / name).read_bytes(), 0o644) for name in LICENCES]
    record = "".join(record_row(name, content) for name, content, _ in contents)
    record += f"{about}/RECORD,,\n"
    with zipfile.ZipFile(path, "w") as wheel:
        for name, content, mode in contents:
            add(wheel, name, content, mode)
        add(wheel, f"{about}/RECORD", record.encode(), 0o644)


main()
