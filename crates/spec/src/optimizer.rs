//! Optimizers: the rule of a step, and what all of them share.

use crate::pattern::names;
use serde::{Deserialize, Serialize};

/// An optimizer with the rate at which a phase starts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Optimizer {
    /// How a gradient becomes a step.
    #[serde(flatten)]
    pub rule: Rule,
    /// Learning rate.
    pub lr: f64,
    /// Weight decay: an L2 term added to the gradient, or where [`Optimizer::decouples`] a
    /// shrinking by lr·decay (Loshchilov and Hutter 2019).
    pub weight_decay: f64,
    /// Decay apart from the gradient for a rule that has it within by default.
    #[serde(default, skip_serializing_if = "is_false")]
    pub decoupled: bool,
    /// Whether norms' parameters and biases decay too.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub decay_norm_and_bias: bool,
    /// Largest Euclidean norm of all gradients together; larger ones are scaled down to it (Pascanu
    /// et al. 2013).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clip_norm: Option<f64>,
    /// Layers with a rate or decay of their own; of several groups with a layer the last counts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<Group>,
}

/// Layers with a rate or weight decay of their own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Group {
    /// Which ([`crate::pattern`]).
    pub layers: Vec<String>,
    /// Times the optimizer's rate.
    #[serde(default = "whole", skip_serializing_if = "is_whole")]
    pub lr_factor: f64,
    /// In place of the optimizer's weight decay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight_decay: Option<f64>,
}

/// How a gradient g becomes a step of the weights w.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "kebab-case")]
pub enum Rule {
    /// Stochastic gradient descent as in PyTorch: v ← momentum·v + g, w ← w − lr·v (Nesterov: g +
    /// momentum·v).
    Sgd {
        /// Momentum, 0 for none.
        momentum: f64,
        /// Nesterov's form.
        nesterov: bool,
    },
    /// Adam (Kingma and Ba 2015).
    Adam(Moments),
    /// Adam with decoupled weight decay (Loshchilov and Hutter 2019).
    Adamw(Moments),
    /// RMSprop (Hinton 2012) as in PyTorch: v ← decay·v + (1 − decay)·g², u ← momentum·u + g / (√v
    /// + epsilon), w ← w − lr·u.
    Rmsprop {
        /// Decay of the mean square.
        decay: f64,
        /// Added to the root of the mean square.
        epsilon: f64,
        /// Momentum, 0 for none.
        momentum: f64,
        /// Whether the squared mean gradient is taken off the mean square (Graves 2013).
        centered: bool,
    },
    /// Adagrad (Duchi et al. 2011): v ← v + g², w ← w − lr·g / (√v + epsilon).
    Adagrad {
        /// Added to the root of the sum of squares.
        epsilon: f64,
        /// Where the sum of squares starts.
        initial: f64,
    },
    /// Lion (Chen et al. 2023): w ← w − lr·sign(beta1·m + (1 − beta1)·g), m ← beta2·m + (1 −
    /// beta2)·g; decay decoupled.
    Lion {
        /// Weight of the mean gradient in the direction.
        beta1: f64,
        /// Decay of the mean gradient.
        beta2: f64,
    },
    /// Muon (Jordan et al. 2024): the momentum of each weight matrix, a convolution's filters as
    /// rows, made nearly orthogonal by Newton and Schulz's iteration and scaled by √max(1, rows /
    /// columns). Norms, biases and the last layer take AdamW's steps. Decay decoupled.
    Muon {
        /// Momentum.
        momentum: f64,
        /// Nesterov's form.
        nesterov: bool,
        /// Newton-Schulz iterations.
        iterations: u32,
        /// Learning rate of norms, biases and the last layer; follows the schedule in proportion.
        adam_lr: f64,
    },
}

/// Numbers of Adam.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Moments {
    /// Decay of the first moment.
    pub beta1: f64,
    /// Decay of the second moment.
    pub beta2: f64,
    /// Added to the root of the second moment; 1e-7 by default for `adam`, as in Keras, 1e-8 for
    /// `adamw`, as in PyTorch.
    pub epsilon: f64,
}

impl Optimizer {
    /// `rule` at rate `lr`, without weight decay and clipping.
    pub fn new(rule: Rule, lr: f64) -> Self {
        let (decoupled, decay_norm_and_bias, clip_norm, groups) = (false, true, None, vec![]);
        Optimizer {
            rule,
            lr,
            weight_decay: 0.0,
            decoupled,
            decay_norm_and_bias,
            clip_norm,
            groups,
        }
    }

