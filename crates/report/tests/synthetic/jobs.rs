//! Rows of synthetic jobs: learning curves and evaluations that look like real ones.

use super::random::Random;
use convsweep_spec::configuration::ConfigurationDigest;
use convsweep_spec::event::Fingerprint;
use convsweep_store::{EpochRow, EvaluationRow, JobRow};
use std::collections::BTreeMap;

/// Epochs of every job: ten in the first phase, five in the second.
const EPOCHS: u32 = 15;
const FIRST_PHASE: u32 = 10;
/// Steps of every epoch.
pub const STEPS_PER_EPOCH: u64 = 50;

/// Makes the jobs of one configuration.
pub struct JobMaker<'a> {
    /// Number of classes.
    pub classes: usize,
    /// Standard deviation of the accuracy between seeds.
    pub noise: f64,
    /// The configuration's place in the plan.
    pub position: u32,
    /// Its true accuracy.
    pub quality: f64,
    /// Its learning rate in the first phase.
    pub rate: f64,
    /// Gives the jobs their ids.
    pub digest: &'a ConfigurationDigest,
}

impl JobMaker<'_> {
    /// A finished job.
    pub fn job(&self, seed: u64, fold: Option<u32>) -> JobRow {
        let fold_number = u64::from(fold.unwrap_or(0));
        let mut random =
            Random(u64::from(self.position) * 7919 + seed * 104_729 + fold_number * 31 + 1);
        random.uniform();
        // A seed moves all configurations alike, and each one on its own.
        let common = Random(seed * 977 + fold_number * 13 + 5).normal() * self.noise * 0.5;
        let accuracy = self.quality + common + random.normal() * self.noise;
        let mut epochs = Vec::new();
        for epoch in 1..=EPOCHS {
            epochs.push(self.epoch(epoch, accuracy, &mut random));
        }
        JobRow {
            job: self.digest.job_id(seed, fold),
            seed,
            fold,
            outcome: Some("finished".into()),
            attempts: 1,
            seconds: 90.0 + 11.0 * f64::from(self.position % 9) + random.uniform() * 8.0,
            images_per_second: 4200.0,
            peak_memory_bytes: 300 << 20,
            epochs,
            validation: Some(self.evaluation(accuracy, 1000, &mut random)),
            test: Some(self.evaluation(accuracy - 0.004, 1000, &mut random)),
            fingerprint: Some(fingerprint()),
            hashes: BTreeMap::new(),
            warnings: vec![],
            was_stopped: false,
            device: "cpu".into(),
        }
    }

    fn epoch(&self, epoch: u32, accuracy: f64, random: &mut Random) -> EpochRow {
        let time = f64::from(epoch) / 4.0;
        let noise = random.normal() * 0.006 * (1.0 - f64::from(epoch) / 16.0);
        let validation = accuracy - (accuracy - 0.1) * (-time).exp() + noise;
        let training = validation - 0.03 + 0.006 * f64::from(epoch);
        let is_last = epoch == EPOCHS;
        let rate = if epoch > FIRST_PHASE {
            self.rate * 0.1
        } else {
            self.rate
        };
        let values = [
            ("val_accuracy", if is_last { accuracy } else { validation }),
            ("val_loss", 2.3 * (1.0 - validation).powf(0.8)),
            ("train_accuracy", training),
            ("train_loss", 2.3 * (1.0 - training).powf(0.8)),
            ("learning_rate", rate),
            ("epoch_seconds", 9.0),
            ("images_per_second", 4200.0),
        ];
        EpochRow {
            epoch,
            phase: u32::from(epoch > FIRST_PHASE),
            step: u64::from(epoch) * STEPS_PER_EPOCH,
            values: values.map(|(name, value)| (name.to_string(), value)).into(),
        }
    }

    fn evaluation(&self, accuracy: f64, images: u32, random: &mut Random) -> EvaluationRow {
        let classes = self.classes;
        let mut confusion = vec![vec![0u32; classes]; classes];
        let mut correct = vec![0u8; images.div_ceil(8) as usize];
        for image in 0..images as usize {
            let label = image % classes;
            let predicted = predict(label, classes, accuracy, random);
            confusion[label][predicted] += 1;
            if predicted == label {
                correct[image / 8] |= 1 << (image % 8);
            }
        }
        EvaluationRow {
            images,
            loss: 2.3 * (1.0 - accuracy).powf(0.8),
            accuracy,
            confusion,
            correct,
        }
    }
}

/// A predicted class: some classes are harder than others, and half of the mistakes are for one
/// other class.
fn predict(label: usize, classes: usize, accuracy: f64, random: &mut Random) -> usize {
    let ease = 0.08 * ((label * 7 % classes) as f64 / classes as f64 - 0.5);
    if random.uniform() < accuracy + ease {
        label
    } else if random.uniform() < 0.5 {
        (label + 2) % classes
    } else {
        (random.uniform() * classes as f64) as usize % classes
    }
}

fn fingerprint() -> Fingerprint {
    Fingerprint {
        backend: "flex".into(),
        device: "cpu".into(),
        instructions: "avx2".into(),
        version: "0.1.0".into(),
        revision: "0123abc".into(),
    }
}
