//! What workers write: lines that are not events, events of other jobs, events that were logged but
//! not reported.

use crate::fake_launcher::{FakeLauncher, Step, end, finish, line, warn};
use crate::jobs::{job, jobs};
use convsweep_spec::event::Event;
use convsweep_spec::job::Job;
use convsweep_spec::outcome::Outcome;

fn warning() -> Event {
    Event::Warning { text: "w".into() }
}

/// The first job follows the script, all others finish.
fn first_job(script: fn(&Job) -> Vec<Step>) -> impl Fn(&Job) -> Vec<Step> {
    move |job| match (job.question.seed, job.execution.attempt) {
        (0, 1) => script(job),
        _ => finish(job),
    }
}

#[test]
fn many_ignored_lines_are_shown_a_few_times_for_each_job() {
    let dir = tempfile::tempdir().unwrap();
    let script = |job: &Job| {
        let count = if job.question.seed == 0 { 1000 } else { 1 };
        let mut steps = vec![Step::Line("blah".into()); count];
        steps.push(end(Outcome::Finished));
        steps
    };
    let run = FakeLauncher::new(1, script).run(jobs(dir.path(), 2));
    run.check(&[
        "0.1 on 0",
        "note blah",
        "note blah",
        "note blah",
        "note blah",
        "note blah",
        "note the worker writes more lines that are not events; they are ignored",
        "0.1 finished",
        "0 done in 1",
        "1.1 on 0",
        "note blah",
        "1.1 finished",
        "1 done in 1",
    ]);
}

#[test]
fn a_worker_that_reports_about_another_job_is_replaced() {
    let dir = tempfile::tempdir().unwrap();
    let wrong_job = |_: &Job| {
        let other = job("elsewhere".as_ref(), 99);
        vec![Step::Line(line(&other, 0, warning())), Step::Hang]
    };
    let launcher = FakeLauncher::new(1, first_job(wrong_job));
    let run = launcher.run(jobs(dir.path(), 2));
    run.check(&[
        "0.1 on 0",
        "0.1 failed!",
        "0 done in 1",
        "1.1 on 0",
        "1.1 finished",
        "1 done in 1",
    ]);
    assert_eq!(launcher.launched.get(), 2);
}

#[test]
fn a_newer_worker_closes_its_slot_with_a_remedy() {
    let dir = tempfile::tempdir().unwrap();
    let newer = |job: &Job| {
        let known = line(job, 0, warning());
        let newer = known.replacen("\"format\":1", "\"format\":2", 1);
        vec![Step::Line(newer), Step::AwaitStop]
    };
    let run = FakeLauncher::new(1, first_job(newer)).run(jobs(dir.path(), 2));
    run.check(&["0.1 on 0", "0.1 failed!", "0 done in 1", "slot 0 closed"]);
    let text = run.error();
    assert!(
        text.contains("speaks format 2, this program 1: build both"),
        "{text}"
    );
}

#[test]
fn an_end_that_was_logged_counts_although_it_was_not_reported() {
    let dir = tempfile::tempdir().unwrap();
    let finished = Event::Ended {
        outcome: Outcome::Finished,
        seconds: 1.0,
        peak_memory_bytes: 1,
    };
    let script = move |_: &Job| vec![Step::Log(warning()), Step::Log(finished.clone()), Step::Die];
    let run = FakeLauncher::new(1, script).run(jobs(dir.path(), 1));
    run.check(&[
        "0.1 on 0",
        "0.1 finished",
        "0 done in 1",
        "note the worker was killed by signal 11 between two jobs",
    ]);
}

#[test]
fn a_worker_that_logged_an_event_did_not_die_at_the_start() {
    let dir = tempfile::tempdir().unwrap();
    let script = |_: &Job| vec![Step::Log(warning()), Step::Die];
    let run = FakeLauncher::new(1, first_job(script)).run(jobs(dir.path(), 1));
    run.check(&[
        "0.1 on 0",
        "0.1 crashed!",
        "0 again as 2",
        "0.2 on 0",
        "0.2 finished",
        "0 done in 2",
    ]);
}

#[test]
fn what_was_reported_is_not_read_again_from_the_log() {
    let dir = tempfile::tempdir().unwrap();
    let script = |_: &Job| vec![warn("w"), Step::Log(warning()), Step::Die];
    let run = FakeLauncher::new(1, first_job(script)).run(jobs(dir.path(), 1));
    let workers = |event: &&convsweep_runner::RunEvent| matches!(event, convsweep_runner::RunEvent::Worker(event) if event.attempt == 1);
    assert_eq!(run.events.iter().filter(workers).count(), 2);
}