    /// Adam with the language's defaults.
    pub fn adam(lr: f64) -> Self {
        Optimizer::new(
            Rule::Adam(Moments {
                beta1: 0.9,
                beta2: 0.999,
                epsilon: 1e-7,
            }),
            lr,
        )
    }

    /// Gradient descent with momentum, 0 for none.
    pub fn sgd(lr: f64, momentum: f64) -> Self {
        Optimizer::new(
            Rule::Sgd {
                momentum,
                nesterov: false,
            },
            lr,
        )
    }

    /// The same with weight decay.
    pub fn with_decay(self, weight_decay: f64) -> Self {
        Optimizer {
            weight_decay,
            ..self
        }
    }

    /// Factor of the rate, and weight decay, of the parameter called `name` with so many
    /// `dimensions` in a network whose head is the layer `head`.
    pub fn of(&self, name: &str, dimensions: usize, head: &str) -> (f64, f64) {
        let names = |group: &&Group| {
            group
                .layers
                .iter()
                .any(|pattern| names(pattern, name, head))
        };
        let group = self.groups.iter().rfind(names);
        let decay = group
            .and_then(|g| g.weight_decay)
            .unwrap_or(self.weight_decay);
        let decays = self.decay_norm_and_bias || dimensions > 1;
        (
            group.map_or(1.0, |g| g.lr_factor),
            if decays { decay } else { 0.0 },
        )
    }

    /// The name used in an experiment file.
    pub fn name(&self) -> &'static str {
        match self.rule {
            Rule::Sgd { .. } => "sgd",
            Rule::Adam(_) => "adam",
            Rule::Adamw(_) => "adamw",
            Rule::Rmsprop { .. } => "rmsprop",
            Rule::Adagrad { .. } => "adagrad",
            Rule::Lion { .. } => "lion",
            Rule::Muon { .. } => "muon",
        }
    }

    /// Whether weight decay shrinks the weights apart from the gradient.
    pub fn decouples(&self) -> bool {
        self.decoupled
            || matches!(
                self.rule,
                Rule::Adamw(_) | Rule::Lion { .. } | Rule::Muon { .. }
            )
    }
}

fn yes() -> bool {
    true
}

fn is_true(value: &bool) -> bool {
    *value
}

fn is_false(value: &bool) -> bool {
    !*value
}

fn whole() -> f64 {
    1.0
}

fn is_whole(factor: &f64) -> bool {
    *factor == 1.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canonical::canonical_json;

    #[test]
    fn groups_have_rates_and_decays_of_their_own() {
        let group = |layers: &str, lr_factor, weight_decay| Group {
            layers: vec![layers.into()],
            lr_factor,
            weight_decay,
        };
        let groups = vec![group("backbone", 0.1, None), group("conv1", 0.5, Some(0.0))];
        let optimizer = Optimizer {
            groups,
            decay_norm_and_bias: false,
            ..Optimizer::sgd(0.1, 0.9).with_decay(5e-4)
        };
        let of = |name, dimensions| optimizer.of(name, dimensions, "dense1");
        assert_eq!(of("conv1.weight", 4), (0.5, 0.0));
        assert_eq!(of("conv2.weight", 4), (0.1, 5e-4));
        assert_eq!(of("conv2.norm.weight", 1), (0.1, 0.0));
        assert_eq!(of("dense1.weight", 2), (1.0, 5e-4));
    }

    #[test]
    fn neutral_options_are_left_out_and_all_come_back() {
        let adam = Optimizer::adam(1e-3);
        let text = r#"{"beta1":0.9,"beta2":0.999,"epsilon":1e-7,"lr":0.001,"name":"adam","weight_decay":0.0}"#;
        assert_eq!(canonical_json(&adam), text);
        let muon = Rule::Muon {
            momentum: 0.95,
            nesterov: true,
            iterations: 5,
            adam_lr: 1e-3,
        };
        for optimizer in [
            adam,
            Optimizer {
                clip_norm: Some(1.0),
                decay_norm_and_bias: false,
                ..Optimizer::new(muon, 0.1)
            },
        ] {
            let read: Optimizer = serde_json::from_str(&canonical_json(&optimizer)).expect("reads");
            assert_eq!(read, optimizer);
        }
    }
}
