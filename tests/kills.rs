//! Workers and the program itself killed at every moment that matters: the same command finishes
//! the sweep, and ends with the same bits as an undisturbed one.

use crate::processes::{
    event_count, exit_code, has_ended, send_signal, start, wait_for_events, wait_until, workers,
};
use crate::support::{ProgramRun, Workdir, small_with_epochs};
use std::collections::BTreeMap;
use std::sync::OnceLock;

/// The results of an undisturbed run.
fn undisturbed_results() -> &'static BTreeMap<String, u64> {
    static RESULTS: OnceLock<BTreeMap<String, u64>> = OnceLock::new();
    RESULTS.get_or_init(|| results_of_whole_run(&Workdir::small()))
}

fn results_of_whole_run(workdir: &Workdir) -> BTreeMap<String, u64> {
    workdir.run(&["run", "small.toml"]).exits(0);
    workdir.results()
}

/// Kills the first worker of each job at the failpoint; the second attempt must finish the job.
#[track_caller]
fn check_worker_killed_at(failpoint: &str) {
    let workdir = Workdir::small();
    let mut command = workdir.command(&["run", "small.toml"]);
    ProgramRun::of(command.env("CONVSWEEP_FAILPOINT", failpoint)).exits(0);
    let retried = "select count(*) from \
                   (select job from attempts group by job having count(*) = 2)";
    assert_eq!(workdir.number(retried), 4.0, "{failpoint}");
    assert_eq!(workdir.attempts("crashed"), 4.0, "{failpoint}");
    assert_eq!(workdir.attempts("finished"), 4.0, "{failpoint}");
    assert_eq!(&workdir.results(), undisturbed_results(), "{failpoint}");
    workdir.run(&["check"]).exits(0);
}

#[test]
fn a_worker_killed_in_training_is_replaced() {
    for failpoint in ["started", "step:1", "step:9", "validation", "metrics:2"] {
        check_worker_killed_at(failpoint);
    }
}

#[test]
fn a_worker_killed_around_a_checkpoint_is_replaced() {
    for failpoint in [
        "checkpoint-write:2",
        "checkpoint-renamed:2",
        "state-saved",
        "event-torn:4",
    ] {
        check_worker_killed_at(failpoint);
    }
}

#[test]
fn a_worker_killed_in_evaluation_is_replaced() {
    for failpoint in ["model", "evaluation:2", "predictions", "evaluated"] {
        check_worker_killed_at(failpoint);
    }
}

#[test]
fn a_killed_program_leaves_no_worker_and_the_same_command_finishes() {
    let workdir = Workdir::small();
    for events in [1, 4, 9] {
        let mut program = start(&workdir);
        wait_until("jobs are trained", || {
            event_count(&workdir) >= events || has_ended(&mut program)
        });
        program.kill().expect("killed");
        program.wait().expect("ends");
        wait_until("no worker is left", || workers(&workdir).is_empty());
    }
    workdir.run(&["run", "small.toml"]).exits(0);
    assert_eq!(&workdir.results(), undisturbed_results());
    assert_eq!(
        workdir.attempts("finished"),
        4.0,
        "nothing is trained twice"
    );
    workdir.run(&["check"]).exits(0);
}

#[test]
fn an_interrupted_program_writes_checkpoints_and_the_same_command_continues() {
    let workdir = Workdir::with(&small_with_epochs(40));
    let mut program = start(&workdir);
    wait_for_events(&workdir, 3);
    assert!(send_signal("INT", program.id()));
    assert_eq!(exit_code(&mut program), Some(130));
    assert!(workers(&workdir).is_empty());
    let cancelled = workdir.attempts("cancelled");
    assert!(cancelled >= 1.0);
    workdir.run(&["run", "small.toml"]).exits(0);
    let continued = "select count(*) from \
                     (select job from attempts group by job having count(*) = 2)";
    assert_eq!(workdir.number(continued), cancelled);
    let undisturbed = results_of_whole_run(&Workdir::with(&small_with_epochs(40)));
    assert_eq!(workdir.results(), undisturbed);
}

#[test]
fn readers_never_find_the_database_locked() {
    let workdir = Workdir::with(&small_with_epochs(20));
    let mut program = start(&workdir);
    let database = workdir.path("results/convsweep.sqlite");
    wait_until("there is a database", || {
        database.exists() && event_count(&workdir) > 2
    });
    let mut reads = 0;
    while !has_ended(&mut program) {
        let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY;
        let reader = rusqlite::Connection::open_with_flags(&database, flags).expect("opens");
        let count = "select count(*) from metrics";
        let rows: i64 = reader
            .query_row(count, [], |row| row.get(0))
            .expect("is never locked");
        assert!(rows >= 0);
        reads += 1;
    }
    assert!(reads > 20, "{reads} reads");
}
