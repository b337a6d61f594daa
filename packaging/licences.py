#!/usr/bin/env python3
"""licences.py TARGET: prints the licences of everything that the programs are made of.

Texts come from the sources of the crates, as Cargo has them, and from the Rust toolchain. Equal texts are printed once. The
result depends on Cargo.lock and the toolchain only. A crate whose licence is not known here, or has no text, is an error."""
import json
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROGRAMS = ["convsweep", "convsweep-worker"]
# Licences that ask for nothing but their text, and that of Mozilla, which asks to say where the sources are.
# One of those that a crate offers must be here.
ACCEPTED = {
    "0BSD", "Apache-2.0", "Apache-2.0 WITH LLVM-exception", "BSD-2-Clause", "BSD-3-Clause", "BSL-1.0", "CC0-1.0",
    "CDLA-Permissive-2.0", "ISC", "MIT", "MIT-0", "MPL-2.0", "OFL-1.1", "OpenSSL", "Unicode-3.0", "Unlicense", "Zlib",
}
NAMES = re.compile(r"^(licen[cs]e|copying|notice|unlicense|copyright|ofl)", re.IGNORECASE)
# Folders of a crate that hold the sources of others, which are compiled into it.
BUNDLED = ["c_src", "third_party", "vendor"]
WIDTH = 100


def fail(message):
    sys.exit(f"error: {message}")


