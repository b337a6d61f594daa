//! Random jobs, each killed up to five times at random places and then finished: they must equal
//! undisturbed ones to the bit.
//!
//! There are three jobs by default and twenty with `CONVSWEEP_TORTURE` (`just test-long`);
//! `CONVSWEEP_TORTURE_SEED` selects others.

mod common;

use common::*;
use convsweep_spec::augment::{AugmentSpec, Fill, FlipAxis, Normalize, Step};
use convsweep_spec::event::{Event, Start};
use convsweep_spec::job::{CheckpointEvery, Job};
use convsweep_spec::metric::Metric;
use convsweep_spec::model::Layer;
use convsweep_spec::outcome::Outcome;
use convsweep_spec::train::{
    Anneal, Course, Length, Loss, Moments, Optimizer, Rule, Schedule, Warmup,
};
use std::collections::BTreeMap;
use std::path::Path;
use std::thread::sleep;
use std::time::Duration;
use tempfile::tempdir;

/// Largest number of kills of a job.
const KILLS: u32 = 5;

/// A random generator with a fixed algorithm, so that a failing run can be repeated by its seed.
struct Chance(u64);

impl Chance {
    fn below(&mut self, many: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % many.max(1)
    }

    fn yes(&mut self) -> bool {
        self.below(2) == 1
    }

    fn of<T: Clone>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())].clone()
    }
}

fn augment(chance: &mut Chance) -> AugmentSpec {
    let fill = Fill::Reflect;
    let over_image = [
        Step::Rotate {
            degrees: 15.0,
            fill,
            p: 1.0,
        },
        Step::Flip {
            axis: FlipAxis::Horizontal,
            p: 0.5,
        },
        Step::Crop {
            pad: 2,
            fill,
            p: 1.0,
        },
        Step::RandomResizedCrop {
            min: 0.5,
            max: 1.0,
            ratio: 1.3,
            p: 0.5,
        },
        Step::Contrast {
            strength: 0.3,
            p: 0.7,
        },
        Step::Noise {
            deviation: 0.02,
            p: 1.0,
        },
        Step::Erase {
            min: 0.1,
            max: 0.2,
            p: 0.5,
        },
        Step::Flip {
            axis: FlipAxis::Alternating,
            p: 1.0,
        },
        Step::TrivialAugment { p: 1.0 },
        Step::RandAugment {
            operations: 2,
            magnitude: 9,
            p: 0.5,
        },
    ];
    let mut steps: Vec<Step> = over_image.into_iter().filter(|_| chance.yes()).collect();
    let over_batch = [
        Step::Mixup { alpha: 0.4, p: 0.7 },
        Step::Cutmix { alpha: 1.0, p: 0.7 },
    ];
    steps.extend(over_batch.into_iter().filter(|_| chance.yes()));
    AugmentSpec {
        normalize: chance.of(&[Normalize::Unit, Normalize::Standard]),
        steps,
    }
}

fn optimizer(chance: &mut Chance) -> Optimizer {
    let moments = Moments {
        beta1: 0.9,
        beta2: 0.999,
        epsilon: 1e-8,
    };
    let choices = [
        sgd(0.02),
        adam(2e-3),
        Optimizer::new(Rule::Adamw(moments), 2e-3).with_decay(0.05),
        Optimizer::new(
            Rule::Rmsprop {
                decay: 0.99,
                epsilon: 1e-8,
                momentum: 0.9,
                centered: true,
            },
            5e-4,
        ),
        Optimizer::new(
            Rule::Lion {
                beta1: 0.9,
                beta2: 0.99,
            },
            3e-4,
        ),
        Optimizer::new(
            Rule::Muon {
                momentum: 0.95,
                nesterov: true,
                iterations: 3,
                adam_lr: 1e-3,
            },
            0.01,
        ),
    ];
    let clip_norm = chance.yes().then_some(1.0);
    Optimizer {
        clip_norm,
        decay_norm_and_bias: chance.yes(),
        ..chance.of(&choices)
    }
}

fn schedule(chance: &mut Chance, epochs: u32) -> Schedule {
    let anneal = chance.of(&[Anneal::Cosine, Anneal::Linear]);
    let plateau = Course::Plateau {
        metric: Metric::natural("val_loss"),
        factor: 0.5,
        patience: 0,
        min_delta: 0.05,
        cooldown_epochs: 0,
        min_lr: 0.0,
    };
    let course = chance.of(&[
        Course::Constant,
        Course::Cosine {
            epochs,
            min_lr: 0.0,
        },
        Course::OneCycle {
            epochs,
            pct_start: 0.3,
            div_factor: 25.0,
            final_div_factor: 1e4,
            anneal,
        },
        plateau,
    ]);
    Schedule {
        course,
        warmup: chance.yes().then_some(Warmup {
            length: Length::Steps(3),
            from: 0.1,
        }),
    }
}

