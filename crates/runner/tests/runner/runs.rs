//! Whole runs: order, workers, retries, states handed on, slots that close.

use crate::fake_launcher::{FakeLauncher, Step, end, fail, finish, warn};
use crate::jobs::{job, job_with, jobs, jobs_of_configurations};
use convsweep_runner::RunEvent;
use convsweep_spec::event::Event;
use convsweep_spec::job::Job;
use convsweep_spec::outcome::Outcome;
use std::time::Instant;

#[test]
fn one_worker_trains_all_jobs_in_order() {
    let dir = tempfile::tempdir().unwrap();
    let launcher = FakeLauncher::new(1, finish);
    let run = launcher.run(jobs(dir.path(), 3));
    run.check(&[
        "0.1 on 0",
        "0.1 finished",
        "0 done in 1",
        "1.1 on 0",
        "1.1 finished",
        "1 done in 1",
        "2.1 on 0",
        "2.1 finished",
        "2 done in 1",
    ]);
    assert_eq!(launcher.launched.get(), 1);
    assert_eq!(
        (run.summary.successful(), run.summary.remaining.len()),
        (3, 0)
    );
    assert!(run.summary.error.is_none());
    assert!(run.jobs.iter().all(|job| job.execution.folder.is_dir()));
}

#[test]
fn a_crashed_job_is_retried_by_a_new_worker_with_the_next_number() {
    let dir = tempfile::tempdir().unwrap();
    let crash_twice = |job: &Job| match (job.question.seed, job.execution.attempt) {
        (0, 5 | 6) => vec![warn("w"), Step::Die],
        _ => finish(job),
    };
    let launcher = FakeLauncher::new(1, crash_twice);
    let mut jobs = jobs(dir.path(), 2);
    jobs[0].execution.attempt = 5;
    let run = launcher.run(jobs);
    run.check(&[
        "0.5 on 0",
        "0.5 crashed!",
        "0 again as 6",
        "0.6 on 0",
        "0.6 crashed!",
        "0 again as 7",
        "0.7 on 0",
        "0.7 finished",
        "0 done in 3",
        "1.1 on 0",
        "1.1 finished",
        "1 done in 1",
    ]);
    assert_eq!((launcher.launched.get(), run.summary.successful()), (3, 2));
    assert_eq!(run.first_stderr(), "last words\n");
}

#[test]
fn failed_jobs_are_not_retried_but_their_worker_is_replaced() {
    let dir = tempfile::tempdir().unwrap();
    let diverged = Outcome::Diverged {
        epoch: 0,
        step: 0,
        learning_rate: 1.0,
        loss: None,
    };
    let script = move |job: &Job| match job.question.seed {
        0 => vec![fail("m")],
        1 => vec![end(Outcome::OutOfMemory)],
        2 => vec![end(diverged.clone())],
        _ => finish(job),
    };
    let launcher = FakeLauncher::new(1, script);
    let run = launcher.run(jobs(dir.path(), 4));
    let names: Vec<&str> = run.outcomes().into_iter().map(Outcome::name).collect();
    assert_eq!(names, ["failed", "out-of-memory", "diverged", "finished"]);
    assert!(run.summary.done.iter().all(|result| result.attempts == 1));
    assert_eq!((launcher.launched.get(), run.summary.successful()), (3, 1));
}

/// Reports the state it starts from, saves one at the end, and finishes.
fn save_state(job: &Job) -> Vec<Step> {
    let from = match &job.execution.start_from {
        Some(state) => format!("{} {}", state.epoch, state.path.display()),
        None => "scratch".to_string(),
    };
    let epoch = job.question.configuration.train.epochs();
    let saved = Event::StateSaved {
        epoch,
        key: job.question.state_key(epoch),
        path: "states/last".into(),
        bytes: 1,
        blake3: None,
    };
    vec![warn(&from), Step::Report(saved), end(Outcome::Finished)]
}

#[test]
fn a_saved_state_is_given_to_the_job_that_waits_for_it() {
    let dir = tempfile::tempdir().unwrap();
    let long = job_with(dir.path(), 0, &[(2, 0.1), (1, 0.01)]);
    let short = job_with(dir.path(), 0, &[(2, 0.1)]);
    let state = short.execution.folder.join("states/last");
    let run = FakeLauncher::new(1, save_state).run(vec![long, job(dir.path(), 7), short]);
    let mut story = run.story();
    story.retain(|words| words.contains(" on "));
    assert_eq!(story, ["1.1 on 0", "2.1 on 0", "0.1 on 0"]);
    let mut texts = Vec::new();
    for event in &run.events {
        if let RunEvent::Worker(envelope) = event
            && let Event::Warning { text } = &envelope.event
        {
            texts.push(text.clone());
        }
    }
    assert_eq!(
        texts,
        ["scratch", "scratch", &format!("2 {}", state.display())]
    );
}

