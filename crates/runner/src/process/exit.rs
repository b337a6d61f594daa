//! What the exit of a worker process means.

use crate::launcher::{Blame, WorkerExit, is_allocation_failure};
use convsweep_spec::outcome::Outcome;

const SIGILL: i32 = 4;
const SIGABRT: i32 = 6;
pub(super) const SIGKILL: i32 = 9;

/// How a process exited.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct ProcessExit {
    /// Signal that killed it.
    pub(super) signal: Option<i32>,
    /// Its exit code.
    pub(super) code: Option<i32>,
    /// Whether the kernel counted a kill for lack of memory at that time.
    pub(super) oom_killed: bool,
}

impl ProcessExit {
    /// The exit as a launcher reports it; `stderr` is the end of the process's standard error.
    pub(super) fn report(self, stderr: &str) -> WorkerExit {
        WorkerExit {
            outcome: self.outcome(stderr),
            is_clean: self.code == Some(0),
            blame: match self.is_unfit(stderr) {
                true => Blame::Program,
                false => Blame::Attempt,
            },
            description: self.description(),
        }
    }

    /// A failed allocation aborts the process after the runtime has reported it; a kill for lack
    /// of memory is a SIGKILL that the kernel counted.
    fn outcome(self, stderr: &str) -> Outcome {
        match self.signal {
            Some(SIGABRT) if reports_allocation_failure(stderr) => Outcome::OutOfMemory,
            Some(SIGKILL) if self.oom_killed => Outcome::OutOfMemory,
            signal => Outcome::Crashed {
                signal,
                code: self.code,
            },
        }
    }

    /// The loader and the shell use these codes; an instruction that the processor does not have is
    /// a signal.
    fn is_unfit(self, stderr: &str) -> bool {
        const NOT_STARTED: [i32; 2] = [126, 127];
        self.signal == Some(SIGILL)
            || self.code.is_some_and(|code| NOT_STARTED.contains(&code))
            || stderr.contains("error while loading shared libraries")
            || stderr.contains("' not found (required by ")
    }

    fn description(self) -> String {
        if self.signal == Some(SIGKILL) && self.oom_killed {
            return "was killed by the kernel because memory ran out".to_string();
        }
        describe_exit(self.signal, self.code)
    }
}

/// The end of a process in words that follow its name: `was killed by signal 11 (SIGSEGV)`,
/// `exited with code 3`.
pub fn describe_exit(signal: Option<i32>, code: Option<i32>) -> String {
    match (signal, code) {
        (Some(signal), _) => format!("was killed by signal {signal}{}", signal_name(signal)),
        (None, Some(code)) => format!("exited with code {code}"),
        (None, None) => "disappeared".to_string(),
    }
}

fn signal_name(signal: i32) -> &'static str {
    match signal {
        SIGILL => " (SIGILL: built for another kind of processor?)",
        SIGABRT => " (SIGABRT)",
        7 => " (SIGBUS)",
        8 => " (SIGFPE)",
        SIGKILL => " (SIGKILL: sent by a user, or by the kernel because memory ran out)",
        11 => " (SIGSEGV)",
        15 => " (SIGTERM)",
        _ => "",
    }
}

fn reports_allocation_failure(stderr: &str) -> bool {
    stderr.lines().any(is_allocation_failure)
        || stderr.contains("std::bad_alloc")
        || stderr.contains("CUDA out of memory")
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALLOCATION_FAILURE: &str = "memory allocation of 4096000000 bytes failed";

    fn killed(signal: i32, oom_killed: bool) -> ProcessExit {
        ProcessExit {
            signal: Some(signal),
            code: None,
            oom_killed,
        }
    }

    fn crashed(signal: i32) -> Outcome {
        Outcome::Crashed {
            signal: Some(signal),
            code: None,
        }
    }

    #[test]
    fn running_out_of_memory_is_told_from_a_crash() {
        let check = |exit: ProcessExit, stderr: &str, expect: Outcome| {
            assert_eq!(exit.report(stderr).outcome, expect, "{exit:?} {stderr}");
        };
        check(killed(6, false), ALLOCATION_FAILURE, Outcome::OutOfMemory);
        check(killed(6, false), "assertion", crashed(6));
        check(killed(9, false), ALLOCATION_FAILURE, crashed(9));
        check(killed(9, true), "", Outcome::OutOfMemory);
        check(killed(11, true), "", crashed(11));
    }

    #[test]
    fn a_program_that_cannot_run_here_is_recognised() {
        let unfit = |code: Option<i32>, signal: Option<i32>, stderr: &str| {
            let exit = ProcessExit {
                code,
                signal,
                oom_killed: false,
            };
            exit.report(stderr).blame == Blame::Program
        };
        assert!(unfit(Some(127), None, "") && unfit(None, Some(4), ""));
        let old_system = "w: /lib/libc.so.6: version `GLIBC_2.99' not found (required by w)";
        assert!(unfit(Some(1), None, old_system));
        assert!(!unfit(Some(1), None, "") && !unfit(None, Some(11), ""));
    }

    #[test]
    fn exits_are_described() {
        let code = ProcessExit {
            code: Some(3),
            ..ProcessExit::default()
        };
        assert_eq!(code.report("").description, "exited with code 3");
        let memory = "was killed by the kernel because memory ran out";
        assert_eq!(killed(9, true).report("").description, memory);
        let segfault = "was killed by signal 11 (SIGSEGV)";
        assert_eq!(killed(11, false).report("").description, segfault);
    }
}
