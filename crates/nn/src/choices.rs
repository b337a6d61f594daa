//! Which kernel computes each layer, and why: recorded with every job.

use crate::network::Network;
use crate::operation::{Operation, Pooling, norm_then_sum};
use crate::ops::{self, Choice};

/// The kernel that computes a layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KernelChoice {
    /// The layer's name.
    pub layer: String,
    /// `winograd`, `direct`, `own`, `stock`, or `with LAYER` where it is computed in the same pass
    /// as that layer.
    pub kernel: String,
    /// Why it was chosen.
    pub reason: &'static str,
}

/// For what has no kernel of ours on any device.
const NONE: Choice = ("stock", "no kernel of our own");

impl KernelChoice {
    fn new(layer: &str, (kernel, reason): Choice) -> Self {
        KernelChoice {
            layer: layer.into(),
            kernel: kernel.into(),
            reason,
        }
    }

    fn with(layer: &str, other: &str) -> Self {
        KernelChoice {
            layer: layer.into(),
            kernel: format!("with {other}"),
            reason: "computed in the same pass",
        }
    }
}

/// Records the choice for a layer, and what is computed with it; a layer's own activation is a part
/// of it.
fn push(choices: &mut Vec<KernelChoice>, layer: &str, choice: Choice, joined: &[String]) {
    choices.push(KernelChoice::new(layer, choice));
    let others = joined.iter().filter(|name| !name.ends_with(".activation"));
    choices.extend(others.map(|name| match choice.0 {
        "stock" => KernelChoice::new(name, choice),
        _ => KernelChoice::with(name, layer),
    }));
}

impl Network {
    /// Which kernel computes each layer that computes anything, and why, in the order of the
    /// layers.
    pub fn kernel_choices(&self) -> Vec<KernelChoice> {
        let mut choices = vec![];
        self.choose(&self.operations, &mut choices);
        choices
    }

    fn choose(&self, operations: &[Operation], choices: &mut Vec<KernelChoice>) {
        let own = |reason| ops::choice(&self.device, self.kernels, ("own", reason));
        let mut behind_conv = false;
        for operation in operations {
            match operation {
                Operation::Conv {
                    weight,
                    unit,
                    joined,
                    ..
                } => {
                    push(
                        choices,
                        self.layer(*weight),
                        unit.choice(&self.device, self.kernels),
                        joined,
                    );
                }
                Operation::Dense { weight, joined, .. } => {
                    push(
                        choices,
                        self.layer(*weight),
                        own("products summed up in register blocks"),
                        joined,
                    );
                }
                Operation::BatchNorm { norm, joined } => {
                    let reason = match behind_conv {
                        true => "with the convolution before it; one pass for all that follows",
                        false => "one pass for the moments, one for all that follows",
                    };
                    push(choices, self.layer(norm.scale), own(reason), joined);
                }
                Operation::Pool { name, pooling } => {
                    let choice = match pooling {
                        Pooling::Max(_) | Pooling::Average(_) => own("each window in one pass"),
                        Pooling::GlobalAverage => own("each plane in one pass"),
                        Pooling::GlobalMax
                        | Pooling::AdaptiveAverage(_)
                        | Pooling::AdaptiveMax(_) => NONE,
                    };
                    push(choices, name, choice, &[]);
                }
                Operation::Transposed { weight, unit, .. } => {
                    push(
                        choices,
                        self.layer(*weight),
                        unit.choice(&self.device, self.kernels),
                        &[],
                    );
                }
                Operation::LocallyConnected { weight, .. } => {
                    push(choices, self.layer(*weight), NONE, &[])
                }
                Operation::GroupNorm { scale, .. } => push(choices, self.layer(*scale), NONE, &[]),
                Operation::Activation { name, .. } => push(choices, name, NONE, &[]),
                Operation::Prelu(slopes) => {
                    push(
                        choices,
                        self.parameters[*slopes].name.trim_end_matches(".slope"),
                        NONE,
                        &[],
                    );
                }
                Operation::Gate(operations) => self.choose(operations, choices),
                Operation::Branches {
                    name,
                    branches,
                    joined,
                    ..
                } => {
                    branches.iter().for_each(|b| self.choose(b, choices));
                    let sum =
                        norm_then_sum(operation).filter(|_| ops::own(&self.device, self.kernels));
                    choices.extend(std::iter::once(name).chain(joined).map(|layer| match sum {
                        Some((norm, ..)) => KernelChoice::with(layer, self.layer(norm.scale)),
                        None => KernelChoice::new(layer, NONE),
                    }));
                }
                Operation::Dropout { .. }
                | Operation::Flatten
                | Operation::Upsample { .. }
                | Operation::Pad { .. }
                | Operation::PadShortcut { .. } => {}
            }
            behind_conv = operation.bare_conv().is_some();
        }
    }

    /// The layer that a parameter belongs to.
    fn layer(&self, parameter: usize) -> &str {
        self.parameters[parameter].name.trim_end_matches(".weight")
    }
}
