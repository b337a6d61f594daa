"""Training speed of our workers beside PyTorch's, by the loop that users get."""

import json
import os
import pathlib
import statistics
import subprocess
import sys

import nvml
from experiments import Network, Run, of_kind, worker_pid
from place import Skipped, last_lines

# How PyTorch is measured, for each precision.
VARIANTS = {"f32": ["f32", "f32-compiled"], "tf32": ["tf32"], "bf16": ["amp", "amp-compiled"]}


def networks(pretends):
    """Epochs of 50 steps, or of as many images, so that the ends of epochs are steps 50 and 200."""
    if pretends:
        return [
            Network("tutorial", 64, 8, 3),
            Network("resnet18", 8, 2, 2),
            Network("resnet18", 8, 2, 2, "bf16"),
        ]
    return [
        Network("tutorial", 512, 50, 5),
        Network("resnet18", 512, 50, 4, "bf16"),
        Network("resnet18", 512, 50, 4),
        Network("tutorial", 64, 400, 4),
        Network("resnet18", 512, 50, 4, "tf32"),
    ]


def check(place):
    for network in networks(place.pretends):
        for worker in place.workers:
            facts = dict(network.facts(), worker=worker)
            place.attempt("speed", lambda: ours(place, network, worker), **facts)
        for variant in VARIANTS[network.precision]:
            if place.pretends and variant.endswith("compiled") and network.name != "tutorial":
                # It takes a minute of one core.
                continue
            facts = dict(network.facts(), worker="PyTorch", variant=variant)
            place.attempt("speed", lambda: theirs(place, network, variant), **facts)


def ours(place, network, worker):
    device = place.device(worker)
    run = Run(place, f"speed-{network.name}-{network.batch}-{network.precision}-{worker}", network.toml(), device)
    with nvml.Watch(place.gpu) as watch:
        run.start()
        try:
            rows = run.wait_for(worker_pid, 60)
            watch.pid = worker_pid(rows)
            run.ends(90)
        except subprocess.TimeoutExpired:
            # The epochs that it had time for are measured.
            pass
        except RuntimeError as error:
            refusals = [line for line in str(error).splitlines() if "precision" in line]
            if refusals and network.precision != "f32":
                raise Skipped(refusals[0]) from error
            raise
    (rows,) = run.logs() or [[]]
    epochs = [(row["time"], row["event"]["values"]["images_per_second"], row["event"]["step"]) for row in of_kind(rows, "metrics")]
    found = measured(watch, epochs)
    seconds = [row["event"]["values"]["epoch_seconds"] for row in of_kind(rows, "metrics")]
    # With validation, and whatever else an epoch of a job does.
    found["images_per_s_of_epoch"] = round(network.images / statistics.median(seconds[1:]))
    return found


def theirs(place, network, variant):
    if "error" in place.torch:
        raise Skipped(f"this Python has no PyTorch ({place.torch['error']})")
    if not place.pretends and place.gpu is None:
        raise Skipped("there is no GPU here")
    script = pathlib.Path(__file__).parent / "train_torch.py"
    command = [sys.executable, str(script), "--network", network.name, "--batch", str(network.batch)]
    command += ["--steps", str(network.steps), "--epochs", str(network.epochs), f"--variant={variant}"]
    if place.pretends:
        command += ["--cpu"]
    variables = {"OMP_NUM_THREADS": "1"} if place.pretends else {}
    with nvml.Watch(place.gpu) as watch:
        process = subprocess.Popen(command, env=place.environment(**variables), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        watch.pid = process.pid
        try:
            out, said = process.communicate(timeout=place.limit(100))
        finally:
            process.kill()
    if process.returncode == 3:
        raise Skipped(last_lines(said, 2))
    if process.returncode != 0:
        raise RuntimeError(f"exit code {process.returncode}: {last_lines(said, 6)}")
    answer = json.loads(out)
    found = measured(watch, answer.pop("epochs"))
    found.update(answer)
    return found


def measured(watch, epochs):
    """The figures of epochs, each its end, images per second and number of steps until then. The first
    epoch also compiles and measures kernels, and does not count."""
    if len(epochs) < 2:
        raise RuntimeError(f"there was time for {len(epochs)} epochs only")
    speeds = [speed for _, speed, _ in epochs]
    first, last = epochs[0], epochs[min(3, len(epochs) - 1)]
    return {
        "images_per_s": round(statistics.median(speeds[1:])),
        "images_per_s_of_epochs": [round(speed) for speed in speeds],
        "memory_mib": {str(step): watch.memory_at(end) for end, _, step in (first, last)},
        "gpu_used_percent": watch.utilization_between(first[0], epochs[-1][0]),
        "memory_is": "of the GPU" if watch.gpu else "of the process",
    }


def two_jobs(place):
    for worker in place.workers:
        place.attempt("two-jobs", lambda: two_jobs_by(place, worker), worker=worker)


def two_jobs_by(place, worker):
    """Two seeds at the same time on one GPU, beside one of them alone."""
    device = place.device(worker)
    # Long enough for the second worker to start while the first one trains.
    network = Network("tutorial", 64, 10, 16) if place.pretends else Network("tutorial", 512, 50, 25)
    cores = len(os.sched_getaffinity(0))
    if place.pretends and cores < 2:
        raise Skipped("two jobs on the CPU need two cores")
    slots = "cpu=2,libtorch=2" if place.pretends else "cuda=2"
    totals = []
    for seeds in (1, 2):
        run = Run(place, f"jobs-{seeds}-{worker}", network.toml(seeds), device, slots)
        run.runs(90)
        jobs = [of_kind(rows, "metrics") for rows in run.logs()]
        if len(jobs) != seeds:
            raise RuntimeError(f"{len(jobs)} jobs instead of {seeds}: {run.said()}")
        # Only epochs in which the other job was at work, too, count.
        begin = max(job[0]["time"] for job in jobs)
        end = min(job[-1]["time"] for job in jobs)
        total = 0
        for job in jobs:
            speeds = [row["event"]["values"]["images_per_second"] for row in job if begin < row["time"] <= end]
            if not speeds:
                raise RuntimeError("the jobs did not run at the same time")
            total += statistics.median(speeds)
        totals.append(round(total))
    return {"one_job_images_per_s": totals[0], "images_per_s": totals[1], "times_one_job": round(totals[1] / totals[0], 2)}
