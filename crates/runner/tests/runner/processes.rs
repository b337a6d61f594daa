//! Runs with real processes that do what a script says (`examples/fake-worker.rs`).

use crate::common::{job, run_all, slots, words};
use convsweep_runner::local::{LocalLauncher, STDERR_LIMIT};
use convsweep_runner::{RunEvent, RunSummary, StopRequest};
use convsweep_spec::event::Event;
use convsweep_spec::job::Job;
use convsweep_spec::layout::STDERR;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

pub fn fake_worker() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let path = test
        .parent()
        .unwrap()
        .parent()
        .unwrap()
        .join("examples/fake-worker");
    assert!(
        path.exists(),
        "build it: cargo build --release -p convsweep-runner --example fake-worker"
    );
    path
}

/// Runs jobs with these scripts (a script is words joined by `, `; `|` begins the next attempt's)
/// on one slot.
fn run_scripts(
    dir: &Path,
    scripts: &[&str],
    control: impl FnMut(&RunEvent) -> Option<StopRequest>,
) -> (Vec<Job>, Vec<RunEvent>, RunSummary) {
    let jobs: Vec<Job> = (0..).zip(scripts).map(|(seed, _)| job(dir, seed)).collect();
    write_scripts(&jobs, scripts);
    let launcher = LocalLauncher {
        grace: Duration::from_millis(500),
    };
    let (events, summary) = run_all(&launcher, jobs.clone(), slots(1, &fake_worker()), control);
    (jobs, events, summary)
}

pub fn write_scripts(jobs: &[Job], scripts: &[&str]) {
    for (job, script) in jobs.iter().zip(scripts) {
        fs::create_dir_all(&job.execution.folder).unwrap();
        for (attempt, script) in (1..).zip(script.split('|')) {
            let path = job.execution.folder.join(format!("script.{attempt}"));
            fs::write(path, script.trim().replace(", ", "\n")).unwrap();
        }
    }
}

/// Everything that is said when jobs with these scripts run.
fn check(scripts: &[&str], expect: &[&str]) {
    let dir = tempfile::tempdir().unwrap();
    let (jobs, events, summary) = run_scripts(dir.path(), scripts, |_| None);
    assert_eq!(words(&events, &jobs), expect);
    assert!(summary.error.is_none(), "{summary:?}");
}

fn pids(events: &[RunEvent]) -> Vec<u32> {
    let pid = |e: &RunEvent| match e {
        RunEvent::Worker(e) => match e.event {
            Event::Started { pid, .. } => Some(pid),
            _ => None,
        },
        _ => None,
    };
    events.iter().filter_map(pid).collect()
}

fn is_alive(pid: u32) -> bool {
    Path::new(&format!("/proc/{pid}")).exists()
}

#[test]
fn a_process_trains_several_jobs_and_ends_with_its_input() {
    let dir = tempfile::tempdir().unwrap();
    let (_, events, summary) = run_scripts(dir.path(), &["finish", "finish", "finish"], |_| None);
    let pids = pids(&events);
    assert_eq!((pids.len(), summary.well()), (3, 3));
    assert!(pids.iter().all(|&pid| pid == pids[0]) && !is_alive(pids[0]));
}

#[test]
fn a_process_that_dies_ends_one_attempt() {
    check(
        &["started, die | started, exit 3 | finish", "finish"],
        &[
            "0.1 on 0",
            "0.1 crashed!",
            "0 again as 2",
            "0.2 on 0",
            "0.2 crashed!",
            "0 again as 3",
            "0.3 on 0",
            "0.3 finished",
            "0 done in 3",
            "1.1 on 0",
            "1.1 finished",
            "1 done in 1",
        ],
    );
}

#[test]
fn an_allocation_failure_is_told_from_a_crash_and_not_repeated() {
    check(
        &["started, stderr memory allocation of 99 bytes failed, abort"],
        &["0.1 on 0", "0.1 out-of-memory!", "0 done in 1"],
    );
    // Also before its first word: the job is too large, the worker is sound.
    check(
        &["stderr memory allocation of 99 bytes failed, abort"],
        &["0.1 on 0", "0.1 out-of-memory!", "0 done in 1"],
    );
}

