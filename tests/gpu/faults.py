"""What happens to jobs whose worker, or whose run, dies, and where memory runs out."""

import os
import signal

from experiments import Network, Run, attempts, of_kind, outcome, worker_pid

# Largest difference of the last losses after a resume, as a share, where a GPU adds in any order.
TOLERANCE = 0.1


def for_workers(place, check, work):
    for worker in place.workers:
        place.attempt(check, lambda: work(place, worker), worker=worker)


def small(place):
    return Network("tutorial", 64, 10, 4) if place.pretends else Network("tutorial", 512, 50, 6)


def out_of_memory(place):
    for_workers(place, "out-of-memory", out_of_memory_by)


def out_of_memory_by(place, worker):
    """A job whose first batch does not fit, then one that does, by the same slot."""
    device = place.device(worker)
    # One batch of the wide network takes 2 GiB on the CPU, more than any GPU has otherwise.
    network = Network("wide", 512, 1, 1) if place.pretends else Network("wide", 40_000, 1, 1)
    memory = 'memory = "1500 MiB"' if place.pretends else ""
    toml = network.toml(more_run=f'order = "file"\n{memory}')
    toml += '[[sweep]]\n[sweep.grid]\n"model.parameters.width" = [1024, 8]\n'
    run = Run(place, f"memory-{worker}", toml, device)
    run.runs(90, codes=(0, 1))
    found = {}
    for attempt in attempts(run):
        found[attempt["job"]] = attempt["outcome"]
    outcomes = sorted(found.values())
    answer = {"outcomes": outcomes, "said": [line.strip() for line in run.text().splitlines() if "memory" in line][:3]}
    if outcomes != ["finished", "out-of-memory"]:
        answer["problem"] = f"not one job out of memory and one finished: {run.said()}"
    return answer


def replaced_worker(place):
    for_workers(place, "replaced-worker", replaced_worker_by)


def replaced_worker_by(place, worker):
    """The worker is killed between the gradients of a step and the update: another one goes on."""
    network = small(place)
    run = Run(place, f"replaced-{worker}", network.toml(), place.device(worker))
    step = network.steps + network.steps // 2
    run.runs(90, CONVSWEEP_FAILPOINT=f"gradients:{step}")
    (rows,) = run.logs()
    pids = [row["event"]["pid"] for row in of_kind(rows, "started")]
    answer = {"killed_at_step": step, "workers": len(set(pids)), "job": outcome(rows)["outcome"]}
    answer["continued_from"] = of_kind(rows, "started")[-1]["event"]["from"]
    if answer["workers"] != 2 or answer["job"] != "finished":
        answer["problem"] = f"not two workers and a finished job: {run.said()}"
    return answer


def killed_and_resumed(place):
    for_workers(place, "killed-and-resumed", killed_and_resumed_by)


def killed_and_resumed_by(place, worker):
    """The program and its worker are killed after the second epoch and the run is started again; beside
    it, the same job twice without any disturbance."""
    device, toml = place.device(worker), small(place).toml()
    killed = Run(place, f"killed-{worker}", toml, device)
    killed.start()
    rows = killed.wait_for(has_two_epochs, 90)
    os.kill(worker_pid(rows), signal.SIGKILL)
    killed.process.kill()
    killed.process.wait()
    killed.runs(90)
    ends = [end_of(killed)]
    for number in (1, 2):
        run = Run(place, f"undisturbed-{number}-{worker}", toml, device)
        run.runs(90)
        ends.append(end_of(run))
    resumed, first, second = ends
    answer = {
        "resumed_from": of_kind(killed.logs()[0], "started")[-1]["event"]["from"],
        "difference": difference(resumed, first),
        "difference_of_the_same_twice": difference(first, second),
        "equal_bits": resumed["model"] == first["model"],
        "same_twice_equal_bits": first["model"] == second["model"],
        "val_loss": [end["val_loss"] for end in ends],
        "val_accuracy": [end["val_accuracy"] for end in ends],
    }
    answer["tolerance"] = "equal bits" if place.pretends else TOLERANCE
    if place.pretends and not answer["equal_bits"]:
        answer["problem"] = "the resumed job has other weights than the undisturbed one"
    if answer["difference"] > TOLERANCE:
        answer["problem"] = f"the last losses differ by more than {TOLERANCE:.0%}"
    if answer["resumed_from"]["from"] != "checkpoint":
        answer["problem"] = f"it did not continue from its checkpoint: {killed.said()}"
    return answer


def has_two_epochs(rows):
    return any(row["event"]["epoch"] >= 2 for row in of_kind(rows, "checkpoint"))


def end_of(run):
    """The metrics of the last epoch, and the hash of the trained weights."""
    (rows,) = run.logs()
    values = of_kind(rows, "metrics")[-1]["event"]["values"]
    models = [row["event"]["blake3"] for row in of_kind(rows, "artifact") if row["event"]["kind"] == "model"]
    return {**{name: values[name] for name in ("train_loss", "val_loss", "val_accuracy")}, "model": models[-1]}


def difference(one, other):
    """The larger of the differences of the two losses, as a share."""
    return max(abs(one[name] - other[name]) / max(abs(other[name]), 1e-9) for name in ("train_loss", "val_loss"))
