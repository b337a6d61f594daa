//! A tensor of a network, by name and shape.

use serde::{Deserialize, Serialize};

/// A tensor of a network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TensorShape {
    /// The layer's name and the role: `conv1.weight`, `residual1.conv2.norm.running_mean`.
    pub name: String,
    /// Its dimensions, in PyTorch's order.
    pub shape: Vec<u32>,
    /// Whether it is a running statistic, which is not trained.
    pub statistic: bool,
}