#[test]
fn garbage_is_said_and_the_job_goes_on() {
    check(
        &["garbage, finish", "long, finish"],
        &[
            "0.1 on 0",
            "noise what is this",
            "0.1 finished",
            "0 done in 1",
            "1.1 on 0",
            "noise the worker wrote a line of 68157440 bytes; it was dropped",
            "1.1 finished",
            "1 done in 1",
        ],
    );
}

#[test]
fn a_worker_that_babbles_is_told_of_a_few_times_and_anew_with_each_job() {
    let dir = tempfile::tempdir().unwrap();
    let (jobs, events, summary) = run_scripts(
        dir.path(),
        &["babble 100000, finish", "babble 1, finish"],
        |_| None,
    );
    assert_eq!(summary.well(), 2);
    let mut expect = vec!["0.1 on 0"];
    expect.extend(["noise blah"; 5]);
    expect.extend([
        "noise the worker says more that is no event; it is passed over unseen",
        "0.1 finished",
        "0 done in 1",
    ]);
    expect.extend(["1.1 on 0", "noise blah", "1.1 finished", "1 done in 1"]);
    assert_eq!(words(&events, &jobs), expect);
}

#[test]
fn a_half_line_before_death_is_said() {
    let dir = tempfile::tempdir().unwrap();
    let (jobs, events, _) = run_scripts(dir.path(), &["started, half, die | finish"], |_| None);
    let words = words(&events, &jobs);
    assert!(
        words[1].starts_with("noise {\"format\":1,\"job\":"),
        "{words:?}"
    );
    assert_eq!(
        words[2..],
        [
            "0.1 crashed!",
            "0 again as 2",
            "0.2 on 0",
            "0.2 finished",
            "0 done in 2"
        ]
    );
}

#[test]
fn a_confused_worker_is_ended_and_replaced() {
    check(
        &["stray, hang", "finish"],
        &[
            "0.1 on 0",
            "0.1 failed!",
            "0 done in 1",
            "1.1 on 0",
            "1.1 finished",
            "1 done in 1",
        ],
    );
}

#[test]
fn a_newer_worker_closes_its_slot_with_a_remedy() {
    let dir = tempfile::tempdir().unwrap();
    let (jobs, events, summary) = run_scripts(dir.path(), &["newer, wait", "finish"], |_| None);
    assert_eq!(
        words(&events, &jobs),
        ["0.1 on 0", "0.1 failed!", "0 done in 1", "slot 0 closed"]
    );
    let text = summary.error.unwrap().to_string();
    assert!(
        text.contains("speaks format 2, this program 1: build both"),
        "{text}"
    );
}

#[test]
fn what_a_dead_worker_logged_counts_though_it_was_not_said() {
    let killed = "noise the worker was killed by signal 9 (SIGKILL: by a person, or by the kernel for want of memory) between two jobs";
    check(
        &["log, log-finish, die"],
        &["0.1 on 0", "0.1 finished", "0 done in 1", killed],
    );
    check(
        &["log, die | finish"],
        &[
            "0.1 on 0",
            "0.1 crashed!",
            "0 again as 2",
            "0.2 on 0",
            "0.2 finished",
            "0 done in 2",
        ],
    );
}

#[test]
fn stderr_goes_to_the_log_of_the_job_by_attempt() {
    let dir = tempfile::tempdir().unwrap();
    let scripts = ["started, stderr one, die | stderr two, finish", "finish"];
    let (jobs, events, _) = run_scripts(dir.path(), &scripts, |_| None);
    let log = |i: usize| fs::read_to_string(jobs[i].execution.folder.join(STDERR));
    assert_eq!(log(0).unwrap(), "── attempt 1\none\n── attempt 2\ntwo\n");
    assert!(log(1).is_err(), "a job that said nothing has no log");
    let crash = events.iter().find_map(|e| match e {
        RunEvent::AttemptEnded { stderr, .. } => Some(stderr.clone()),
        _ => None,
    });
    assert_eq!(crash.unwrap(), "one\n");
}