#[test]
fn the_other_slot_does_the_work_of_one_that_cannot_start() {
    let dir = tempfile::tempdir().unwrap();
    let launcher = FakeLauncher::new(2, finish).refusing(|slot| slot == 0);
    let run = launcher.run(jobs(dir.path(), 50));
    assert_eq!(
        (run.summary.successful(), run.summary.remaining.len()),
        (50, 0)
    );
}

#[test]
fn a_slot_that_cannot_start_is_closed() {
    let dir = tempfile::tempdir().unwrap();
    let launcher = FakeLauncher::new(1, finish).refusing(|_| true);
    let run = launcher.run(jobs(dir.path(), 50));
    run.check(&[
        "start 1 failed on 0",
        "start 2 failed on 0",
        "start 3 failed on 0",
        "slot 0 closed",
    ]);
    assert_eq!(run.summary.remaining.len(), 50);
    assert_eq!(run.summary.error.as_ref().unwrap().exit_code(), 4);
    let text = run.error();
    assert!(
        text.contains("50 jobs were not trained: no such program"),
        "{text}"
    );
}

#[test]
fn workers_that_die_at_the_start_close_their_slot() {
    let dir = tempfile::tempdir().unwrap();
    let run = FakeLauncher::new(1, |_| vec![Step::Die]).run(jobs(dir.path(), 5));
    assert_eq!(run.story().last().unwrap(), "slot 0 closed");
    assert_eq!(
        (run.summary.done.len(), run.summary.remaining.len()),
        (0, 5)
    );
    assert_eq!(run.summary.closed_slots.len(), 1);
    let text = run.error();
    let reason = "/fake/worker was killed by signal 11 before it reported anything";
    assert!(text.contains(reason), "{text}");
    assert!(text.ends_with("last words"), "{text}");
}

#[test]
fn a_device_on_which_everything_fails_is_closed() {
    let dir = tempfile::tempdir().unwrap();
    let launcher = FakeLauncher::new(1, |_| vec![fail("no driver")]);
    let run = launcher.run(jobs_of_configurations(dir.path(), 9));
    assert_eq!(run.story().last().unwrap(), "slot 0 closed");
    assert_eq!(
        (run.summary.done.len(), run.summary.remaining.len()),
        (5, 4)
    );
    let text = run.error();
    let reason = "5 consecutive jobs ended with the same error (failed: no driver)";
    assert!(text.contains(reason), "{text}");
    assert!(
        text.contains("the device cuda:0 gets no more jobs"),
        "{text}"
    );
}

#[test]
fn a_run_without_jobs_or_slots_ends_at_once() {
    let dir = tempfile::tempdir().unwrap();
    assert!(
        FakeLauncher::new(1, finish)
            .run(vec![])
            .summary
            .error
            .is_none()
    );
    let run = FakeLauncher::new(0, finish).run(jobs(dir.path(), 1));
    assert!(run.error().contains("there are none"));
}

#[test]
fn a_job_folder_that_cannot_be_made_ends_the_run() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("jobs"), "in the way").unwrap();
    let run = FakeLauncher::new(2, finish).run(jobs(dir.path(), 3));
    assert_eq!(run.summary.error.unwrap().exit_code(), 5);
    assert_eq!(run.summary.remaining.len(), 3);
}

#[test]
fn a_worker_that_refuses_its_environment_ends_the_run_with_its_reason() {
    let dir = tempfile::tempdir().unwrap();
    let refuse = |_: &Job| vec![Step::RefuseEnvironment("no such instruction set\n")];
    let launcher = FakeLauncher::new(1, refuse);
    let run = launcher.run(jobs(dir.path(), 3));
    run.check(&["0.1 on 0"]);
    assert_eq!(launcher.launched.get(), 1);
    assert_eq!(run.error(), "no worker can start: no such instruction set");
    assert_eq!(run.summary.remaining.len(), 3);
}

#[test]
fn a_full_disk_ends_the_run_and_its_jobs_remain() {
    let dir = tempfile::tempdir().unwrap();
    let full = || Outcome::DiskFull {
        message: "no space".into(),
        remedy: None,
    };
    let run = FakeLauncher::new(1, move |_| vec![end(full())]).run(jobs(dir.path(), 3));
    run.check(&["0.1 on 0", "0.1 disk-full!"]);
    assert_eq!(run.summary.remaining.len(), 3);
    assert!(run.error().contains("make room"), "{}", run.error());
}

#[test]
fn ten_thousand_jobs_cost_less_than_a_millisecond_each() {
    let dir = tempfile::tempdir().unwrap();
    let mut jobs = jobs(dir.path(), 10_000);
    for job in &mut jobs {
        job.execution.folder = dir.path().into();
    }
    let start = Instant::now();
    let run = FakeLauncher::new(2, finish).run(jobs);
    assert_eq!(run.summary.successful(), 10_000);
    let seconds = start.elapsed().as_secs_f64();
    assert!(seconds < 10.0, "{seconds}");
}
