//! Jobs to run.

use convsweep_spec::augment::{AugmentSpec, Normalize};
use convsweep_spec::configuration::Configuration;
use convsweep_spec::data::{DataSpec, Source, Split, SplitScheme};
use convsweep_spec::device::DeviceName;
use convsweep_spec::job::{CheckpointEvery, Execution, Job, Question};
use convsweep_spec::model::{Layer, ModelSpec};
use convsweep_spec::task::Task;
use convsweep_spec::train::{Optimizer, Phase, TrainSpec};
use std::path::Path;

/// A job with these phases (epochs and learning rate), in a folder of its own under `results`.
pub fn job_with(results: &Path, seed: u64, phases: &[(u32, f64)]) -> Job {
    let phase = |&(epochs, lr): &(u32, f64)| Phase::new(epochs, Optimizer::sgd(lr, 0.0));
    let phases = phases.iter().map(phase).collect();
    let question = Question {
        configuration: configuration(TrainSpec::new(64, phases)),
        data_hash: "hash".into(),
        seed,
        fold: None,
    };
    let id = question.job_id();
    let execution = Execution {
        attempt: 1,
        device: DeviceName::CPU,
        threads: 0,
        folder: results.join("jobs").join(&id.0),
        data_cache: results.into(),
        data_path: None,
        jobs_folder: None,
        image_limits: Default::default(),
        weights: None,
        start_from: None,
        checkpoint_every: CheckpointEvery::default(),
        until: None,
        asks_from: None,
    };
    Job {
        format: convsweep_spec::FORMAT,
        execution,
        id,
        question,
    }
}

/// A job that differs from others only by its seed.
pub fn job(results: &Path, seed: u64) -> Job {
    job_with(results, seed, &[(1, 0.1)])
}

/// Jobs with the seeds 0, 1, ….
pub fn jobs(results: &Path, count: u64) -> Vec<Job> {
    (0..count).map(|seed| job(results, seed)).collect()
}

/// Jobs of different configurations.
pub fn jobs_of_configurations(results: &Path, count: u32) -> Vec<Job> {
    let job = |epochs| job_with(results, 0, &[(epochs, 0.1 * f64::from(epochs))]);
    (1..=count).map(job).collect()
}

fn configuration(train: TrainSpec) -> Configuration {
    let split = Split::new(SplitScheme::Validation(0.2), 42);
    Configuration {
        data: DataSpec::new(Source::Cifar10, split),
        augment: AugmentSpec {
            normalize: Normalize::Unit,
            steps: vec![],
        },
        model: ModelSpec {
            layers: vec![Layer::Flatten],
        },
        train,
        task: Task::Train,
    }
}
