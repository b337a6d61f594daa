//! `experiment.kind = "lr-range-test"`: what it makes of a training.

use crate::language::check::Sink;
use crate::language::reader::named;
use crate::language::tables;
use crate::source::tree::Node;
use convsweep_spec::data::{DataFacts, DataSpec, SplitScheme};
use convsweep_spec::task::{self, Task};
use convsweep_spec::train::{Optimizer, Phase, Rule, Schedule, TrainSpec};

/// A learning-rate range test, as the file asks for it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct RangeTest {
    pub from: f64,
    pub to: f64,
    pub steps: u32,
}

/// The range test that `[experiment]` asks for, if it does and is right.
pub(crate) fn range_test(experiment: &Node) -> Option<RangeTest> {
    let kind = experiment.get("kind")?;
    let (name, options) = named(kind, &tables::KINDS)?;
    let test = RangeTest {
        from: options.f64("from")?,
        to: options.f64("to")?,
        steps: options.u32("steps")?,
    };
    (name == "lr-range-test").then_some(test)
}

/// Whether the rate rises.
pub(crate) fn rises(experiment: &Node, sink: &mut Sink) -> bool {
    let Some(RangeTest { from, to, .. }) = range_test(experiment).filter(|t| t.from >= t.to) else {
        return true;
    };
    let Some(kind) = experiment.get("kind") else {
        return true;
    };
    let title = format!("a range test from {from} to {to} does not rise");
    sink.at(kind, title, "", "from = 1e-7, to = 10.0".into())
}

impl RangeTest {
    /// The test as the task of a job.
    pub(crate) fn task(&self) -> Task {
        let RangeTest { from, steps, .. } = *self;
        Task::RangeTest(task::RangeTest { from, steps })
    }

    /// The training section of a range test over `images` training images: the first phase's
    /// optimizer with the test's highest rate, for as many epochs as the steps take. What does not
    /// affect a single step is dropped.
    pub(crate) fn of(&self, train: TrainSpec, images: u64) -> TrainSpec {
        let RangeTest { to, steps, .. } = *self;
        let step = train.step_images() as u64;
        let epochs = u64::from(steps).div_ceil(images.div_ceil(step).max(1));
        let phase = train.phases.into_iter().next();
        let phases = phase.map(|first| Phase {
            epochs: u32::try_from(epochs).unwrap_or(u32::MAX),
            optimizer: at_rate(first.optimizer, to),
            schedule: Schedule::CONSTANT,
            freeze: first.freeze,
        });
        TrainSpec {
            phases: phases.into_iter().collect(),
            ema: None,
            early_stopping: None,
            best: None,
            tta_flip: false,
            ..train
        }
    }
}

/// The optimizer at another rate, the rates that follow it in proportion.
fn at_rate(optimizer: Optimizer, lr: f64) -> Optimizer {
    let rule = match optimizer.rule {
        Rule::Muon {
            momentum,
            nesterov,
            iterations,
            adam_lr,
        } => Rule::Muon {
            momentum,
            nesterov,
            iterations,
            adam_lr: adam_lr / optimizer.lr * lr,
        },
        rule => rule,
    };
    Optimizer {
        rule,
        lr,
        ..optimizer
    }
}

/// Number of training images of a split, or a little less.
pub(crate) fn training_images(data: &DataSpec, facts: &DataFacts) -> u64 {
    let pool = u64::from(
        data.limit
            .unwrap_or(facts.train_images)
            .min(facts.train_images),
    );
    match &data.split.scheme {
        SplitScheme::Validation(share) => pool - ((pool as f64 * share).ceil() as u64).min(pool),
        SplitScheme::Folds(folds) => pool - pool.div_ceil(u64::from(*folds)).min(pool),
        SplitScheme::Listed(rows) => {
            pool - SplitScheme::rows(rows)
                .map_or(0, |rows| rows.len() as u64)
                .min(pool)
        }
    }
}
