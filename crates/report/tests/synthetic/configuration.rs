//! The resolved configuration of a synthetic job.

use super::Synthetic;
use convsweep_spec::augment::{AugmentSpec, Normalize};
use convsweep_spec::data::{Damaged, DataSpec, Shapes, Source, Split, SplitScheme};
use convsweep_spec::job::Configuration;
use convsweep_spec::model::{Dense, Init, Layer, ModelSpec};
use convsweep_spec::train::{Course, Optimizer, Phase, TrainSpec};

/// A small configuration that differs by its position and learning rate.
pub fn resolved(experiment: &Synthetic, position: u32, rate: f64) -> Configuration {
    let scheme = match experiment.folds {
        Some(folds) => SplitScheme::Folds(folds),
        None => SplitScheme::Validation(0.2),
    };
    Configuration {
        data: DataSpec {
            source: Source::Shapes(Shapes::default()),
            split: Split {
                scheme,
                seed: 42,
                stratify: true,
                test: None,
            },
            limit: None,
            resize: None,
            channels: None,
            damaged: Damaged::Refuse,
        },
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
        train: training(experiment.range_test_steps, rate),
    }
}

fn training(range_test_steps: Option<u32>, rate: f64) -> TrainSpec {
    if let Some(steps) = range_test_steps {
        let mut phase = Phase::new(1, Optimizer::adam(rate));
        phase.schedule.course = Course::RangeTest { from: 1e-6, steps };
        return TrainSpec::new(64, vec![phase]);
    }
    let first = Phase::new(10, Optimizer::adam(rate));
    let second = Phase::new(5, Optimizer::adam(rate * 0.1));
    TrainSpec::new(64, vec![first, second])
}
