//! Environment variables with values that no worker accepts.

use crate::support::{ProgramRun, Workdir};
use std::path::Path;
use std::process::Command;

const VARIABLE: &str = "CONVSWEEP_INSTRUCTIONS";
const PROBLEM: &str = "CONVSWEEP_INSTRUCTIONS is \"avx1024\", which is not an instruction set: \
                       set it to avx512, avx2 or portable, \
                       or unset it to use the widest that the processor supports";

#[test]
fn a_worker_refuses_an_unknown_instruction_set() {
    let program = Path::new(env!("CARGO_BIN_EXE_convsweep"));
    let mut worker = Command::new(program.with_file_name("convsweep-worker"));
    let run = ProgramRun::of(worker.env(VARIABLE, "avx1024")).exits(78);
    assert_eq!(run.stderr(), format!("{PROBLEM}\n"));
}

#[test]
fn a_run_reports_an_unknown_instruction_set_once_and_trains_nothing() {
    let workdir = Workdir::small();
    let mut command = workdir.command(&["run", "small.toml"]);
    let run = ProgramRun::of(command.env(VARIABLE, "avx1024")).exits(4);
    let stderr = run.stderr();
    assert_eq!(stderr.matches(VARIABLE).count(), 1, "{stderr}");
    run.says_lines(&[&format!("error: no worker can start: {PROBLEM}")]);
    assert_eq!(workdir.all_attempts(), 0.0);
    workdir.run(&["run", "small.toml"]).exits(0);
    workdir.run(&["check"]).exits(0);
}
