//! Seeds drawn of each configuration, with what is true of them.

use crate::truth::{CLASSES, ForgettingWhat, Sweep};
use convsweep_answers::{ConfigurationResults, RunEnd, RunResult, SweepResults, ValidationResult};
use convsweep_spec::augment::{AugmentSpec, Normalize};
use convsweep_spec::configuration::Configuration;
use convsweep_spec::data::{DataSpec, Shapes, Source, Split, SplitScheme};
use convsweep_spec::id::{ConfigurationId, JobId};
use convsweep_spec::log::{Axis, AxisValue};
use convsweep_spec::metric::{Metric, VAL_ACCURACY};
use convsweep_spec::model::{Layer, ModelSpec};
use convsweep_spec::random::{Draws, Purpose};
use convsweep_spec::task::Task;
use convsweep_spec::train::{Optimizer, Phase, TrainSpec};

/// What is true of a configuration.
#[derive(Clone, Copy)]
pub struct Truth {
    /// Expected accuracy.
    pub mean: f64,
    /// Expected accuracy of the runs that train; `None` if none does.
    pub when_trained: Option<f64>,
    /// Share of runs that train.
    pub share: f64,
}

/// A drawn sweep.
pub struct Drawn {
    pub results: SweepResults,
    /// By configuration.
    pub truths: Vec<Truth>,
}

/// Draws `seeds` of each configuration without replacement, the same seeds of all, after making
/// untrue what is to be forgotten.
pub fn draw(sweep: &Sweep, seeds: usize, what: ForgettingWhat, draw: u64) -> Drawn {
    let mut random = Draws::new(Purpose::Simulate, &[draw, seeds as u64, what as u64]);
    let values = forget(sweep, what, &mut random);
    let mut truths: Vec<Truth> = values.iter().map(|row| truth(sweep, row)).collect();
    if what == ForgettingWhat::Means {
        // Equal but for rounding.
        let common = truths.iter().find_map(|t| t.when_trained).unwrap_or(0.0);
        for truth in &mut truths {
            truth.when_trained = truth.when_trained.map(|_| common);
        }
    }
    let shared = chosen(&mut random, values[0].len(), seeds);
    let mut configurations = Vec::new();
    for (row, label) in values.iter().zip(&sweep.labels) {
        let own = match what {
            ForgettingWhat::Everything => chosen(&mut random, row.len(), seeds),
            _ => shared.clone(),
        };
        let runs = own.iter().enumerate();
        let runs = runs.map(|(seed, place)| run(sweep, seed as u64, row[*place]));
        configurations.push(configuration(label, runs.collect()));
    }
    let results = SweepResults {
        experiment: sweep.name.clone(),
        metric: Metric::natural(VAL_ACCURACY),
        margin: None,
        baseline: None,
        axes: axes(sweep),
        race_rounds: 0,
        configurations,
    };
    Drawn { results, truths }
}

/// The sweep with `count` of its configurations only.
pub fn some_of(sweep: &Sweep, count: usize, draw: u64) -> Sweep {
    let mut random = Draws::new(Purpose::Simulate, &[draw]);
    let kept = chosen(&mut random, sweep.values.len(), count);
    Sweep {
        name: sweep.name.clone(),
        labels: kept.iter().map(|i| sweep.labels[*i].clone()).collect(),
        values: kept.iter().map(|i| sweep.values[*i].clone()).collect(),
        images: sweep.images,
    }
}

fn forget(sweep: &Sweep, what: ForgettingWhat, random: &mut Draws) -> Vec<Vec<f64>> {
    let mut values = sweep.values.clone();
    match what {
        ForgettingWhat::Nothing => {}
        ForgettingWhat::Everything => {
            let one = random.below(values.len() as u64) as usize;
            values = vec![values[one].clone(); values.len()];
        }
        ForgettingWhat::Means => {
            let means: Vec<Option<f64>> = values
                .iter()
                .map(|row| truth(sweep, row).when_trained)
                .collect();
            let known: Vec<f64> = means.iter().flatten().copied().collect();
            let common = known.iter().sum::<f64>() / known.len() as f64;
            for (row, mean) in values.iter_mut().zip(means) {
                let shift = mean.map_or(0.0, |mean| common - mean);
                for value in row.iter_mut().filter(|value| sweep.is_trained(**value)) {
                    *value += shift;
                }
            }
        }
    }
    values
}

fn truth(sweep: &Sweep, row: &[f64]) -> Truth {
    let trained: Vec<f64> = row
        .iter()
        .copied()
        .filter(|v| sweep.is_trained(*v))
        .collect();
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    Truth {
        mean: mean(row),
        when_trained: (!trained.is_empty()).then(|| mean(&trained)),
        share: trained.len() as f64 / row.len() as f64,
    }
}

/// `count` different numbers below `of`.
fn chosen(random: &mut Draws, of: usize, count: usize) -> Vec<usize> {
    let mut numbers: Vec<usize> = (0..of).collect();
    for place in 0..count {
        let other = place + random.below((of - place) as u64) as usize;
        numbers.swap(place, other);
    }
    numbers.truncate(count);
    numbers
}

fn run(sweep: &Sweep, seed: u64, accuracy: f64) -> RunResult {
    let images = sweep.images;
    RunResult {
        job: JobId(seed.to_string()),
        seed,
        fold: None,
        end: RunEnd::Finished,
        value: Some(accuracy),
        validation: Some(ValidationResult {
            images,
            accuracy,
            class_images: vec![u64::from(images / CLASSES); CLASSES as usize],
            correct: vec![],
        }),
    }
}

fn configuration(label: &[String], runs: Vec<RunResult>) -> ConfigurationResults {
    let values = label.iter().enumerate().map(|(axis, value)| AxisValue {
        path: axis.to_string(),
        label: value.clone(),
        value: value.as_str().into(),
    });
    ConfigurationResults {
        configuration: ConfigurationId(label.join(", ")),
        label: label.join(", "),
        values: values.collect(),
        resolved: unlike(label),
        data_hash: String::new(),
        runs,
    }
}

/// A configuration that shares no training with those of other labels.
fn unlike(label: &[String]) -> Configuration {
    let text = label.join(", ");
    let number = text
        .bytes()
        .fold(1u64, |n, byte| n.wrapping_mul(31) + u64::from(byte));
    let rate = 1e-3 + (number % 1_000_003) as f64 * 1e-9;
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
        train: TrainSpec::new(64, vec![Phase::new(10, Optimizer::adam(rate))]),
        task: Task::Train,
    }
}

fn axes(sweep: &Sweep) -> Vec<Axis> {
    let mut axes = Vec::new();
    for axis in 0..sweep.labels[0].len() {
        let mut labels: Vec<String> = Vec::new();
        for label in sweep.labels.iter().map(|label| &label[axis]) {
            if !labels.contains(label) {
                labels.push(label.clone());
            }
        }
        axes.push(Axis {
            path: axis.to_string(),
            name: axis.to_string(),
            labels,
        });
    }
    axes
}
