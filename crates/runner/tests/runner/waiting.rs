//! Jobs that wait for another job's state while people pause and cancel.

use crate::fake_launcher::{FakeLauncher, Step, end, fail, warn};
use crate::harness::{Finished, Reaction};
use crate::jobs::job_with;
use convsweep_runner::{ControlRequest, RunEvent};
use convsweep_spec::event::Event;
use convsweep_spec::job::Job;
use convsweep_spec::outcome::Outcome;
use std::path::Path;

/// Reports the state that it starts from, saves one after each phase, and finishes.
fn save_states(job: &Job) -> Vec<Step> {
    let start = match &job.execution.start_from {
        Some(state) => format!("from {}", state.epoch),
        None => "scratch".to_string(),
    };
    let mut steps = vec![warn(&start)];
    for epoch in job.question.configuration.train.phase_ends() {
        steps.push(state_saved(job, epoch));
    }
    steps.push(end(Outcome::Finished));
    steps
}

fn state_saved(job: &Job, epoch: u32) -> Step {
    Step::Report(Event::StateSaved {
        epoch,
        key: job.question.state_key(epoch),
        path: format!("states/epoch-{epoch}"),
        bytes: 1,
        blake3: None,
    })
}

/// A job of ten epochs, and two that continue from its state.
fn family(results: &Path) -> Vec<Job> {
    vec![
        job_with(results, 0, &[(10, 0.1)]),
        job_with(results, 0, &[(10, 0.1), (5, 0.01)]),
        job_with(results, 0, &[(10, 0.1), (7, 0.02)]),
    ]
}

/// What each job reported first in its last attempt, by its place.
fn starts(run: &Finished) -> Vec<String> {
    let mut starts = vec![String::new(); run.jobs.len()];
    for event in &run.events {
        if let RunEvent::Worker(envelope) = event
            && let Event::Warning { text } = &envelope.event
        {
            let place = run.jobs.iter().position(|job| job.id == envelope.job);
            starts[place.unwrap()] = text.clone();
        }
    }
    starts
}

/// Whether the event is the first word of the first attempt at the job.
fn begins(event: &RunEvent, job: &Job) -> bool {
    matches!(event, RunEvent::Worker(event) if event.job == job.id && event.attempt == 1 && event.n == 0)
}

fn wait_in_first_attempt(job: &Job) -> Vec<Step> {
    let is_first = job.question.configuration.train.epochs() == 10;
    if is_first && job.execution.attempt == 1 {
        return vec![warn("w"), Step::AwaitStop];
    }
    save_states(job)
}

#[test]
fn jobs_that_need_a_paused_jobs_state_wait_for_it() {
    let dir = tempfile::tempdir().unwrap();
    let jobs = family(dir.path());
    let first = jobs[0].clone();
    let run = FakeLauncher::new(2, wait_in_first_attempt).run_reacting(jobs, |event| match event {
        event if begins(event, &first) => Reaction::Control(ControlRequest::Pause),
        RunEvent::AttemptEnded {
            attempt: 1, job, ..
        } if *job == first.id => Reaction::Control(ControlRequest::Resume),
        _ => Reaction::None,
    });
    assert_eq!(starts(&run), ["scratch", "from 10", "from 10"]);
    assert_eq!(run.summary.successful(), 3);
    let paused = run.events.iter();
    let paused = paused.filter(|event| matches!(event, RunEvent::JobPaused { .. }));
    assert_eq!(paused.count(), 1);
}

#[test]
fn one_of_the_jobs_that_waited_for_a_cancelled_job_saves_the_state_for_the_others() {
    let dir = tempfile::tempdir().unwrap();
    let jobs = family(dir.path());
    let first = jobs[0].clone();
    let run = FakeLauncher::new(2, wait_in_first_attempt).run_reacting(jobs, |event| {
        let jobs = vec![first.id.clone()];
        match begins(event, &first) {
            true => Reaction::Control(ControlRequest::Cancel { jobs }),
            false => Reaction::None,
        }
    });
    assert_eq!(starts(&run), ["w", "scratch", "from 10"]);
    assert_eq!(run.summary.successful(), 2);
}

#[test]
fn a_failed_job_leaves_the_states_that_it_has_saved() {
    let dir = tempfile::tempdir().unwrap();
    let results = dir.path();
    let two_phases = job_with(results, 0, &[(10, 0.1), (5, 0.01)]);
    let three_phases = job_with(results, 0, &[(10, 0.1), (5, 0.01), (5, 0.001)]);
    let id = two_phases.id.clone();
    let run = FakeLauncher::new(1, move |job| match job.id == id {
        true => vec![warn("w"), state_saved(job, 10), fail("no")],
        false => save_states(job),
    })
    .run(vec![three_phases, two_phases]);
    assert_eq!(starts(&run), ["from 10", "w"]);
}

#[test]
fn a_job_that_waits_can_be_cancelled() {
    let dir = tempfile::tempdir().unwrap();
    let jobs = family(dir.path());
    let (first, second) = (jobs[0].clone(), jobs[1].id.clone());
    let run = FakeLauncher::new(1, save_states).run_reacting(jobs, |event| match event {
        RunEvent::AttemptStarted { job, .. } if *job == first.id => {
            let jobs = vec![second.clone()];
            Reaction::Control(ControlRequest::Cancel { jobs })
        }
        _ => Reaction::None,
    });
    assert_eq!(starts(&run), ["scratch", "", "from 10"]);
    assert_eq!(run.summary.remaining, [second]);
}
