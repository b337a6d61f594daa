//! What the exit of a worker on another node means.

use super::exit::ProcessExit;
use crate::launcher::{Blame, WorkerExit};
use convsweep_slurm::{StepDeath, step_death};
use convsweep_spec::outcome::Outcome;

/// The exit of a step on `node`, by the exit of the program that ran it.
pub(super) fn step_exit(exit: ProcessExit, node: &str, stderr: &str) -> WorkerExit {
    let Some(code) = exit.code else {
        return exit.report(stderr);
    };
    let of_program = |exit: ProcessExit| {
        let report = exit.report(stderr);
        let description = format!("{} on {node}", report.description);
        WorkerExit {
            description,
            ..report
        }
    };
    let crashed = Outcome::Crashed {
        signal: None,
        code: Some(code),
    };
    let by_slurm = |outcome: Outcome, blame: Blame, description: String| WorkerExit {
        outcome,
        is_clean: false,
        blame,
        description,
    };
    match step_death(code, stderr) {
        StepDeath::Exit(code) => of_program(ProcessExit {
            code: Some(code),
            ..exit
        }),
        StepDeath::Signal(signal) => of_program(ProcessExit {
            code: None,
            signal: Some(signal),
            ..exit
        }),
        StepDeath::OutOfMemory => by_slurm(
            Outcome::OutOfMemory,
            Blame::Attempt,
            format!("was killed on {node} because its memory ran out"),
        ),
        StepDeath::NodeFailed => by_slurm(
            Outcome::Lost { seconds: 0.0 },
            Blame::Node,
            format!("was lost because the node {node} failed"),
        ),
        StepDeath::NotCreated(reason) => by_slurm(
            crashed,
            Blame::Start,
            format!("was not started on {node}: {reason}"),
        ),
        StepDeath::NoController(reason) => by_slurm(
            crashed,
            Blame::Controller,
            format!("was not started on {node}: {reason}"),
        ),
        StepDeath::NoProgram(reason) => by_slurm(
            crashed,
            Blame::Program,
            format!("cannot be started on {node}: {reason}"),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(code: i32, stderr: &str) -> (String, Blame, String) {
        let exit = ProcessExit {
            code: Some(code),
            ..ProcessExit::default()
        };
        let exit = step_exit(exit, "n2", stderr);
        let outcome = format!("{} {}", exit.outcome.name(), exit.outcome.detail());
        (outcome.trim().to_string(), exit.blame, exit.description)
    }

    #[test]
    fn deaths_on_a_node_are_told_as_those_of_processes() {
        let check = |code: i32, stderr: &str, outcome: &str, blame: Blame, description: &str| {
            let expect = (outcome.to_string(), blame, description.to_string());
            assert_eq!(told(code, stderr), expect);
        };
        check(
            3,
            "",
            "crashed exit code 3",
            Blame::Attempt,
            "exited with code 3 on n2",
        );
        let segfault = "was killed by signal 11 (SIGSEGV) on n2";
        check(139, "", "crashed signal 11", Blame::Attempt, segfault);
        let illegal = "was killed by signal 4 (SIGILL: built for another kind of processor?) on n2";
        check(132, "", "crashed signal 4", Blame::Program, illegal);
        let memory = "was killed on n2 because its memory ran out";
        let said = "slurmstepd-n2: error: StepId=1.8 exceeded memory limit (2 > 1), being killed";
        check(137, said, "out-of-memory", Blame::Attempt, memory);
        let failed = "was lost because the node n2 failed";
        check(
            0,
            "srun: error: Node failure on n2",
            "lost its node failed",
            Blame::Node,
            failed,
        );
        let busy = "srun: error: Unable to create step for job 1: Requested nodes are busy";
        let not_started = "was not started on n2: Unable to create step for job 1: Requested nodes \
                           are busy";
        check(1, busy, "crashed exit code 1", Blame::Start, not_started);
        let allocation = "memory allocation of 99 bytes failed";
        let aborted = "was killed by signal 6 (SIGABRT) on n2";
        check(134, allocation, "out-of-memory", Blame::Attempt, aborted);
    }
}
