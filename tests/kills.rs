//! Kills the program or its workers at every awkward moment: the same command then finishes the
//! sweep, with results that are bit-identical to those of an undisturbed run.

use crate::support::Place;
use std::collections::BTreeMap;
use std::process::{Child, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// The results of an undisturbed run.
fn undisturbed() -> &'static BTreeMap<String, u64> {
    static RESULTS: OnceLock<BTreeMap<String, u64>> = OnceLock::new();
    RESULTS.get_or_init(|| {
        let place = Place::small();
        place.run(&["run", "small.toml"]).exits(0);
        place.results()
    })
}

/// Kills each job's first worker at the failpoint; the second attempt must finish the job.
fn worker_dies_at(failpoint: &str) {
    let place = Place::small();
    let ran = place
        .command(&["run", "small.toml"])
        .env("CONVSWEEP_FAILPOINT", failpoint)
        .output()
        .expect("runs");
    assert_eq!(
        ran.status.code(),
        Some(0),
        "{failpoint}: {}",
        String::from_utf8_lossy(&ran.stderr)
    );
    let hit = "select count(*) from (select job from attempts group by job having count(*) >= 2)";
    assert_eq!(
        place.number(hit),
        4.0,
        "{failpoint}: every job has at least two attempts"
    );
    assert_eq!(
        place.number("select count(*) from attempts where outcome = 'crashed'"),
        4.0,
        "{failpoint}"
    );
    assert_eq!(
        place.number("select count(*) from attempts where outcome = 'finished'"),
        4.0,
        "{failpoint}"
    );
    assert_eq!(&place.results(), undisturbed(), "{failpoint}");
    place.run(&["check-db"]).exits(0);
}

#[test]
fn a_worker_dies_while_it_trains() {
    for failpoint in ["started", "step:1", "step:9", "validation", "metrics:2"] {
        worker_dies_at(failpoint);
    }
}

#[test]
fn a_worker_dies_around_a_checkpoint() {
    for failpoint in [
        "checkpoint-write:2",
        "checkpoint-renamed:2",
        "state-saved",
        "event-torn:4",
    ] {
        worker_dies_at(failpoint);
    }
}

#[test]
fn a_worker_dies_while_it_evaluates() {
    for failpoint in ["model", "evaluation:2", "predictions", "evaluated"] {
        worker_dies_at(failpoint);
    }
}

pub fn start(place: &Place) -> Child {
    place
        .command(&["run", "small.toml"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("starts")
}

/// Ids of the worker processes that train in this folder.
pub fn workers(place: &Place) -> Vec<u32> {
    let here = std::fs::canonicalize(place.path(".")).expect("exists");
    let processes = std::fs::read_dir("/proc")
        .expect("a Linux system")
        .filter_map(Result::ok);
    let number = |entry: std::fs::DirEntry| entry.file_name().to_str()?.parse::<u32>().ok();
    let is_ours = |pid: &u32| {
        let name = std::fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        let cwd = std::fs::read_link(format!("/proc/{pid}/cwd"));
        name.starts_with("convsweep-worke")
            && !status.contains("State:\tZ")
            && cwd.is_ok_and(|cwd| cwd == here)
    };
    processes.filter_map(number).filter(is_ours).collect()
}

pub fn wait_until(what: &str, mut condition: impl FnMut() -> bool) {
    let began = Instant::now();
    while !condition() {
        assert!(
            began.elapsed() < Duration::from_secs(60),
            "timed out waiting: {what}"
        );
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Number of lines in all event logs together.
pub fn lines(place: &Place) -> usize {
    let Ok(jobs) = std::fs::read_dir(place.path("results/jobs")) else {
        return 0;
    };
    let log = |job: std::fs::DirEntry| {
        std::fs::read_to_string(job.path().join("events.jsonl")).unwrap_or_default()
    };
    jobs.filter_map(Result::ok)
        .map(|job| log(job).lines().count())
        .sum()
}

#[test]
fn the_program_dies_and_the_same_command_finishes() {
    let place = Place::small();
    for after in [1, 4, 9] {
        let mut program = start(&place);
        wait_until("training began", || {
            lines(&place) >= after || program_ended(&place)
        });
        program.kill().expect("killed");
        program.wait().expect("reaped");
        wait_until("no orphan is left", || workers(&place).is_empty());
    }
    place.run(&["run", "small.toml"]).exits(0);
    assert_eq!(&place.results(), undisturbed());
    assert_eq!(
        place.number("select count(*) from attempts where outcome = 'finished'"),
        4.0,
        "nothing is trained twice"
    );
    place.run(&["check-db"]).exits(0);
}

fn program_ended(place: &Place) -> bool {
    place.path("results/small/report.html").exists()
}

#[test]
fn an_interrupted_run_writes_checkpoints_and_the_same_command_continues() {
    let place = Place::small();
    place.write(
        "small.toml",
        &crate::support::SMALL.replace("epochs = 3", "epochs = 40"),
    );
    let program = start(&place);
    wait_until("training began", || lines(&place) >= 4);
    let interrupted = std::process::Command::new("kill")
        .args(["-INT", &program.id().to_string()])
        .status()
        .expect("kill");
    assert!(interrupted.success());
    let status = program.wait_with_output().expect("ends").status;
    assert_eq!(status.code(), Some(130));
    assert!(workers(&place).is_empty());
    let cancelled = place.number("select count(*) from attempts where outcome = 'cancelled'");
    assert!(cancelled >= 1.0);
    place.run(&["run", "small.toml"]).exits(0);
    let resumed =
        "select count(*) from (select job from attempts group by job having count(*) = 2)";
    assert_eq!(place.number(resumed), cancelled);
    let calm = Place::small();
    calm.write(
        "small.toml",
        &crate::support::SMALL.replace("epochs = 3", "epochs = 40"),
    );
    calm.run(&["run", "small.toml"]).exits(0);
    assert_eq!(place.results(), calm.results());
}

#[test]
fn readers_never_see_a_locked_database() {
    let place = Place::small();
    place.write(
        "small.toml",
        &crate::support::SMALL.replace("epochs = 3", "epochs = 20"),
    );
    let mut program = start(&place);
    wait_until("there is a database", || {
        place.path("results/convsweep.sqlite").exists() && lines(&place) > 2
    });
    let mut reads = 0;
    while program.try_wait().expect("asked").is_none() {
        let database = rusqlite::Connection::open_with_flags(
            place.path("results/convsweep.sqlite"),
            rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY,
        )
        .expect("opens");
        let rows: i64 = database
            .query_row("select count(*) from metrics", [], |row| row.get(0))
            .expect("never locked");
        assert!(rows >= 0);
        reads += 1;
    }
    assert!(reads > 20, "{reads} reads");
}
