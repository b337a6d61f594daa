//! Names of layers and of their tensors.
//!
//! A layer is named by its kind and its number among the layers of that kind in the same list:
//! `conv1`, and inside structures `residual2.conv1`, `residual2.shortcut.conv1`,
//! `parallel1.branch3.pool1`. Names are the keys of saved weights and seed their initial values, so
//! they must never change.

use std::collections::HashMap;

/// Roles of a layer's parts and tensors.
pub mod role {
    /// The first convolution of a separable one.
    pub const DEPTHWISE: &str = "depthwise";
    /// The second convolution of a separable one.
    pub const POINTWISE: &str = "pointwise";
    /// The first dense layer of squeeze and excitation.
    pub const REDUCE: &str = "reduce";
    /// The second dense layer of squeeze and excitation.
    pub const EXPAND: &str = "expand";
    /// The norm behind a layer with weights.
    pub const NORM: &str = "norm";
    /// The activation behind a layer with weights.
    pub const ACTIVATION: &str = "activation";
    /// Weights, or the scale of a norm.
    pub const WEIGHT: &str = "weight";
    /// Biases, or the shift of a norm.
    pub const BIAS: &str = "bias";
    /// The learned slopes of PReLU.
    pub const SLOPE: &str = "slope";
    /// The running mean of a batch norm.
    pub const RUNNING_MEAN: &str = "running_mean";
    /// The running variance of a batch norm.
    pub const RUNNING_VARIANCE: &str = "running_var";
}

/// Name of a part or tensor of a layer, `conv1.weight`.
pub fn part(layer: &str, role: &str) -> String {
    format!("{layer}.{role}")
}

/// Names the layers of one list, in their order.
#[derive(Clone, Debug)]
pub struct LayerNames {
    prefix: String,
    counts: HashMap<&'static str, u32>,
}

impl LayerNames {
    /// The layers of the model.
    pub fn of_model() -> Self {
        Self::with_prefix(String::new())
    }

    /// The layers that a residual's shortcut goes around.
    pub fn of_body(residual: &str) -> Self {
        Self::with_prefix(format!("{residual}."))
    }

    /// The layers of a residual's shortcut.
    pub fn of_shortcut(residual: &str) -> Self {
        Self::with_prefix(format!("{residual}.shortcut."))
    }

    /// The layers of a branch, whose index is from 0.
    pub fn of_branch(parallel: &str, index: usize) -> Self {
        Self::with_prefix(format!("{parallel}.branch{}.", index + 1))
    }

    fn with_prefix(prefix: String) -> Self {
        LayerNames {
            prefix,
            counts: HashMap::new(),
        }
    }

    /// Name of the next layer, which is of this kind ([`crate::model::Layer::kind`]).
    pub fn next(&mut self, kind: &'static str) -> String {
        let count = self.counts.entry(kind).or_insert(0);
        *count += 1;
        format!("{}{kind}{count}", self.prefix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layers_are_numbered_by_kind_within_their_list() {
        let mut model = LayerNames::of_model();
        let names = ["conv", "pool", "conv"].map(|kind| model.next(kind));
        assert_eq!(names, ["conv1", "pool1", "conv2"]);
        assert_eq!(
            LayerNames::of_body("residual1").next("conv"),
            "residual1.conv1"
        );
        let shortcut = LayerNames::of_shortcut("residual1").next("conv");
        assert_eq!(shortcut, "residual1.shortcut.conv1");
        let branch = LayerNames::of_branch("parallel1", 2).next("pool");
        assert_eq!(branch, "parallel1.branch3.pool1");
        assert_eq!(part("conv1", role::NORM), "conv1.norm");
    }
}
