//! How a network is trained.

pub use crate::loss::{ClassWeights, Loss};
use crate::metric::Metric;
pub use crate::optimizer::{Group, Moments, Optimizer, Rule};
pub use crate::precision::Precision;
pub use crate::schedule::{Anneal, Clock, Course, Length, Schedule, Warmup};
pub use crate::stopping::EarlyStopping;
pub use crate::weights::Transfer;
use serde::{Deserialize, Serialize};

/// Resolved `[train]`. The file's own epochs, optimizer and schedule are phase 0.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrainSpec {
    /// Images per batch; the last batch of an epoch may have fewer.
    pub batch_size: u32,
    /// Gradient accumulation: number of batches per step; the last step of an epoch may have fewer.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub accumulate: u32,
    /// Decay of the exponential moving average of the weights, which is then evaluated and kept;
    /// `None` for none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ema: Option<f64>,
    /// Trained weights to start from; `None` for random initialisation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Transfer>,
    /// The loss function.
    #[serde(default, skip_serializing_if = "Loss::is_plain")]
    pub loss: Loss,
    /// Early stopping; `None` trains all epochs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub early_stopping: Option<EarlyStopping>,
    /// The metric by which the best epoch's weights are chosen to be evaluated and kept; `None`
    /// keeps the last epoch's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub best: Option<Metric>,
    /// Test-time augmentation: whether evaluation averages the probabilities of each image and its
    /// mirror image.
    #[serde(default, skip_serializing_if = "is_false")]
    pub tta_flip: bool,
    /// The phases, at least one.
    pub phases: Vec<Phase>,
    /// The kernels used on the CPU.
    #[serde(default, skip_serializing_if = "Kernels::is_auto")]
    pub kernels: Kernels,
    /// The precision that the network is computed in, in training and evaluation.
    #[serde(default, skip_serializing_if = "Precision::is_f32")]
    pub precision: Precision,
}

impl TrainSpec {
    /// Plain training in batches of `batch_size`.
    pub fn new(batch_size: u32, phases: Vec<Phase>) -> Self {
        TrainSpec {
            batch_size,
            accumulate: 1,
            ema: None,
            from: None,
            loss: Loss::default(),
            early_stopping: None,
            best: None,
            tta_flip: false,
            phases,
            kernels: Kernels::Auto,
            precision: Precision::F32,
        }
    }

    /// Images per step.
    pub fn step_images(&self) -> usize {
        self.batch_size.max(1) as usize * self.accumulate.max(1) as usize
    }

    /// Number of epochs of all phases.
    pub fn epochs(&self) -> u32 {
        self.phases.iter().map(|p| p.epochs).sum()
    }

    /// The phase that trains `epoch` (from 0) and the epoch's number within it.
    pub fn phase_of(&self, epoch: u32) -> Option<(usize, u32)> {
        let mut first = 0;
        for (i, phase) in self.phases.iter().enumerate() {
            if epoch < first + phase.epochs {
                return Some((i, epoch - first));
            }
            first += phase.epochs;
        }
        None
    }

    /// Number of completed epochs at the end of each phase, where the training state is kept.
    pub fn phase_ends(&self) -> Vec<u32> {
        let mut done = 0;
        self.phases
            .iter()
            .map(|p| {
                done += p.epochs;
                done
            })
            .collect()
    }

    /// The part that determines the first `epochs` epochs: two jobs that agree in it, and in
    /// everything else, are in equal states after them.
    pub fn prefix(&self, epochs: u32) -> TrainSpec {
        let mut left = epochs;
        let mut phases = Vec::new();
        for phase in &self.phases {
            if left == 0 {
                break;
            }
            let epochs = left.min(phase.epochs);
            left -= epochs;
            phases.push(Phase {
                epochs,
                ..phase.clone()
            });
        }
        TrainSpec {
            phases,
            ..self.clone()
        }
    }
}

/// Kernels for the CPU. They differ in rounding and speed; other devices have kernels of their own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kernels {
    /// The fastest for each layer.
    #[default]
    Auto,
    /// Convolutions by their definition: rounding errors of about 1e-7, where Winograd's are about
    /// 1e-6.
    Direct,
    /// The tensor library's own operations.
    Stock,
}

impl Kernels {
    fn is_auto(&self) -> bool {
        *self == Kernels::Auto
    }
}

/// A part of training with one optimizer and schedule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Phase {
    /// Number of epochs, at least 1.
    pub epochs: u32,
    /// The optimizer. Its state is kept from the previous phase if that has the same kind of
    /// optimizer.
    pub optimizer: Optimizer,
    /// The learning-rate schedule, which starts with the phase.
    pub schedule: Schedule,
    /// Patterns of the layers that are not trained; the last pattern that matches a layer decides,
    /// and `!` excludes ([`crate::pattern::takes`]). A frozen layer does not change at all: its
    /// norm uses the running statistics. The optimizer starts afresh if the previous phase froze
    /// other layers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub freeze: Vec<String>,
}

impl Phase {
    /// `epochs` epochs with `optimizer` at a constant rate.
    pub fn new(epochs: u32, optimizer: Optimizer) -> Self {
        Phase {
            epochs,
            optimizer,
            schedule: Schedule::CONSTANT,
            freeze: vec![],
        }
    }
}

fn is_false(value: &bool) -> bool {
    !*value
}

fn one() -> u32 {
    1
}

fn is_one(value: &u32) -> bool {
    *value == 1
}
