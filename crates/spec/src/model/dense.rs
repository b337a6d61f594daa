//! Dense layers, and squeeze and excitation, which is made of them.

use super::activation::Activation;
use super::init::Init;
use crate::layer_names::role;
use serde::{Deserialize, Serialize};

/// Fully connected layer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Dense {
    /// Number of outputs; `"classes"` has been replaced by the number of classes.
    pub units: u32,
    /// Whether a bias is added.
    pub bias: bool,
    /// Activation at the end.
    pub activation: Option<Activation>,
    /// How weights are initialised.
    pub init: Init,
}

/// Squeeze and excitation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SqueezeExcite {
    /// The number of hidden features is that of the channels divided by this.
    pub reduction: u32,
    /// Activation of the first dense layer.
    pub activation: Activation,
    /// Activation of the second dense layer.
    pub gate: Activation,
    /// How weights are initialised.
    pub init: Init,
}

impl SqueezeExcite {
    /// Its two dense layers for `channels` channels, each with its role and its input features.
    pub fn layers(&self, channels: u32) -> [(&'static str, u32, Dense); 2] {
        let hidden = (channels / self.reduction.max(1)).max(1);
        let dense = |units, activation| Dense {
            units,
            bias: true,
            activation: Some(activation),
            init: self.init,
        };
        [
            (role::REDUCE, channels, dense(hidden, self.activation)),
            (role::EXPAND, hidden, dense(channels, self.gate)),
        ]
    }
}
