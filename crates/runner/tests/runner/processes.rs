//! Runs with real processes that do what a script says (`examples/fake-worker.rs`).

use crate::harness::{Clock, Finished, Reaction, quick_policy, run_all};
use crate::jobs::jobs;
use convsweep_runner::devices::usable_cores;
use convsweep_runner::launcher::SlotPlace;
use convsweep_runner::local::{LocalLauncher, LocalSlot};
use convsweep_runner::process::STDERR_LIMIT;
use convsweep_runner::{RunEvent, StopRequest};
use convsweep_spec::device::DeviceName;
use convsweep_spec::event::Event;
use convsweep_spec::job::Job;
use convsweep_spec::layout::STDERR;
use convsweep_spec::precision::Precisions;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

pub fn fake_worker() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let build = test.parent().and_then(Path::parent).unwrap();
    let path = build.join("examples/fake-worker");
    let command = "cargo build --release -p convsweep-runner --example fake-worker";
    assert!(path.exists(), "build it: {command}");
    path
}

/// A launcher with one slot.
pub fn launcher(worker: &Path) -> LocalLauncher {
    let slot = LocalSlot {
        place: SlotPlace::default(),
        device: DeviceName::cuda(0),
        threads: 1,
        cores: vec![],
        worker: worker.into(),
        gpu_model: None,
        memory_bytes: None,
        precisions: Precisions::ALL,
    };
    LocalLauncher {
        slots: vec![slot],
        grace_period: quick_policy().grace_period,
    }
}

/// Writes the scripts of jobs. A script is words joined by `, `; `|` begins that of the next
/// attempt.
pub fn write_scripts(jobs: &[Job], scripts: &[&str]) {
    for (job, script) in jobs.iter().zip(scripts) {
        fs::create_dir_all(&job.execution.folder).unwrap();
        for (attempt, script) in (1..).zip(script.split('|')) {
            let path = job.execution.folder.join(format!("script.{attempt}"));
            fs::write(path, script.trim().replace(", ", "\n")).unwrap();
        }
    }
}

/// Runs jobs with these scripts. The folder lives as long as the result.
fn run(scripts: &[&str]) -> (TempDir, Finished) {
    run_on(&launcher(&fake_worker()), scripts, |_| Reaction::None)
}

fn run_on(
    launcher: &LocalLauncher,
    scripts: &[&str],
    react: impl FnMut(&RunEvent) -> Reaction,
) -> (TempDir, Finished) {
    let dir = tempfile::tempdir().unwrap();
    let jobs = jobs(dir.path(), scripts.len() as u64);
    write_scripts(&jobs, scripts);
    let run = run_all(Clock::Real, launcher, jobs, quick_policy(), react);
    (dir, run)
}

/// Everything that is reported when jobs with these scripts run.
fn check(scripts: &[&str], expect: &[&str]) {
    let (_dir, run) = run(scripts);
    run.check(expect);
    assert!(run.summary.error.is_none(), "{:?}", run.summary);
}

fn worker_events(run: &Finished) -> Vec<&Event> {
    let mut events = Vec::new();
    for event in &run.events {
        if let RunEvent::Worker(envelope) = event {
            events.push(&envelope.event);
        }
    }
    events
}

/// Process ids of the workers, by job.
pub fn pids(run: &Finished) -> Vec<u32> {
    let mut pids = Vec::new();
    for event in worker_events(run) {
        if let Event::Started { pid, .. } = event {
            pids.push(*pid);
        }
    }
    pids
}

pub fn is_alive(pid: u32) -> bool {
    Path::new(&format!("/proc/{pid}")).exists()
}

