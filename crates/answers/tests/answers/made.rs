//! Made sweeps.

use convsweep_answers::{
    Answers, ConfigurationResults, RunEnd, RunResult, SweepResults, ValidationResult,
};
use convsweep_spec::augment::{AugmentSpec, Normalize};
use convsweep_spec::configuration::Configuration;
use convsweep_spec::data::{DataSpec, Shapes, Source, Split, SplitScheme};
use convsweep_spec::id::{ConfigurationId, JobId};
use convsweep_spec::log::{Axis, AxisValue};
use convsweep_spec::metric::{Metric, VAL_ACCURACY};
use convsweep_spec::model::{Layer, ModelSpec};
use convsweep_spec::task::Task;
use convsweep_spec::train::{Optimizer, Phase, TrainSpec};

/// Validation images of every run.
pub const IMAGES: u32 = 1000;

/// A sweep in the making.
pub struct Made(pub SweepResults);

impl Made {
    /// A sweep over these axes, without configurations.
    pub fn new(axes: &[(&str, &[&str])]) -> Made {
        let axis = |(name, labels): &(&str, &[&str])| Axis {
            path: format!("model.{name}"),
            name: name.to_string(),
            labels: labels.iter().map(|label| label.to_string()).collect(),
        };
        Made(SweepResults {
            experiment: "made".into(),
            metric: Metric::natural(VAL_ACCURACY),
            margin: None,
            baseline: None,
            axes: axes.iter().map(axis).collect(),
            race_rounds: 0,
            configurations: vec![],
        })
    }

    /// Adds a configuration with these labels on the axes, a finished run for each value.
    pub fn with(self, labels: &[&str], values: &[f64]) -> Made {
        let runs = values.iter().enumerate();
        let runs = runs.map(|(seed, value)| finished(seed as u64, *value));
        self.with_runs(labels, runs.collect())
    }

    /// Adds a configuration with these runs.
    pub fn with_runs(mut self, labels: &[&str], runs: Vec<RunResult>) -> Made {
        let axes = self.0.axes.iter().zip(labels);
        let values = axes.map(|(axis, label)| AxisValue {
            path: axis.path.clone(),
            label: label.to_string(),
            value: label.parse::<f64>().map_or((*label).into(), Into::into),
        });
        let values = values.collect();
        let number = self.0.configurations.len();
        self.0.configurations.push(ConfigurationResults {
            configuration: ConfigurationId(format!("c{number}")),
            label: labels.join(", "),
            values,
            resolved: resolved(vec![Phase::new(
                10,
                Optimizer::adam(1e-3 * (number + 1) as f64),
            )]),
            data_hash: "data".into(),
            runs,
        });
        self
    }

    pub fn answers(&self) -> Answers {
        Answers::of(&self.0)
    }

    /// Asserts that each of these is in the answer, or in its details.
    #[track_caller]
    pub fn says(&self, texts: &[&str]) {
        let answers = self.answers();
        let said = [answers.sentences(), answers.details()].concat().join("\n");
        for text in texts {
            assert!(said.contains(text), "\"{text}\" is not in:\n{said}");
        }
        assert!(answers.sentences().len() <= 5);
        assert!(!said.contains("NaN") && !said.contains("inf"), "{said}");
    }
}

pub fn resolved(phases: Vec<Phase>) -> Configuration {
    let scheme = SplitScheme::Validation(0.2);
    Configuration {
        data: DataSpec::new(Source::Shapes(Shapes::default()), Split::new(scheme, 42)),
        augment: AugmentSpec {
            normalize: Normalize::Unit,
            steps: vec![],
        },
        model: ModelSpec {
            layers: vec![Layer::Flatten],
        },
        train: TrainSpec::new(64, phases),
        task: Task::Train,
    }
}

/// A run that finished with this accuracy of ten equal classes.
pub fn finished(seed: u64, accuracy: f64) -> RunResult {
    RunResult {
        job: JobId(format!("job{seed}")),
        seed,
        fold: None,
        end: RunEnd::Finished,
        value: Some(accuracy),
        validation: Some(ValidationResult {
            images: IMAGES,
            accuracy,
            class_images: vec![u64::from(IMAGES / 10); 10],
            correct: vec![],
        }),
    }
}

/// A run that ended so, without a result.
pub fn ended(seed: u64, end: RunEnd) -> RunResult {
    RunResult {
        end,
        value: None,
        validation: None,
        ..finished(seed, 0.5)
    }
}
