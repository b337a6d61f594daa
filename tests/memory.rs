//! Jobs that take more memory than there is, by estimate or in truth.

use crate::support::{ProgramRun, SMALL, Workdir, assert_contains};
use std::path::Path;

/// One job with these layers after 392 outputs.
fn with_layers(layers: &str) -> Workdir {
    let experiment = SMALL
        .replace("seeds = 2", "seeds = 1")
        .replace("[1e-3, 1e-2]", "[1e-3]")
        .replace("{ dropout = 0.1 }", layers);
    Workdir::with(&experiment)
}

#[test]
fn a_job_larger_than_the_machine_is_refused_unless_the_user_insists() {
    // 17 TB of weights, gradients and moments.
    let workdir = with_layers("{ dense = 1048576 }, { dense = 1048576 }");
    let plan = workdir.run(&["plan", "small.toml"]).exits(4);
    assert_contains(&plan.stdout(), &["0.001", "TB"]);
    plan.says(&["lr=0.001", "TB of memory", "cpu has", "--ignore-memory"]);
    let json = workdir.run(&["plan", "small.toml", "--json"]).exits(4);
    assert_contains(&json.stdout(), &["\"refused\":\"a job of"]);
    let run = workdir.run(&["run", "small.toml"]).exits(4);
    run.says(&["TB of memory", "--ignore-memory"]);
    assert_eq!(workdir.all_attempts(), 0.0);
    assert!(workdir.job_folders().is_empty());
    workdir
        .run(&["plan", "small.toml", "--ignore-memory"])
        .exits(0);
}

/// Runs the program on `small.toml` under limits that the shell sets.
fn limited(workdir: &Workdir, limits: &str, arguments: &str) -> ProgramRun {
    under(workdir, limits, &format!("{arguments} small.toml"))
}

/// Runs the program under limits that the shell sets.
fn under(workdir: &Workdir, limits: &str, arguments: &str) -> ProgramRun {
    let script = format!("{limits} && exec \"$PROGRAM\" {arguments}");
    let mut command = workdir.command_of(Path::new("sh"), &["-c", &script]);
    ProgramRun::of(command.env("PROGRAM", env!("CARGO_BIN_EXE_convsweep")))
}

#[test]
fn a_limit_of_the_user_counts_as_the_memory_of_a_job() {
    let workdir = with_layers("{ dense = 100000 }");
    limited(&workdir, "ulimit -d 2000000", "plan").exits(0);
    let run = limited(&workdir, "ulimit -d 400000", "run").exits(4);
    run.says(&["cpu has 410 MB for one", "--ignore-memory"]);
}

#[test]
fn few_open_files_are_enough_for_few_slots() {
    let workdir = Workdir::with(&format!("{SMALL}\n[run]\nslots = {{ cpu = 8 }}"));
    let run = limited(&workdir, "ulimit -n 32", "run").exits(0);
    run.says(&["instead of 8, because only 32 files may be open"]);
    assert_eq!(workdir.jobs("finished"), 4.0);
    assert_eq!(workdir.attempts("finished"), workdir.all_attempts());
    limited(&workdir, "ulimit -n 22", "run --set train.epochs=5")
        .exits(4)
        .says(&["only 22 files may be open", "ulimit -n"]);
    // A limit that may be raised is raised.
    limited(&workdir, "ulimit -Sn 22", "run --set train.epochs=6").exits(0);
}

#[test]
fn a_small_stack_is_enough() {
    let workdir = Workdir::small();
    limited(&workdir, "ulimit -s 64", "run").exits(0);
    assert_eq!(workdir.jobs("finished"), 4.0);
    under(&workdir, "ulimit -s 64", "check").exits(0);
}

#[test]
fn without_memory_the_program_ends_with_words_and_a_code_of_its_own() {
    let (workdir, undisturbed) = (Workdir::small(), Workdir::small());
    undisturbed.run(&["run", "small.toml"]).exits(0);
    for kilobytes in [60_000, 100_000, 300_000, 900_000] {
        let limit = format!("ulimit -v {kilobytes}");
        // The first one trains as far as the memory allows.
        for (folder, arguments) in [(&workdir, "run small.toml"), (&undisturbed, "report small")] {
            let run = under(folder, &limit, arguments);
            let (code, stderr) = (run.0.status.code(), run.stderr());
            assert!(
                matches!(code, Some(0 | 1 | 4 | 5 | 70)),
                "{limit}, {arguments}: {code:?}, {stderr}"
            );
            assert_contains(&stderr, &["`ulimit -v` leaves this program"]);
        }
    }
    workdir.run(&["run", "small.toml"]).exits(0);
    workdir.run(&["check"]).exits(0);
    assert_eq!(workdir.results(), undisturbed.results());
    assert_eq!(undisturbed.all_attempts(), 4.0);
}
