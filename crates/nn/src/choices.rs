//! Which kernel computes each layer, and why: recorded with every job.

use crate::network::Network;
use crate::operation::{Operation, Pooling};
use crate::ops::{KernelAndReason, Ops, TransposedConv, ops_for};
use convsweep_spec::pattern;

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

/// For layers that no device has a kernel of ours for.
const NO_OWN_KERNEL: KernelAndReason = ("stock", "no kernel of our own");

impl KernelChoice {
    fn new(layer: &str, (kernel, reason): KernelAndReason) -> Self {
        KernelChoice {
            layer: layer.into(),
            kernel: kernel.into(),
            reason,
        }
    }

    fn fused_with(layer: &str, other: &str) -> Self {
        KernelChoice {
            layer: layer.into(),
            kernel: format!("with {other}"),
            reason: "computed in the same pass",
        }
    }
}

impl Network {
    /// Which kernel computes each layer that computes anything, and why, in the order of the
    /// layers.
    pub fn kernel_choices(&self) -> Vec<KernelChoice> {
        let mut recorder = Recorder {
            network: self,
            ops: ops_for(&self.device, self.arithmetic),
            choices: vec![],
        };
        recorder.record_all(&self.operations);
        recorder.choices
    }
}

struct Recorder<'a> {
    network: &'a Network,
    ops: &'static dyn Ops,
    choices: Vec<KernelChoice>,
}

impl<'a> Recorder<'a> {
    fn record_all(&mut self, operations: &[Operation]) {
        let mut is_after_conv = false;
        for operation in operations {
            self.record_operation(operation, is_after_conv);
            is_after_conv = operation.as_bare_conv().is_some();
        }
    }

    fn record_operation(&mut self, operation: &Operation, is_after_conv: bool) {
        match operation {
            Operation::Conv { fused, .. }
            | Operation::Dense { fused, .. }
            | Operation::BatchNorm { fused, .. } => {
                if let Some((layer, kernel)) = self.single(operation, is_after_conv) {
                    self.record(layer, kernel, fused);
                }
            }
            Operation::Gate(operations) => self.record_all(operations),
            Operation::Branches {
                name,
                branches,
                fused,
                ..
            } => {
                for branch in branches {
                    self.record_all(branch);
                }
                self.record_sum(operation, name, fused);
            }
            single => {
                if let Some((layer, kernel)) = self.single(single, is_after_conv) {
                    self.record(layer, kernel, &[]);
                }
            }
        }
    }

    /// The layer of an operation that is not a structure, and its kernel; `None` if the layer is
    /// not recorded.
    fn single<'b>(
        &self,
        operation: &'b Operation,
        is_after_conv: bool,
    ) -> Option<(&'b str, KernelAndReason)>
    where
        'a: 'b,
    {
        Some(match operation {
            Operation::Conv {
                parameters, conv, ..
            } => (self.layer_of(parameters.weight), self.ops.conv_kernel(conv)),
            Operation::Transposed { parameters, conv } => (
                self.layer_of(parameters.weight),
                self.transposed_kernel(conv),
            ),
            Operation::Dense { parameters, .. } => {
                let own = ("own", "products summed up in register blocks");
                (self.layer_of(parameters.weight), self.ops.kernel(own))
            }
            Operation::BatchNorm { norm, .. } => {
                let own = match is_after_conv {
                    true => "with the convolution before it; one pass for all that follows",
                    false => "one pass for the moments, one for all that follows",
                };
                (self.layer_of(norm.scale), self.ops.kernel(("own", own)))
            }
            Operation::LearnedFunction(function) => {
                (self.layer_of(function.first_parameter()), NO_OWN_KERNEL)
            }
            Operation::Activation { name, .. }
            | Operation::Function {
                name: Some(name), ..
            } => (name.as_str(), NO_OWN_KERNEL),
            Operation::Pool { name, pooling } => {
                let own = match pooling {
                    Pooling::Max(_) | Pooling::Average(_) => "each window in one pass",
                    Pooling::GlobalAverage => "each plane in one pass",
                };
                (name.as_str(), self.ops.kernel(("own", own)))
            }
            Operation::Dropout { .. }
            | Operation::Flatten
            | Operation::Function { .. }
            | Operation::Gate(_)
            | Operation::Branches { .. }
            | Operation::Observe => return None,
        })
    }

    /// Records the choice for a layer and for the layers that are fused with it. A layer's own
    /// activation counts as a part of the layer.
    fn record(&mut self, layer: &str, kernel: KernelAndReason, fused: &[String]) {
        self.choices.push(KernelChoice::new(layer, kernel));
        for name in fused {
            if name.ends_with(".activation") {
                continue;
            }
            self.choices.push(match kernel.0 {
                "stock" => KernelChoice::new(name, kernel),
                _ => KernelChoice::fused_with(name, layer),
            });
        }
    }

    /// Records the join of branches, which may be computed with the last norm of the first one.
    fn record_sum(&mut self, operation: &Operation, name: &str, fused: &[String]) {
        let sum = operation.as_norm_and_sum();
        let norm = match sum {
            Some(sum) if self.ops.fuses_norm_and_sum() => Some(self.layer_of(sum.norm.scale)),
            Some(_) | None => None,
        };
        for layer in std::iter::once(name).chain(fused.iter().map(String::as_str)) {
            self.choices.push(match norm {
                Some(norm) => KernelChoice::fused_with(layer, norm),
                None => KernelChoice::new(layer, NO_OWN_KERNEL),
            });
        }
    }

    fn transposed_kernel(&self, conv: &TransposedConv) -> KernelAndReason {
        match conv.is_exact_transpose() {
            true => self
                .ops
                .kernel(("direct", "the input gradient of a convolution")),
            false => ("stock", "zeros behind the output further than the stride"),
        }
    }

    /// The layer that a parameter belongs to.
    fn layer_of(&self, parameter: usize) -> &'a str {
        pattern::layer_of(&self.network.parameters[parameter].name)
    }
}