def cargo(*arguments):
    done = subprocess.run(["cargo", *arguments, "--locked"], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    return done.stdout


def crates(target):
    """The packages of others that the programs are made of, without what only builds or tests them."""
    tree = ["tree", "--target", target, "--edges", "normal,no-proc-macro", "--prefix", "none", "--format", "{p}"]
    for program in PROGRAMS:
        tree += ["--package", program]
    used = {tuple(line.split()[:2]) for line in cargo(*tree).splitlines() if line.strip()}
    packages = json.loads(cargo("metadata", "--format-version", "1", "--filter-platform", target))["packages"]
    others = [package for package in packages if package["source"] and (package["name"], f"v{package['version']}") in used]
    return sorted(others, key=lambda package: (package["name"], package["version"]))


def alternatives(expression):
    """An SPDX expression as sets of licences, each of which is enough. Some crates write a slash for OR."""
    tokens = re.findall(r"[()]|[^\s()]+", expression.replace("/", " OR "))

    def either():
        sets = both()
        while tokens and tokens[0] == "OR":
            tokens.pop(0)
            sets += both()
        return sets

    def both():
        sets = one()
        while tokens and tokens[0] == "AND":
            tokens.pop(0)
            more = one()
            sets = [a | b for a in sets for b in more]
        return sets

    def one():
        token = tokens.pop(0)
        if token == "(":
            sets = either()
            tokens.pop(0)
            return sets
        if tokens and tokens[0] == "WITH":
            tokens.pop(0)
            token += " WITH " + tokens.pop(0)
        return [{token}]

    return either()


def licence_files(folder):
    """Files of licences in a crate's folder, and of the sources of others in it."""
    files = [path for path in folder.iterdir() if NAMES.match(path.name)]
    for name in BUNDLED:
        if (folder / name).is_dir():
            files += [path for path in (folder / name).rglob("*") if NAMES.match(path.name)]
    for path in list(files):
        if path.is_dir():
            files += path.iterdir()
    texts = [path for path in files if path.is_file() and path.suffix not in {".rs", ".c", ".h", ".py", ".html"}]
    return sorted(texts)


def texts_of(package):
    folder = Path(package["manifest_path"]).parent
    texts = [path.read_text(encoding="utf-8", errors="replace") for path in licence_files(folder)]
    texts = [text for text in texts if len(text.split()) > 20]
    return texts or [standard_text(package)]


def standard_text(package):
    """The text for a crate that names its licence without a file."""
    offered = set().union(*alternatives(package["license"] or ""))
    authors = ", ".join(re.sub(r"\s*<.*?>", "", author) for author in package["authors"])
    holders = authors or f"The authors of {package['name']}"
    if "MIT" in offered:
        own = (ROOT / "LICENSE-MIT").read_text()
        return re.sub(r"Copyright \(c\) .*", f"Copyright (c) {holders}", own)
    if "Apache-2.0" in offered:
        return (ROOT / "LICENSE-APACHE").read_text()
    if "BSD-3-Clause" in offered or "BSD-2-Clause" in offered:
        return bsd(holders, is_three="BSD-3-Clause" in offered)
    fail(f"{package['name']} {package['version']} ({package['license']}) comes without the text of its licence: add it to {__file__}")


def bsd(holders, is_three):
    third = (
        "3. Neither the name of the copyright holder nor the names of its contributors may be used to endorse or promote products\n"
        "   derived from this software without specific prior written permission.\n\n"
    )
    return f"""Copyright (c) {holders}

Redistribution and use in source and binary forms, with or without modification, are permitted provided that the following
conditions are met:

1. Redistributions of source code must retain the above copyright notice, this list of conditions and the following disclaimer.

2. Redistributions in binary form must reproduce the above copyright notice, this list of conditions and the following
   disclaimer in the documentation and/or other materials provided with the distribution.

{third if is_three else ""}THIS SOFTWARE IS PROVIDED BY THE COPYRIGHT HOLDERS AND CONTRIBUTORS "AS IS" AND ANY EXPRESS OR IMPLIED WARRANTIES, INCLUDING, BUT
NOT LIMITED TO, THE IMPLIED WARRANTIES OF MERCHANTABILITY AND FITNESS FOR A PARTICULAR PURPOSE ARE DISCLAIMED. IN NO EVENT SHALL
THE COPYRIGHT HOLDER OR CONTRIBUTORS BE LIABLE FOR ANY DIRECT, INDIRECT, INCIDENTAL, SPECIAL, EXEMPLARY, OR CONSEQUENTIAL DAMAGES
(INCLUDING, BUT NOT LIMITED TO, PROCUREMENT OF SUBSTITUTE GOODS OR SERVICES; LOSS OF USE, DATA, OR PROFITS; OR BUSINESS
INTERRUPTION) HOWEVER CAUSED AND ON ANY THEORY OF LIABILITY, WHETHER IN CONTRACT, STRICT LIABILITY, OR TORT (INCLUDING NEGLIGENCE
OR OTHERWISE) ARISING IN ANY WAY OUT OF THE USE OF THIS SOFTWARE, EVEN IF ADVISED OF THE POSSIBILITY OF SUCH DAMAGE.
"""


def kept_in_the_sources():
    """What of others is kept in the sources of the programs, with its licence beside it."""
    names = {"fonts": "fonts of the report", "uplot": "uPlot (MIT): https://github.com/leeoniya/uPlot"}
    files = [path for path in sorted(ROOT.glob("crates/**/*")) if NAMES.match(path.name) and path.suffix in {"", ".txt", ".md"}]
    unnamed = [path for path in files if path.parent.name not in names]
    if unnamed:
        fail(f"{unnamed[0].relative_to(ROOT)} is the licence of something that has no name in {__file__}")
    return [(names[path.parent.name], path.read_text()) for path in files]


def standard_library():
    """What the Rust toolchain says of its standard library."""
    command = ["rustc", "--print", "sysroot"]
    sysroot = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
    folder = Path(sysroot) / "share/doc/rust/licenses"
    if not folder.is_dir():
        fail(f"the Rust toolchain has no {folder}, which holds the licences of its standard library")
    wanted = ["MIT.txt", "Apache-2.0.txt", "LLVM-exception.txt", "Unicode-3.0.txt", "BSD-2-Clause.txt"]
    name = "the Rust standard library"
    return [(name, path.read_text()) for path in map(folder.joinpath, wanted) if path.is_file()]


def checked(package):
    expression = package["license"]
    named = f"{package['name']} {package['version']}"
    if not expression:
        if not package["license_file"]:
            fail(f"{named} names no licence")
        expression = f"see {package['license_file']}"
    elif not any(licences <= ACCEPTED for licences in alternatives(expression)):
        fail(f"{named} has the licence {expression}, which is not among those that the programs may ship with")
    return f"{named} ({expression}): {package['repository'] or 'https://crates.io/crates/' + package['name']}"


def main():
    if len(sys.argv) != 2:
        sys.exit(f"usage: {sys.argv[0]} TARGET")
    owners = {}
    entries = kept_in_the_sources() + standard_library()
    for package in crates(sys.argv[1]):
        name = checked(package)
        entries += [(name, text) for text in texts_of(package)]
    for name, text in entries:
        text = "\n".join(line.rstrip() for line in text.strip().splitlines())
        names = owners.setdefault(" ".join(text.split()), (text, []))[1]
        if name not in names:
            names.append(name)
    print("The programs convsweep and convsweep-worker contain the software below, under these licences.")
    print("SQLite, which is in them too, is in the public domain.")
    for text, names in owners.values():
        print(f"\n{'=' * WIDTH}\n")
        print("\n".join(names))
        print(f"\n{'-' * WIDTH}\n")
        print(text)


main()
