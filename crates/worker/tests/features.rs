//! Features that are kept from epoch to epoch change no bit of the result.

mod common;

use common::*;
use convsweep_spec::augment::{FlipAxis, Step};
use convsweep_spec::event::Event;
use convsweep_spec::job::{CheckpointEvery, Job};
use convsweep_spec::metric::Metric;
use convsweep_spec::outcome::Outcome;
use convsweep_spec::train::TrainSpec;
use std::path::Path;
use tempfile::tempdir;

/// Batches of an epoch: 205 images by 16.
const BATCHES: usize = 13;

const NOTHING_KEPT: &[(&str, &str)] = &[("CONVSWEEP_FEATURE_MEMORY", "0")];

fn names(rules: &[&str]) -> Vec<String> {
    rules.iter().map(|rule| rule.to_string()).collect()
}

/// A job without augmentation whose phases have these epochs and frozen layers.
fn frozen_job(results: &Path, phases: &[(u32, &[&str])], change: &dyn Fn(&mut TrainSpec)) -> Job {
    let optimizers: Vec<_> = phases.iter().map(|&(n, _)| (n, adam(3e-3))).collect();
    let mut question = job(results, &optimizers).question;
    question.configuration.augment.steps.clear();
    let train = &mut question.configuration.train;
    for (phase, (_, rules)) in train.phases.iter_mut().zip(phases) {
        phase.freeze = names(rules);
    }
    change(train);
    finish(question, results)
}

fn run_in(job: &Job, failpoint: Option<&str>, environment: &[(&str, &str)]) -> Vec<Event> {
    let mut worker = Worker::start_in(failpoint, environment);
    worker.train(job);
    worker.events()
}

/// What a job leaves; it must finish.
fn left_by(make: &dyn Fn(&Path) -> Job, environment: &[(&str, &str)]) -> Left {
    let results = tempdir().expect("temporary");
    let job = make(results.path());
    let events = run_in(&job, None, environment);
    assert_eq!(outcome(&events), Some(&Outcome::Finished));
    left(&job)
}

/// How often features of batches were computed, counted by a failpoint; at most `most`.
fn computed(make: &dyn Fn(&Path) -> Job, environment: &[(&str, &str)], most: usize) -> usize {
    let dies_at = |n: usize| {
        let results = tempdir().expect("temporary");
        let job = make(results.path());
        let failpoint = format!("features:{n}");
        outcome(&run_in(&job, Some(&failpoint), environment)).is_none()
    };
    assert!(!dies_at(most + 1), "more than {most}");
    (0..=most)
        .rev()
        .find(|&n| n == 0 || dies_at(n))
        .unwrap_or(0)
}

/// Trains with features and without; the results must be equal, and each training batch computed
/// this often.
#[track_caller]
fn check(phases: &[(u32, &[&str])], change: &dyn Fn(&mut TrainSpec), batches: usize) {
    let make = |results: &Path| frozen_job(results, phases, change);
    assert_eq!(left_by(&make, &[]), left_by(&make, NOTHING_KEPT));
    assert_eq!(computed(&make, &[], batches), batches);
}

#[test]
fn a_frozen_backbone_is_computed_once() {
    check(&[(4, &["backbone"])], &|_| {}, BATCHES);
}

#[test]
fn frozen_first_layers_are_computed_once_with_mirror_images_and_accumulation() {
    let change = |train: &mut TrainSpec| {
        train.tta_flip = true;
        train.accumulate = 3;
        train.best = Some(Metric::natural("val_loss"));
        train.phases[0].optimizer.clip_norm = Some(0.5);
    };
    check(&[(3, &["conv1"])], &change, BATCHES);
}

#[test]
fn a_moving_average_is_validated_as_it_is() {
    check(
        &[(3, &["backbone"])],
        &|train| train.ema = Some(0.9),
        BATCHES,
    );
}

#[test]
fn phases_that_train_other_layers_compute_them_again() {
    let phases: [(u32, &[&str]); 4] = [
        (2, &["backbone"]),
        (2, &["backbone", "!dense1"]),
        (1, &[]),
        (2, &["conv*"]),
    ];
    // Dropout ends what is kept before the dense layers, so that the first two phases share it.
    check(&phases, &|_| {}, 2 * BATCHES);
}

#[test]
fn nothing_is_kept_beyond_the_memory_or_of_random_images() {
    let make = |results: &Path| frozen_job(results, &[(2, &["backbone"])], &|_| {});
    // The first batch shows how large the features are.
    assert_eq!(computed(&make, NOTHING_KEPT, 1), 1);
    let augmented = |results: &Path| {
        let mut question = make(results).question;
        let flip = Step::Flip {
            axis: FlipAxis::Horizontal,
            p: 0.5,
        };
        question.configuration.augment.steps.push(flip);
        finish(question, results)
    };
    assert_eq!(computed(&augmented, &[], 0), 0);
}

#[test]
fn an_interrupted_job_continues_to_the_same_bits() {
    let phases: [(u32, &[&str]); 2] = [(2, &["backbone"]), (2, &["conv1"])];
    let make = |results: &Path| {
        let mut job = frozen_job(results, &phases, &|_| {});
        job.execution.checkpoint_every = CheckpointEvery::Seconds(0.0);
        job
    };
    let expected = left_by(&make, NOTHING_KEPT);
    for failpoint in ["features:5", "step:9", "step:20", "validation:3", "step:31"] {
        let results = tempdir().expect("temporary");
        let mut job = make(results.path());
        assert_eq!(outcome(&run(&job, Some(failpoint))), None, "{failpoint}");
        job.execution.attempt = 2;
        let second = run(&job, Some(failpoint));
        assert_eq!(outcome(&second), Some(&Outcome::Finished), "{failpoint}");
        assert_eq!(left(&job), expected, "{failpoint}");
    }
}
