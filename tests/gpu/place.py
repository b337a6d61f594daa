"""Where the checks run: programs, devices, time, and the lines that they print."""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import traceback

import nvml

# Workers by their names in names of devices, with their programs.
PROGRAMS = {"libtorch": "convsweep-worker-libtorch", "cubecl": "convsweep-worker-cuda", "cpu": "convsweep-worker"}


class Skipped(Exception):
    """What was to be checked is not there; the message says what."""


class Place:
    def __init__(self, pretends, seconds):
        # The device that is taken for a GPU, if any.
        self.pretends = pretends
        self.workers = ["cpu"] if pretends == "cpu" else ["libtorch", "cubecl"]
        self.start = time.monotonic()
        self.seconds = seconds
        self.programs = pathlib.Path(os.environ["GPU_PROGRAMS"]).resolve()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="convsweep-gpu-"))
        self.lines = []
        self.torch = torch_facts()
        self.packed = packed_facts(self.programs)
        self.gpu = None if pretends else nvml.first_gpu()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        shutil.rmtree(self.folder, ignore_errors=True)

    def program(self, name):
        path = self.programs / "bin" / name
        if not path.exists():
            raise Skipped(self.packed.get("left_out", {}).get(name) or f"{name} is not in {path.parent}")
        return str(path)

    def device(self, worker):
        """The device that a worker computes on."""
        self.program(PROGRAMS[worker])
        if worker == "libtorch" and "error" in self.torch:
            raise Skipped(f"this Python has no PyTorch ({self.torch['error']})")
        if self.pretends:
            if worker == "cubecl":
                raise Skipped("it needs a GPU, and --pretend computes on the CPU")
            return self.pretends
        if self.gpu is None:
            raise Skipped("there is no GPU here, or no driver; --pretend tries the script without")
        return f"cuda:0@{worker}"

    def environment(self, **more):
        """The variables of the environment that programs are started with."""
        # CUDA then numbers its devices as NVIDIA's library does.
        found = dict(os.environ, CONVSWEEP_DATA=str(self.folder / "data"), CUDA_DEVICE_ORDER="PCI_BUS_ID", **more)
        if "libraries" in self.torch:
            folders = [self.torch["libraries"], os.environ.get("LD_LIBRARY_PATH")]
            found["LD_LIBRARY_PATH"] = ":".join(folder for folder in folders if folder)
        if self.pretends:
            # The CPU is treated as a GPU is, whose loop of training differs.
            found["CONVSWEEP_PRETEND_GPU"] = "1"
        return found

    def left(self):
        """Seconds that are left of the time of all checks."""
        return self.seconds - (time.monotonic() - self.start)

    def limit(self, seconds):
        """Seconds that a program may take."""
        left = self.left()
        if left < 5:
            raise Skipped(f"the {self.seconds / 60:.0f} minutes are over")
        return min(seconds, left)

    def line(self, check, outcome, **facts):
        line = {"check": check, "outcome": outcome, **facts}
        self.lines.append(line)
        print(json.dumps(line), flush=True)

    def run_check(self, name, check):
        """Runs `check(self)`, which prints lines of its own; what it raises is a line, too."""
        self.attempt(name, lambda: check(self))

    def attempt(self, name, work, **facts):
        """Does a part of a check. What `work` returns, if anything, is printed as a line."""
        begin = time.monotonic()
        try:
            found = work()
        except Skipped as reason:
            self.line(name, "skipped", why=str(reason), **facts)
            return
        except subprocess.TimeoutExpired as error:
            self.line(name, "failed", why=f"it took more than {error.timeout:.0f} s", **facts)
            return
        except Exception as error:
            where = traceback.extract_tb(error.__traceback__)[-1]
            why = str(error) or type(error).__name__
            self.line(name, "failed", why=why, where=f"{pathlib.Path(where.filename).name}:{where.lineno}", **facts)
            return
        if found is not None:
            problem = found.pop("problem", None)
            outcome, why = ("failed", {"why": problem}) if problem else ("ok", {})
            self.line(name, outcome, **why, **facts, **found, seconds=round(time.monotonic() - begin, 1))

    def summary(self):
        """Prints the table; the exit code is 1 if a check failed."""
        print(f"\n{'check':<20}{'outcome':<9}what", file=sys.stderr)
        for line in self.lines:
            what = " ".join(str(line[key]) for key in ("network", "batch", "precision", "program", "worker", "variant") if key in line)
            shown = {k: v for k, v in line.items() if k in ("images_per_s", "passed", "difference", "gpu", "why")}
            told = ", ".join(f"{key}: {value}" for key, value in shown.items()).replace("\n", " ")
            print(f"{line['check']:<20}{line['outcome']:<9}{what}{'  ' if what else ''}{told[:160]}", file=sys.stderr)
        counts = [sum(line["outcome"] == outcome for line in self.lines) for outcome in ("ok", "failed", "skipped")]
        print("{} ok, {} failed, {} skipped in {:.0f} s".format(*counts, time.monotonic() - self.start), file=sys.stderr)
        return 1 if counts[1] else 0


def torch_facts():
    """The version of this Python's PyTorch and the folder of its libraries, or why there is none."""
    code = (
        "import json, pathlib, torch; print(json.dumps({'version': torch.__version__, 'cuda': torch.version.cuda, "
        "'sees_gpu': torch.cuda.is_available(), 'cudnn': torch.backends.cudnn.version() if torch.cuda.is_available() "
        "else None, 'libraries': str(pathlib.Path(torch.__file__).parent / 'lib')}))"
    )
    try:
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    except subprocess.TimeoutExpired:
        return {"error": "importing torch took more than two minutes"}
    if done.returncode != 0:
        return {"error": (done.stderr.strip().splitlines() or ["no message"])[-1]}
    return json.loads(done.stdout)


def packed_facts(programs):
    path = programs / "packed.json"
    return json.loads(path.read_text()) if path.exists() else {}


def last_lines(text, count=12):
    return "\n".join(text.strip().splitlines()[-count:])
