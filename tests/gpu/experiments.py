"""The experiment files of the checks, which run on drawn images, and running them."""

import csv
import dataclasses
import io
import json
import pathlib
import subprocess
import time

from place import last_lines

TUTORIAL_STEPS = '[{ rotate = 15 }, { scale = [0.9, 1.1] }, { flip = "horizontal" }]'
CROP_STEPS = '[{ crop = true, pad = 4 }, { flip = "horizontal" }]'
# With 1024 filters, the outputs of a convolution take 4 MiB for each image.
WIDE_MODEL = """parameters = { width = 8 }
layers = [
  { conv = "$width", kernel = 3, padding = "same", activation = "relu" },
  { conv = "$width", kernel = 3, padding = "same", activation = "relu" },
  { conv = "$width", kernel = 3, padding = "same", activation = "relu" },
  { pool = "global-average" },
  { dense = "classes" },
]"""


@dataclasses.dataclass
class Network:
    """What is trained, by us and by PyTorch."""

    name: str
    batch: int
    # Steps of an epoch, and epochs.
    steps: int
    epochs: int
    precision: str = "f32"

    @property
    def images(self):
        return self.batch * self.steps

    def facts(self):
        return {"network": self.name, "batch": self.batch, "precision": self.precision}

    def toml(self, seeds=1, more_run=""):
        is_tutorial = self.name == "tutorial"
        precision = "" if self.precision == "f32" else f'precision = "{self.precision}"'
        # A fifth of the images is for validation.
        return f"""
[experiment]
name = "{self.name}-{self.batch}-{self.precision}"
seeds = {seeds}
[data]
source = {{ name = "shapes", train = {self.images * 5 // 4}, test = 100 }}
split = {{ validation = 0.2, seed = 1 }}
[augment]
normalize = "unit"
steps = {TUTORIAL_STEPS if is_tutorial else CROP_STEPS}
[model]
{WIDE_MODEL if self.name == "wide" else f'preset = "{self.name}"'}
[train]
epochs = {self.epochs}
batch_size = {self.batch}
optimizer = {{ name = "adam", lr = 1e-3 }}
{precision}
[run]
{more_run}
"""


class Run:
    """A run of an experiment in a results folder of its own."""

    def __init__(self, place, name, toml, device, slots=None, **variables):
        self.place = place
        self.folder = place.folder / name
        self.folder.mkdir(exist_ok=True)
        self.file = self.folder / "experiment.toml"
        self.file.write_text(toml)
        self.command = [place.program("convsweep"), "--results", str(self.folder / "results"), "run", str(self.file)]
        self.command += ["--devices", device, "--ignore-memory"]
        if slots:
            self.command += ["--slots", slots]
        self.variables = variables
        self.process = None

    def start(self, **variables):
        self.log = open(self.folder / "run.log", "w+")
        environment = self.place.environment(**self.variables, **variables)
        self.process = subprocess.Popen(self.command, env=environment, cwd=self.folder, stdout=self.log, stderr=self.log)

    def ends(self, seconds, codes=(0,)):
        """Waits until the run ends; past the time it is interrupted, which is an error."""
        try:
            code = self.process.wait(timeout=self.place.limit(seconds))
        finally:
            if self.process.poll() is None:
                self.stop()
        if code not in codes:
            raise RuntimeError(f"convsweep run: exit code {code}: {self.said()}")
        return code

    def runs(self, seconds, codes=(0,), **variables):
        self.start(**variables)
        return self.ends(seconds, codes)

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def text(self):
        self.log.flush()
        return pathlib.Path(self.log.name).read_text(errors="replace")

    def said(self):
        return last_lines(self.text())

    def logs(self):
        """The events of each job."""
        jobs = []
        for path in sorted(self.folder.glob("results/jobs/*/events.jsonl")):
            rows = []
            for line in path.read_text().splitlines():
                try:
                    rows.append(json.loads(line))
                except json.JSONDecodeError:
                    # The worker is writing this line.
                    break
            jobs.append(rows)
        return jobs

    def wait_for(self, is_there, seconds):
        """Waits until `is_there(events of a job)` for a job, and returns its events."""
        end = time.monotonic() + self.place.limit(seconds)
        while time.monotonic() < end:
            for rows in self.logs():
                if is_there(rows):
                    return rows
            if self.process.poll() is not None:
                raise RuntimeError(f"the run ended too early, with exit code {self.process.returncode}: {self.said()}")
            time.sleep(0.02)
        raise RuntimeError(f"not seen within {seconds:.0f} s: {self.said()}")


def of_kind(rows, kind):
    return [row for row in rows if row["event"]["event"] == kind]


def worker_pid(rows):
    started = of_kind(rows, "started")
    return started[-1]["event"]["pid"] if started else None


def outcome(rows):
    """How the last attempt of a job ended, as its log has it."""
    ended = of_kind(rows, "ended")
    return ended[-1]["event"]["outcome"] if ended else None


def attempts(run):
    """Job, number and outcome of every attempt, as the database has them."""
    query = "select job, attempt, outcome from attempts order by job, attempt"
    command = [run.place.program("convsweep"), "--results", str(run.folder / "results"), "query", "--csv", query]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    return list(csv.DictReader(io.StringIO(done.stdout)))
