"""Checks and measures the workers for GPUs (see run.sh)."""

import argparse
import sys

import facts
import faults
import speed
import vectors
from place import Place

# In this order, so that what matters least is left out where the time is up.
CHECKS = {
    "facts": facts.check,
    "vectors": vectors.check,
    "speed": speed.check,
    "out-of-memory": faults.out_of_memory,
    "replaced-worker": faults.replaced_worker,
    "two-jobs": speed.two_jobs,
    "killed-and-resumed": faults.killed_and_resumed,
}


def arguments():
    parser = argparse.ArgumentParser(prog="run.sh", description=__doc__)
    parser.add_argument(
        "--pretend",
        nargs="?",
        const="libtorch",
        choices=["libtorch", "cpu"],
        help="compute on the CPU, by LibTorch or the CPU's own kernels, and little",
    )
    parser.add_argument("--only", default=",".join(CHECKS), help="checks, separated by commas: " + ", ".join(CHECKS))
    parser.add_argument("--minutes", type=float, default=8.0, help="after this time no check begins (default: 8)")
    parsed = parser.parse_args()
    parsed.only = parsed.only.split(",")
    unknown = [name for name in parsed.only if name not in CHECKS]
    if unknown:
        parser.error(f"no check {unknown[0]!r}: there are {', '.join(CHECKS)}")
    return parsed


def main():
    chosen = arguments()
    with Place(chosen.pretend, 60 * chosen.minutes) as place:
        for name, check in CHECKS.items():
            if name in chosen.only:
                place.run_check(name, check)
        return place.summary()


if __name__ == "__main__":
    sys.exit(main())