#[test]
fn a_process_trains_several_jobs_and_exits_when_its_input_closes() {
    let (_dir, run) = run(&["finish", "finish", "finish"]);
    let pids = pids(&run);
    assert_eq!((pids.len(), run.summary.successful()), (3, 3));
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
fn a_failed_allocation_is_out_of_memory_even_at_the_start() {
    let expect = ["0.1 on 0", "0.1 out-of-memory!", "0 done in 1"];
    let failure = "stderr memory allocation of 99 bytes failed, abort";
    check(&[&format!("started, {failure}")], &expect);
    check(&[failure], &expect);
}

#[test]
fn other_lines_are_shown_and_the_job_continues() {
    check(
        &["garbage, finish", "long, finish"],
        &[
            "0.1 on 0",
            "note what is this",
            "0.1 finished",
            "0 done in 1",
            "1.1 on 0",
            "note the worker wrote a line of 68157440 bytes; it was dropped",
            "1.1 finished",
            "1 done in 1",
        ],
    );
}

#[test]
fn half_a_line_before_death_is_shown() {
    let (_dir, run) = run(&["started, half, die | finish"]);
    let story = run.story();
    assert!(
        story[1].starts_with("note {\"format\":1,\"job\":"),
        "{story:?}"
    );
    assert_eq!(story[2..4], ["0.1 crashed!", "0 again as 2"]);
}

#[test]
fn stderr_goes_to_the_log_of_the_job_by_attempt() {
    let (_dir, run) = run(&["started, stderr one, die | stderr two, finish", "finish"]);
    let log = |job: usize| fs::read_to_string(run.jobs[job].execution.folder.join(STDERR));
    assert_eq!(log(0).unwrap(), "── attempt 1\none\n── attempt 2\ntwo\n");
    assert!(log(1).is_err(), "a job that wrote nothing has no log");
    assert_eq!(run.first_stderr(), "one\n");
}

#[test]
fn a_flood_on_stderr_is_cut_off() {
    let (_dir, run) = run(&["started, flood, finish"]);
    assert_eq!(run.summary.successful(), 1);
    let note = "note the worker floods its log; stderr.log keeps the first 8 MiB of an attempt";
    assert_eq!(run.story().iter().filter(|words| *words == note).count(), 1);
    let log = fs::metadata(run.jobs[0].execution.folder.join(STDERR));
    let bytes = log.unwrap().len() as usize;
    assert!(
        (STDERR_LIMIT..STDERR_LIMIT + 200).contains(&bytes),
        "{bytes}"
    );
}

/// Asks the run to stop at the first event of a worker.
fn stop_at_first_event(request: StopRequest) -> impl FnMut(&RunEvent) -> Reaction {
    move |event| match event {
        RunEvent::Worker(_) => Reaction::Stop(request),
        _ => Reaction::None,
    }
}

#[test]
fn draining_reaches_a_process() {
    let stop = stop_at_first_event(StopRequest::Drain);
    let launcher = launcher(&fake_worker());
    let (_dir, run) = run_on(&launcher, &["started, wait", "finish"], stop);
    run.check(&["0.1 on 0", "stopping Drain 1", "0.1 cancelled"]);
    assert_eq!(run.summary.remaining.len(), 2);
}

#[test]
fn stopping_now_kills_a_process_that_does_not_read_its_input() {
    let stop = stop_at_first_event(StopRequest::Now);
    let launcher = launcher(&fake_worker());
    let (_dir, run) = run_on(&launcher, &["started, hang", "finish"], stop);
    run.check(&["0.1 on 0", "stopping Now 1", "0.1 cancelled!"]);
    assert!(!is_alive(pids(&run)[0]));
}

#[test]
fn a_process_that_does_not_exit_is_killed_after_the_grace_period() {
    let (_dir, run) = run(&["finish, hang"]);
    assert_eq!(run.summary.successful(), 1);
    assert!(!is_alive(pids(&run)[0]));
}

#[test]
fn a_process_is_pinned_to_its_cores_and_told_its_threads() {
    let mut launcher = launcher(&fake_worker());
    launcher.slots[0].cores = vec![usable_cores()[0]];
    launcher.slots[0].threads = 3;
    let before = usable_cores();
    let (_dir, run) = run_on(&launcher, &["env, finish"], |_| Reaction::None);
    let Event::Warning { text } = worker_events(&run)[0] else {
        panic!("{:?}", run.events)
    };
    assert_eq!(text, "1 3 cuda:0");
    assert_eq!(usable_cores(), before);
}

#[test]
fn memory_is_limited_even_if_a_process_cannot_be_pinned() {
    let mut launcher = launcher(&fake_worker());
    launcher.slots[0].cores = vec![100_000];
    launcher.slots[0].memory_bytes = Some(256 << 20);
    let (_dir, run) = run_on(&launcher, &["started, hog"], |_| Reaction::None);
    let story = run.story();
    assert!(
        story[1].contains("could not be pinned to cores [100000]"),
        "{story:?}"
    );
    assert_eq!(story[2..], ["0.1 out-of-memory!", "0 done in 1"]);
}

/// The error of a run with this worker program.
fn error_with(worker: &Path) -> String {
    let (_dir, run) = run_on(&launcher(worker), &["", ""], |_| Reaction::None);
    assert_eq!(run.summary.error.as_ref().unwrap().exit_code(), 4);
    run.error()
}

#[test]
fn a_missing_program_closes_the_slot() {
    let text = error_with(Path::new("/nowhere/missing"));
    assert!(text.contains("missing does not start"), "{text}");
    assert!(text.contains("build it"), "{text}");
}

#[test]
fn a_broken_program_closes_the_slot_with_its_stderr() {
    let dir = tempfile::tempdir().unwrap();
    let broken = dir.path().join("broken");
    let message = "lib.so: cannot open shared object file";
    let script = format!("#!/bin/sh\necho '{message}' >&2\nexit 127\n");
    fs::write(&broken, script).unwrap();
    fs::set_permissions(&broken, fs::Permissions::from_mode(0o755)).unwrap();
    let text = error_with(&broken);
    assert!(
        text.contains("exited with code 127 before it reported anything"),
        "{text}"
    );
    assert!(text.ends_with(message), "{text}");
}

#[test]
fn a_worker_that_cannot_run_here_is_named_with_the_command_that_builds_it() {
    let dir = tempfile::tempdir().unwrap();
    let worker = dir.path().join("convsweep-worker-cuda");
    fs::rename(script(dir.path(), "exit 127"), &worker).unwrap();
    let text = error_with(&worker);
    let remedy = "before it reported anything; `just worker cuda`, in the sources of convsweep";
    assert!(text.contains(remedy), "{text}");
}

/// An executable shell script.
pub fn script(dir: &Path, text: &str) -> PathBuf {
    let path = dir.join("worker");
    fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}

/// Runs jobs on this many slots of one device.
fn run_on_slots(worker: &Path, slots: usize, scripts: &[&str]) -> (TempDir, Finished) {
    let mut launcher = launcher(worker);
    launcher.slots = vec![launcher.slots[0].clone(); slots];
    run_on(&launcher, scripts, |_| Reaction::None)
}

#[test]
fn a_program_that_cannot_run_here_is_tried_once_and_reported_once() {
    let dir = tempfile::tempdir().unwrap();
    let message = "w: error while loading shared libraries: libx.so: cannot open";
    let missing_library = format!("echo x >> starts; echo '{message}' >&2; exit 127");
    for (program, text) in [
        (missing_library.as_str(), message),
        (
            "echo x >> starts; kill -ILL $$",
            "another kind of processor",
        ),
    ] {
        let starts = dir.path().join("starts");
        let program = program.replace("starts", &starts.display().to_string());
        let worker = script(dir.path(), &program);
        let (_dir, run) = run_on_slots(&worker, 2, &[""; 6]);
        assert!(run.error().contains(text), "{}", run.error());
        assert_eq!(run.summary.error.as_ref().unwrap().exit_code(), 4);
        assert_eq!(run.summary.remaining.len(), 6);
        assert!(run.outcomes().is_empty(), "{:?}", run.story());
        let starts = fs::read_to_string(starts).unwrap().len() / 2;
        assert!(starts <= 2, "at most once a slot: {starts}");
        fs::remove_file(dir.path().join("starts")).unwrap();
    }
    let no_program = dir.path().join("no-program");
    fs::write(&no_program, "\x7fELF of another machine").unwrap();
    fs::set_permissions(&no_program, fs::Permissions::from_mode(0o755)).unwrap();
    let (_dir, run) = run_on_slots(&no_program, 2, &[""; 6]);
    assert!(
        run.error().contains("build it for this machine"),
        "{}",
        run.error()
    );
    assert!(run.story().is_empty(), "{:?}", run.story());
}

#[test]
fn orders_that_cannot_be_written_end_the_attempt_with_the_reason() {
    let dir = tempfile::tempdir().unwrap();
    let worker = script(dir.path(), "exec <&-; sleep 60");
    let since = std::time::Instant::now();
    let (_dir, run) = run_on_slots(&worker, 1, &[""]);
    assert!(since.elapsed().as_secs() < 30);
    // Written before or after the worker closes its end.
    let reason = run.first_stderr().to_lowercase();
    assert!(
        reason.starts_with("the worker no longer reads its orders (broken pipe"),
        "{reason}"
    );
    assert!(
        run.outcomes()
            .iter()
            .all(|outcome| outcome.name() == "crashed")
    );
}

#[test]
fn memory_is_limited_from_the_first_instruction() {
    let dir = tempfile::tempdir().unwrap();
    let seen = dir.path().join("seen");
    let show = format!(
        "ulimit -Hd > {}; exec {}",
        seen.display(),
        fake_worker().display()
    );
    let mut launcher = launcher(&script(dir.path(), &show));
    launcher.slots[0].memory_bytes = Some(300 << 20);
    let (_dir, run) = run_on(&launcher, &["finish"], |_| Reaction::None);
    assert_eq!(run.summary.successful(), 1);
    assert_eq!(
        fs::read_to_string(seen).unwrap().trim(),
        (300 << 10).to_string()
    );
}