/// A job, by its number among those of a seed; its folder is inside `results`.
fn drawn(seed: u64, number: u64, results: &Path) -> Job {
    let chance = &mut Chance(seed.wrapping_mul(1000) + number);
    chance.below(2);
    let epochs = 2 + chance.below(2) as u32;
    let mut phases = vec![(epochs, optimizer(chance))];
    if chance.yes() {
        phases.push((1, optimizer(chance)));
    }
    let mut question = job(results, &phases).question;
    question.seed = chance.below(1000) as u64;
    let configuration = &mut question.configuration;
    configuration.augment = augment(chance);
    let rate = chance.of(&[0.0, 0.2, 0.5]);
    for layer in &mut configuration.model.layers {
        if let Layer::Dropout { rate: own } = layer {
            *own = rate;
        }
    }
    let train = &mut configuration.train;
    train.batch_size = chance.of(&[8, 16, 32]);
    train.accumulate = chance.of(&[1, 1, 2, 3]);
    train.ema = chance.yes().then_some(0.95);
    train.loss = Loss {
        label_smoothing: chance.of(&[0.0, 0.1]),
        focal: chance.of(&[0.0, 1.5]),
        class_weights: None,
    };
    train.best = chance.yes().then(|| Metric::natural("val_loss"));
    train.tta_flip = chance.yes();
    let count = train.phases.len();
    for phase in &mut train.phases {
        phase.schedule = schedule(chance, phase.epochs);
    }
    if count > 1 && chance.yes() {
        train.phases[1].freeze = vec!["conv1".into()];
    }
    // Every other job resumes in the middle of an epoch.
    let every = match number % 2 {
        0 => CheckpointEvery::Seconds(0.0),
        _ => chance.of(&[CheckpointEvery::Epochs(1), CheckpointEvery::Epochs(2)]),
    };
    let mut job = finish(question, results);
    job.execution.checkpoint_every = every;
    job
}

/// Number of steps of the whole job.
fn steps(job: &Job) -> usize {
    let train = &job.question.configuration.train;
    // Of 256 images, a fifth is used for validation.
    205usize.div_ceil(train.step_images()) * train.epochs() as usize
}

/// Runs an attempt that is killed at a random place or time; returns whether it was killed before
/// its end.
fn killed(job: &Job, chance: &mut Chance, places: &mut BTreeMap<String, u32>) -> bool {
    const PLACES: [&str; 13] = [
        "gradients",
        "step",
        "step",
        "validation",
        "metrics",
        "checkpoint-write",
        "checkpoint-renamed",
        "state-link",
        "state-saved",
        "model",
        "evaluation",
        "predictions",
        "evaluated",
    ];
    let place = chance.of(&PLACES);
    let first = job.execution.attempt == 1;
    // The first attempt is certain to pass there.
    let place = if first && job.execution.checkpoint_every == CheckpointEvery::Seconds(0.0) {
        "step"
    } else {
        place
    };
    let (place, count) = match place {
        "gradients" | "step" => (place, 1 + chance.below(steps(job))),
        "validation" | "metrics" | "checkpoint-renamed" | "checkpoint-write" if !first => {
            (place, 1 + chance.below(3))
        }
        place => (place, 1),
    };
    let mut worker = match chance.below(6) {
        0 if !first => {
            let mut worker = Worker::start(None);
            worker.train(job);
            sleep(Duration::from_millis(20 + chance.below(200) as u64));
            worker.child.kill().expect("kills");
            worker
        }
        _ => {
            let mut worker = Worker::start_to_die(&format!("{place}:{count}"));
            worker.train(job);
            worker
        }
    };
    let died = outcome(&worker.events()).is_none();
    if died {
        *places.entry(place.to_string()).or_default() += 1;
    }
    died
}

#[test]
fn random_jobs_survive_random_kills() {
    let long = std::env::var_os("CONVSWEEP_TORTURE").is_some();
    let seed = std::env::var("CONVSWEEP_TORTURE_SEED")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(11);
    let (jobs, began) = (if long { 20 } else { 3 }, std::time::Instant::now());
    let mut places = BTreeMap::new();
    let (mut kills, mut within) = (0, 0);
    for number in 0..jobs {
        let [calm, results] = [tempdir().expect("temporary"), tempdir().expect("temporary")];
        let undisturbed = drawn(seed, number, calm.path());
        assert_eq!(
            outcome(&run(&undisturbed, None)),
            Some(&Outcome::Finished),
            "job {number} of seed {seed}"
        );
        let mut job = drawn(seed, number, results.path());
        let chance = &mut Chance(seed ^ (number << 32));
        let asked = 1 + chance.below(KILLS as usize) as u32;
        let mut own = 0;
        while own < asked && killed(&job, chance, &mut places) {
            own += 1;
            job.execution.attempt += 1;
        }
        assert!(own >= 1, "job {number} of seed {seed} was not killed");
        if outcome_of_log(&job).is_none() {
            assert_eq!(
                outcome(&run(&job, None)),
                Some(&Outcome::Finished),
                "job {number} of seed {seed}"
            );
        }
        let events = log(&job);
        within += events
            .iter()
            .filter(|e| starts_within_epoch(&e.event))
            .count();
        let attempts = log(&job).iter().map(|e| e.attempt).max().unwrap_or(0);
        assert!(
            attempts >= 2,
            "job {number} of seed {seed}: {attempts} attempts"
        );
        assert_eq!(
            left(&job),
            left(&undisturbed),
            "job {number} of seed {seed}"
        );
        kills += own;
        eprintln!("job {number}: {own} kills, {attempts} attempts, equal to the bit");
    }
    eprintln!(
        "{jobs} jobs of seed {seed}: {kills} kills ({places:?}), \
         {within} attempts began within an epoch, {:.0?}",
        began.elapsed()
    );
    assert!(
        within > 0 && kills > jobs as u32,
        "too few kills: {kills}, {within} within an epoch"
    );
}

fn starts_within_epoch(event: &Event) -> bool {
    match event {
        Event::Started {
            from: Start::Checkpoint { step, .. },
            ..
        } => *step > 0,
        _ => false,
    }
}

/// The outcome of the newest attempt in the log.
fn outcome_of_log(job: &Job) -> Option<Outcome> {
    match log(job).into_iter().last()?.event {
        Event::Ended { outcome, .. } => Some(outcome),
        _ => None,
    }
}