#[test]
fn a_flood_on_stderr_is_cut() {
    let dir = tempfile::tempdir().unwrap();
    let (jobs, events, summary) = run_scripts(dir.path(), &["started, flood, finish"], |_| None);
    assert_eq!(summary.well(), 1);
    let floods = |word: &&String| word.starts_with("noise the worker floods its log; beyond 8 MiB");
    assert_eq!(words(&events, &jobs).iter().filter(floods).count(), 1);
    let bytes = fs::metadata(jobs[0].execution.folder.join(STDERR))
        .unwrap()
        .len() as usize;
    assert!(
        bytes > STDERR_LIMIT && bytes < STDERR_LIMIT + 200,
        "{bytes}"
    );
}

#[test]
fn draining_reaches_a_process_and_one_that_is_deaf_is_killed_now() {
    let dir = tempfile::tempdir().unwrap();
    let drain = |e: &RunEvent| matches!(e, RunEvent::Worker(_)).then_some(StopRequest::Drain);
    let (jobs, events, summary) = run_scripts(dir.path(), &["started, wait", "finish"], drain);
    assert_eq!(
        words(&events, &jobs),
        ["0.1 on 0", "stopping Drain 1", "0.1 cancelled"]
    );
    assert_eq!(summary.left.len(), 2);

    let dir = tempfile::tempdir().unwrap();
    let begun = Instant::now();
    let now = |e: &RunEvent| matches!(e, RunEvent::Worker(_)).then_some(StopRequest::Now);
    let (jobs, events, _) = run_scripts(dir.path(), &["started, hang", "finish"], now);
    assert_eq!(
        words(&events, &jobs),
        ["0.1 on 0", "stopping Now 1", "0.1 cancelled!"]
    );
    assert!(!is_alive(pids(&events)[0]) && begun.elapsed() < Duration::from_secs(10));
}

#[test]
fn a_worker_that_does_not_end_with_its_input_is_killed_after_the_grace() {
    let dir = tempfile::tempdir().unwrap();
    let (_, events, summary) = run_scripts(dir.path(), &["finish, hang"], |_| None);
    assert_eq!(summary.well(), 1);
    assert!(!is_alive(pids(&events)[0]));
}

#[test]
fn a_worker_is_kept_on_its_core_with_its_threads() {
    let dir = tempfile::tempdir().unwrap();
    let jobs = vec![job(dir.path(), 0)];
    fs::create_dir_all(&jobs[0].execution.folder).unwrap();
    fs::write(jobs[0].execution.folder.join("script"), "env\nfinish").unwrap();
    let mut slots = slots(1, &fake_worker());
    slots[0].cores = vec![convsweep_runner::devices::discover::cores()[0]];
    slots[0].threads = 3;
    let before = convsweep_runner::devices::discover::cores();
    let launcher = LocalLauncher {
        grace: Duration::from_secs(1),
    };
    let (events, _) = run_all(&launcher, jobs, slots, |_| None);
    let text = events.iter().find_map(|e| match e {
        RunEvent::Worker(e) => match &e.event {
            Event::Warning { text } => Some(text.clone()),
            _ => None,
        },
        _ => None,
    });
    assert_eq!(text.unwrap(), "1 3 cuda:0");
    assert_eq!(convsweep_runner::devices::discover::cores(), before);
}

#[test]
fn a_program_that_is_missing_or_no_program_closes_the_slot() {
    let dir = tempfile::tempdir().unwrap();
    let closed = |worker: &Path| {
        let launcher = LocalLauncher {
            grace: Duration::from_secs(1),
        };
        let (_, summary) = run_all(
            &launcher,
            vec![job(dir.path(), 0), job(dir.path(), 1)],
            slots(1, worker),
            |_| None,
        );
        let error = summary.error.unwrap();
        assert_eq!(error.exit_code(), 4);
        error.to_string()
    };
    let text = closed(&dir.path().join("missing"));
    assert!(
        text.contains("missing does not start") && text.contains("build it"),
        "{text}"
    );
    let broken = dir.path().join("broken");
    fs::write(
        &broken,
        "#!/bin/sh\necho 'lib.so: cannot open shared object file' >&2\nexit 127\n",
    )
    .unwrap();
    fs::set_permissions(&broken, fs::Permissions::from_mode(0o755)).unwrap();
    let text = closed(&broken);
    assert!(
        text.contains("exited with code 127 before its first word"),
        "{text}"
    );
    assert!(
        text.ends_with("lib.so: cannot open shared object file"),
        "{text}"
    );
}
