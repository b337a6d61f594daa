//! Which jobs wait for a state that another job saves.

use crate::jobs::{job, job_with};
use convsweep_runner::schedule::shared_states::awaited_states;
use convsweep_spec::job::{Job, SavedState};
use std::path::Path;

/// Checks the job and the epoch whose state each job waits for.
fn check(jobs: &[Job], expect: &[Option<(usize, u32)>]) {
    let awaited = awaited_states(jobs).into_iter();
    let awaited: Vec<_> = awaited
        .map(|state| state.map(|s| (s.job, s.epoch)))
        .collect();
    assert_eq!(awaited, expect);
}

#[test]
fn a_job_waits_for_the_longest_state_that_it_can_start_from() {
    let folder = Path::new("r");
    let short = job_with(folder, 0, &[(10, 0.1)]);
    let two_phases = job_with(folder, 0, &[(10, 0.1), (5, 0.01)]);
    let three_phases = job_with(folder, 0, &[(10, 0.1), (5, 0.01), (5, 0.001)]);
    let other_seed = job_with(folder, 1, &[(20, 0.1)]);
    let other_rate = job_with(folder, 0, &[(12, 0.2)]);
    let jobs = [three_phases, two_phases, short, other_seed, other_rate];
    check(&jobs, &[Some((1, 15)), Some((2, 10)), None, None, None]);
}

#[test]
fn a_job_that_has_the_state_waits_for_none() {
    let folder = Path::new("r");
    let short = job_with(folder, 0, &[(10, 0.1)]);
    let mut continued = job_with(folder, 0, &[(10, 0.1), (7, 0.05)]);
    continued.execution.start_from = Some(SavedState {
        job: short.id.clone(),
        epoch: 10,
        key: short.question.state_key(10),
        path: "p".into(),
    });
    check(&[short, continued], &[None, None]);
}

#[test]
fn jobs_with_different_seeds_share_nothing() {
    let jobs: Vec<Job> = (0..5).map(|seed| job(Path::new("r"), seed)).collect();
    check(&jobs, &[None; 5]);
}
