//! How a network is trained.

pub use crate::loss::{ClassWeights, Loss};
use crate::metric::Metric;
pub use crate::optimizer::{Group, Moments, Optimizer, Rule};
pub use crate::schedule::{Anneal, Clock, Course, Length, Schedule, Warmup};
pub use crate::stopping::EarlyStopping;
pub use crate::weights::Transfer;
use serde::{Deserialize, Serialize};

/// Resolved `[train]`. The file's own epochs, optimizer and schedule are phase 0.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrainSpec {
    /// Images in a batch; the last batch of an epoch may have fewer.
    pub batch_size: u32,
    /// Batches whose gradients make one step, as if they were one; the last step of an epoch may
    /// have fewer.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub accumulate: u32,
    /// Decay of the weights' moving average, which is then what is evaluated and kept; `None` for
    /// the weights as they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ema: Option<f64>,
    /// Where the weights come from; `None` where they are drawn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Transfer>,
    /// What is minimised.
    #[serde(default, skip_serializing_if = "Loss::is_plain")]
    pub loss: Loss,
    /// Ends training early; `None` trains all epochs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub early_stopping: Option<EarlyStopping>,
    /// The metric by which the best epoch's weights are what is evaluated and kept; `None` for the
    /// last epoch's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub best: Option<Metric>,
    /// Whether evaluation takes the mean of each image's and its mirror image's probabilities.
    #[serde(default, skip_serializing_if = "is_false")]
    pub tta_flip: bool,
    /// At least one.
    pub phases: Vec<Phase>,
    /// Which kernels compute it on a CPU.
    #[serde(default, skip_serializing_if = "Kernels::is_auto")]
    pub kernels: Kernels,
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
        }
    }

    /// Images in a step.
    pub fn step_images(&self) -> usize {
        self.batch_size.max(1) as usize * self.accumulate.max(1) as usize
    }

    /// Epochs of all phases.
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

    /// Numbers of completed epochs at the end of each phase; state is kept there.
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

    /// What the first `epochs` epochs are determined by: two jobs that agree here (and in all else)
    /// are in equal states then.
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

/// Kernels that compute a network on a CPU. They differ in rounding and speed; other devices have
/// their own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kernels {
    /// The fastest for each layer.
    #[default]
    Auto,
    /// Convolutions by their definition: rounding errors of 1e-7 where Winograd's are around 1e-6.
    Direct,
    /// The tensor library's own operations.
    Stock,
}

impl Kernels {
    fn is_auto(&self) -> bool {
        *self == Kernels::Auto
    }
}

/// A stretch of training under one optimizer and schedule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Phase {
    /// Passes over the training images, at least 1.
    pub epochs: u32,
    /// The optimizer. A phase whose optimizer has the name of the one before keeps its state.
    pub optimizer: Optimizer,
    /// The learning rate's course; its clock starts with the phase.
    pub schedule: Schedule,
    /// Layers that are not trained, by rules of which the last that names a layer counts; `!` takes
    /// out ([`crate::pattern::takes`]). A frozen layer changes in nothing: its norm takes the
    /// running statistics as they are. A phase that freezes other layers than the one before starts
    /// the optimizer afresh.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub freeze: Vec<String>,
}

impl Phase {
    /// `epochs` epochs by `optimizer` at its own rate throughout.
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
