//! How a network is trained.

use serde::{Deserialize, Serialize};

/// Resolved `[train]`. The file's own epochs, optimizer and schedule are phase 0.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrainSpec {
    /// Images in a step; the last step of an epoch may have fewer.
    pub batch_size: u32,
    /// At least one.
    pub phases: Vec<Phase>,
}

impl TrainSpec {
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

    /// What the first `epochs` epochs are determined by: two jobs that agree here (and in all else) are in equal states then.
    pub fn prefix(&self, epochs: u32) -> TrainSpec {
        let mut left = epochs;
        let mut phases = Vec::new();
        for phase in &self.phases {
            if left == 0 {
                break;
            }
            let epochs = left.min(phase.epochs);
            left -= epochs;
            phases.push(Phase { epochs, ..phase.clone() });
        }
        TrainSpec { batch_size: self.batch_size, phases }
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
}

/// Optimizers, with the rate at which a phase starts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "kebab-case")]
pub enum Optimizer {
    /// Stochastic gradient descent as in PyTorch: v ← momentum·v + g, w ← w − lr·v (Nesterov: g + momentum·v).
    Sgd {
        /// Learning rate.
        lr: f64,
        /// Momentum, 0 for none.
        momentum: f64,
        /// Nesterov's form.
        nesterov: bool,
        /// L2 term added to the gradient.
        weight_decay: f64,
    },
    /// Adam (Kingma and Ba 2015).
    Adam {
        /// Learning rate.
        lr: f64,
        /// Decay of the first moment.
        beta1: f64,
        /// Decay of the second moment.
        beta2: f64,
        /// Added to the root of the second moment; 1e-7 by default, as in Keras.
        epsilon: f64,
        /// L2 term added to the gradient.
        weight_decay: f64,
    },
}

impl Optimizer {
    /// The name used in an experiment file.
    pub fn name(&self) -> &'static str {
        match self {
            Optimizer::Sgd { .. } => "sgd",
            Optimizer::Adam { .. } => "adam",
        }
    }

    /// Learning rate at the start of the phase.
    pub fn lr(&self) -> f64 {
        match *self {
            Optimizer::Sgd { lr, .. } | Optimizer::Adam { lr, .. } => lr,
        }
    }
}

/// The learning rate's course within a phase.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "kebab-case")]
pub enum Schedule {
    /// The optimizer's rate throughout.
    Constant,
    /// Multiplied by `factor` after every `every_epochs` epochs.
    Step {
        /// Epochs between two changes.
        every_epochs: u32,
        /// What the rate is multiplied by.
        factor: f64,
    },
}

impl Schedule {
    /// The learning rate in `epoch` (from 0) of the phase, for a starting rate `lr`.
    pub fn rate(&self, lr: f64, epoch: u32) -> f64 {
        match *self {
            Schedule::Constant => lr,
            Schedule::Step { every_epochs, factor } => lr * factor.powi((epoch / every_epochs.max(1)) as i32),
        }
    }
}
