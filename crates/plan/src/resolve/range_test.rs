//! `experiment.kind = "lr-range-test"`: what a range test does with `[train]`.

use crate::language::reader::TableReader;
use crate::source::problem::{Problem, ProblemCode, ProblemSink};
use crate::source::tree::Node;
use convsweep_spec::data::{DataFacts, DataSpec, SplitScheme};
use convsweep_spec::task::{RangeTest, Task};
use convsweep_spec::train::{Optimizer, Phase, Rule, Schedule, TrainSpec};

/// A learning-rate range test, as the file asks for it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct RangeTestSettings {
    /// Learning rate of the first step.
    pub from: f64,
    /// Learning rate of the last step.
    pub to: f64,
    pub steps: u32,
}

/// Resolves the options of the range test that `node` asks for.
pub(super) fn range_test(
    node: &Node,
    options: &TableReader,
    sink: &mut ProblemSink,
) -> Option<RangeTestSettings> {
    let (from, to) = (options.f64("from")?, options.f64("to")?);
    let steps = options.u32("steps")?;
    if from < to {
        return Some(RangeTestSettings { from, to, steps });
    }
    let title = format!("the learning rate of a range test must rise, not go from {from} to {to}");
    let problem = Problem::of(ProblemCode::WrongValue, node, title);
    sink.report(problem.help("from = 1e-7, to = 10.0"));
    None
}

impl RangeTestSettings {
    /// The test as the task of a job.
    pub(super) fn task(&self) -> Task {
        Task::RangeTest(RangeTest {
            from: self.from,
            steps: self.steps,
        })
    }

    /// The training section of a range test: the first phase with the highest learning rate of the
    /// test, for as many epochs as its steps take. What does not affect a single step is dropped.
    pub(super) fn training(
        &self,
        train: TrainSpec,
        data: &DataSpec,
        facts: &DataFacts,
    ) -> TrainSpec {
        let images = training_images(data, facts);
        let steps_per_epoch = images.div_ceil(train.step_images() as u64).max(1);
        let epochs = u64::from(self.steps).div_ceil(steps_per_epoch);
        let first = train.phases.into_iter().next();
        let phase = first.map(|first| Phase {
            epochs: u32::try_from(epochs).unwrap_or(u32::MAX),
            optimizer: with_rate(first.optimizer, self.to),
            schedule: Schedule::CONSTANT,
            freeze: first.freeze,
        });
        TrainSpec {
            phases: phase.into_iter().collect(),
            ema: None,
            early_stopping: None,
            best: None,
            tta_flip: false,
            ..train
        }
    }
}

/// The optimizer with another learning rate; a further rate changes in proportion.
fn with_rate(optimizer: Optimizer, lr: f64) -> Optimizer {
    let mut rule = optimizer.rule;
    if let Rule::Muon { adam_lr, .. } = &mut rule {
        *adam_lr = *adam_lr / optimizer.lr * lr;
    }
    Optimizer {
        rule,
        lr,
        ..optimizer
    }
}

/// Number of training images after the split, or slightly fewer.
fn training_images(data: &DataSpec, facts: &DataFacts) -> u64 {
    let available = facts.train_images - facts.validation_images;
    let images = u64::from(data.limit.unwrap_or(available).min(available));
    let validation = match &data.split.scheme {
        SplitScheme::Validation(share) => (images as f64 * share).ceil() as u64,
        SplitScheme::Folds(folds) => images.div_ceil(u64::from(*folds)),
        SplitScheme::Listed(rows) => SplitScheme::rows(rows).map_or(0, |rows| rows.len() as u64),
        SplitScheme::Given => 0,
    };
    images - validation.min(images)
}
