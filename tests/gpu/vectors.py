"""The layers, losses and optimizers of a worker beside PyTorch's, by the tests of the crate `nn`."""

import re
import subprocess

from place import Skipped, last_lines

# Largest difference on a GPU, as the tests have it (`tolerance` in crates/nn/tests/common).
TOLERANCES = {"libtorch": "1e-4", "cubecl": "5e-3 (it rounds factors of products to TF32)"}
# Slopes by differences of losses need more digits than TF32 has.
LEFT_OUT = {"cubecl": ["gradients_equal_finite_differences", "gradients_pass_through_a_frozen_norm"]}


def check(place):
    for worker in place.workers:
        place.attempt("vectors", lambda: all_programs(place, worker), worker=worker)


def all_programs(place, worker):
    place.device(worker)
    folder = place.programs / "tests" / worker
    programs = sorted(folder.iterdir()) if folder.exists() else []
    if not programs:
        raise Skipped(f"{folder} holds no test programs")
    end = place.left() - 90
    for program in programs:
        place.attempt("vectors", lambda: one_program(place, worker, program, place.left() - end), worker=worker, program=program.name)


def one_program(place, worker, program, seconds):
    if seconds < 5:
        raise Skipped("the tests of this worker have had their minute and a half")
    left_out = LEFT_OUT.get(worker, [])
    # Products of f32 stay such, where the library would take TF32.
    variables = {"NVIDIA_TF32_OVERRIDE": "0", "TORCH_ALLOW_TF32_CUBLAS_OVERRIDE": "0", "OMP_NUM_THREADS": "1"}
    if not place.pretends:
        variables["CONVSWEEP_TEST_GPU"] = "1"
    command = [str(program), "--nocapture"]
    for name in left_out:
        command += ["--skip", name]
    done = subprocess.run(
        command,
        env=place.environment(**variables),
        cwd=place.folder,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=place.limit(min(60, seconds)),
    )
    counts = re.search(r"(\d+) passed; (\d+) failed", done.stdout)
    found = {"tolerance": "the CPU's" if place.pretends else TOLERANCES[worker]}
    if counts:
        found.update(passed=int(counts[1]), failed=int(counts[2]))
    largest = re.search(r"largest difference: (\S+)", done.stdout)
    if largest:
        found["largest_difference"] = float(largest[1])
    if left_out:
        found["left_out"] = left_out
    if done.returncode != 0 or not counts:
        failed = dict.fromkeys(re.findall(r"^    (\w+)$", done.stdout, re.M))
        found["problem"] = f"exit code {done.returncode}, {', '.join(failed)}: {last_lines(done.stdout + done.stderr)}"
    return found
