//! Runs in which a search suspends, releases and prunes jobs.

use crate::fake_launcher::{FakeLauncher, Step, end, epoch, finish, warn};
use crate::harness::{Clock, Finished, Reaction, quick_policy, run_with_log};
use crate::jobs::job_with;
use convsweep_runner::search::{
    Curve, JobStatus, SearchHistory, SearchInput, SearchJob, SearchRules,
};
use convsweep_runner::{ExperimentLog, RunEvent, RunPolicy};
use convsweep_spec::job::Job;
use convsweep_spec::layout::ResultsFolder;
use convsweep_spec::metric::{Direction, VAL_ACCURACY};
use convsweep_spec::outcome::Outcome;
use convsweep_spec::search::{SearchSettings, StopRule};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};

const EPOCHS: u32 = 4;

/// Three configurations of four epochs.
fn jobs(folder: &Path) -> Vec<Job> {
    let job = |rate: u32| job_with(folder, 0, &[(EPOCHS, 0.1 * f64::from(rate))]);
    (1..=3).map(job).collect()
}

/// Successive halving after one epoch and after three.
fn halving(jobs: &[Job]) -> RunPolicy {
    let search_job = |configuration| SearchJob {
        configuration,
        seed: 0,
        epochs: EPOCHS,
        curve: Curve::default(),
        status: JobStatus::Active,
    };
    let rules = SearchRules {
        settings: SearchSettings {
            stop: Some(StopRule::SuccessiveHalving { eta: 3, first: 1 }),
            start_seeds: None,
        },
        direction: Direction::Max,
        baseline: None,
    };
    let search = SearchInput {
        rules,
        metric: VAL_ACCURACY.into(),
        jobs: (0..jobs.len()).map(search_job).collect(),
        ids: jobs.iter().map(|job| job.id.clone()).collect(),
        stage: None,
        history: SearchHistory::default(),
        order: (0..jobs.len()).collect(),
        early_stops: BTreeMap::new(),
    };
    RunPolicy {
        search: Some(search),
        ..quick_policy()
    }
}

/// Trains up to the pause, or to the end; higher rates are better.
fn train(job: &Job) -> Vec<Step> {
    let execution = &job.execution;
    let rate = job.question.configuration.train.phases[0].optimizer.lr;
    let last = execution.until.unwrap_or(EPOCHS);
    let mut steps = vec![warn("w")];
    for number in 1..=last {
        steps.push(epoch(number, rate + 0.01 * f64::from(number)));
    }
    steps.push(match execution.until {
        Some(_) => end(Outcome::Cancelled),
        None => end(Outcome::Finished),
    });
    steps
}

fn run(script: fn(&Job) -> Vec<Step>) -> Finished {
    let dir = tempfile::tempdir().unwrap();
    let jobs = jobs(dir.path());
    FakeLauncher::new(1, script).run_by(halving(&jobs), jobs)
}

#[test]
fn halving_pauses_all_jobs_and_continues_with_the_best() {
    run(train).check(&[
        "0.1 on 0",
        "0.1 cancelled",
        "1.1 on 0",
        "1.1 cancelled",
        "2.1 on 0",
        // All decisions are written before the first one is carried out.
        "0 stop by successive-halving at 1",
        "1 stop by successive-halving at 1",
        "2 go-on by successive-halving at 1",
        "0 done in 1",
        "1 done in 1",
        "2.1 cancelled",
        "2.2 on 0",
        "2 go-on by successive-halving at 3",
        "2.2 cancelled",
        "2.3 on 0",
        "2.3 finished",
        "2 done in 3",
    ]);
}

#[test]
fn decisions_are_in_the_log_before_anything_follows_from_them() {
    let dir = tempfile::tempdir().unwrap();
    let results = ResultsFolder(dir.path().to_path_buf());
    let log = RefCell::new(ExperimentLog::open(&results, "e").unwrap());
    let path = results.experiment_log("e");
    let found = Arc::new(Mutex::new(vec![]));
    let noted = Arc::clone(&found);
    let script = move |job: &Job| {
        let text = std::fs::read_to_string(&path).unwrap();
        let count = |kind: &str| text.matches(&format!("\"record\":\"{kind}\"")).count();
        let counts = (count("judgement"), count("decision"));
        noted.lock().unwrap().push((job.execution.attempt, counts));
        train(job)
    };
    let jobs = jobs(dir.path());
    let launcher = FakeLauncher::new(1, script);
    let react = |_: &RunEvent| Reaction::None;
    run_with_log(
        (Clock::Paused, &log),
        &launcher,
        jobs.clone(),
        halving(&jobs),
        react,
    );
    // The winner starts again after one decision about three jobs, and after one about itself.
    let expected = [
        (1, (0, 0)),
        (1, (0, 0)),
        (1, (0, 0)),
        (2, (1, 3)),
        (3, (2, 4)),
    ];
    assert_eq!(*found.lock().unwrap(), expected);
    // A run that continues replays them, and decides nothing.
    let mut policy = halving(&jobs);
    if let Some(search) = &mut policy.search {
        search.history = log.borrow().history().clone();
    }
    let launcher = FakeLauncher::new(1, train);
    let again = run_with_log((Clock::Paused, &log), &launcher, jobs, policy, react);
    let story = again.story();
    assert_eq!(story, ["2.1 on 0", "2.1 finished", "2 done in 1"]);
}

#[test]
fn a_job_whose_workers_die_at_the_start_does_not_hold_up_the_others() {
    let run = run(
        |job| match job.question.configuration.train.phases[0].optimizer.lr {
            rate if rate < 0.15 => vec![Step::Die],
            _ => train(job),
        },
    );
    let done = run.summary.done.iter();
    let mut outcomes: Vec<&str> = done.map(|result| result.outcome.name()).collect();
    outcomes.sort_unstable();
    assert_eq!(
        outcomes,
        ["crashed", "finished", "stopped"],
        "{:?}",
        run.story()
    );
    assert!(run.summary.remaining.is_empty());
}

#[test]
fn jobs_that_no_rule_knows_are_trained_to_their_end() {
    let dir = tempfile::tempdir().unwrap();
    let known = jobs(dir.path());
    let unknown = job_with(dir.path(), 7, &[(1, 0.5)]);
    let mut policy = halving(&known);
    if let Some(search) = &mut policy.search {
        search.jobs.clear();
        search.ids.clear();
    }
    let run = FakeLauncher::new(1, finish).run_by(policy, vec![unknown]);
    run.check(&["0.1 on 0", "0.1 finished", "0 done in 1"]);
}
