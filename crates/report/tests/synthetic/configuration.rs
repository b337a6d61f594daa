//! The resolved configuration of a synthetic job.

use super::Synthetic;
use convsweep_spec::augment::{AugmentSpec, Normalize};
use convsweep_spec::configuration::Configuration;
use convsweep_spec::data::{DataSpec, Shapes, Source, Split, SplitScheme};

use convsweep_spec::model::{Dense, Init, Layer, ModelSpec};
use convsweep_spec::task::{RangeTest, Task};
use convsweep_spec::train::{Optimizer, Phase, TrainSpec};

/// A small configuration; those of other positions have other numbers of units.
pub fn resolved(experiment: &Synthetic, position: u32, rate: f64) -> Configuration {
    let scheme = match experiment.folds {
        Some(folds) => SplitScheme::Folds(folds),
        None => SplitScheme::Validation(0.2),
    };
    let (train, task) = match experiment.range_test_steps {
        Some(steps) => (
            TrainSpec::new(64, vec![Phase::new(1, Optimizer::adam(rate))]),
            Task::RangeTest(RangeTest { from: 1e-6, steps }),
        ),
        None => (training(rate), Task::Train),
    };
    Configuration {
        data: DataSpec::new(Source::Shapes(Shapes::default()), Split::new(scheme, 42)),
        augment: AugmentSpec {
            normalize: Normalize::Unit,
            steps: vec![],
        },
        model: ModelSpec {
            layers: vec![
                Layer::Flatten,
                Layer::Dense(Dense {
                    units: 10 + position,
                    bias: true,
                    activation: None,
                    init: Init::GlorotUniform,
                }),
            ],
        },
        train,
        task,
    }
}

fn training(rate: f64) -> TrainSpec {
    let first = Phase::new(10, Optimizer::adam(rate));
    let second = Phase::new(5, Optimizer::adam(rate * 0.1));
    TrainSpec::new(64, vec![first, second])
}
