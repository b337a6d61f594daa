//! Optimizers: their update rules and the options that all of them share.

use crate::pattern::names;
use serde::{Deserialize, Serialize};

/// An optimizer and its options.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Optimizer {
    /// The update rule.
    #[serde(flatten)]
    pub rule: Rule,
    /// Learning rate.
    pub lr: f64,
    /// Weight decay: an L2 term added to the gradient or, if [`Optimizer::decouples`], a shrinking
    /// of the weights by lr·decay (Loshchilov and Hutter 2019).
    pub weight_decay: f64,
    /// Decouples the weight decay of a rule that adds it to the gradient by default.
    #[serde(default, skip_serializing_if = "is_false")]
    pub decoupled: bool,
    /// Whether weight decay also applies to biases and to the parameters of norms.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub decay_norm_and_bias: bool,
    /// Largest global gradient norm; larger gradients are scaled down to it (Pascanu et al. 2013).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clip_norm: Option<f64>,
    /// Factor on the learning rate from each layer with parameters, of the model's own list, to the
    /// one before it: the last one has the optimizer's rate (Clark et al. 2020).
    #[serde(default = "whole", skip_serializing_if = "is_whole")]
    pub layer_decay: f64,
    /// Layers with a learning rate or weight decay of their own; the last group that contains a
    /// layer applies.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<Group>,
}

/// Layers with a learning rate or weight decay of their own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Group {
    /// Pattern of the layers' names ([`crate::pattern`]).
    pub layers: Vec<String>,
    /// Factor on the optimizer's learning rate.
    #[serde(default = "whole", skip_serializing_if = "is_whole")]
    pub lr_factor: f64,
    /// Replaces the optimizer's weight decay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight_decay: Option<f64>,
}

/// Update rules, for weights w and their gradient g.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "kebab-case")]
pub enum Rule {
    /// Stochastic gradient descent as in PyTorch: v ← momentum·v + g, w ← w − lr·v (Nesterov: g +
    /// momentum·v).
    Sgd {
        /// Momentum, 0 for none.
        momentum: f64,
        /// Whether to use Nesterov's form.
        nesterov: bool,
    },
    /// Adam (Kingma and Ba 2015).
    Adam(Moments),
    /// Adam with decoupled weight decay (Loshchilov and Hutter 2019).
    Adamw(Moments),
    /// RMSprop (Hinton 2012) as in PyTorch: v ← decay·v + (1 − decay)·g², u ← momentum·u + g / (√v
    /// + epsilon), w ← w − lr·u.
    Rmsprop {
        /// Decay rate of the mean square.
        decay: f64,
        /// Added to the root of the mean square.
        epsilon: f64,
        /// Momentum, 0 for none.
        momentum: f64,
        /// Whether the squared mean gradient is subtracted from the mean square (Graves 2013).
        centered: bool,
    },
    /// Adagrad (Duchi et al. 2011): v ← v + g², w ← w − lr·g / (√v + epsilon).
    Adagrad {
        /// Added to the root of the sum of squares.
        epsilon: f64,
        /// Initial value of the sum of squares.
        initial: f64,
    },
    /// Lion (Chen et al. 2023): w ← w − lr·sign(beta1·m + (1 − beta1)·g), m ← beta2·m + (1 −
    /// beta2)·g; weight decay is decoupled.
    Lion {
        /// Weight of the mean gradient in the update direction.
        beta1: f64,
        /// Decay rate of the mean gradient.
        beta2: f64,
    },
    /// Muon (Jordan et al. 2024): the momentum of each weight matrix (convolutions with one row per
    /// filter) is made nearly orthogonal by Newton–Schulz iterations and scaled by √max(1, rows /
    /// columns). Norms, biases and the last layer are trained by AdamW. Weight decay is decoupled.
    Muon {
        /// Momentum.
        momentum: f64,
        /// Whether to use Nesterov's form.
        nesterov: bool,
        /// Number of Newton–Schulz iterations.
        iterations: u32,
        /// Learning rate of norms, biases and the last layer; it follows the schedule in
        /// proportion.
        adam_lr: f64,
    },
}

/// Options of the Adam family.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Moments {
    /// Decay rate of the first moment.
    pub beta1: f64,
    /// Decay rate of the second moment.
    pub beta2: f64,
    /// Added to the root of the second moment; 1e-7 by default for `adam`, as in Keras, 1e-8 for
    /// `adamw`, as in PyTorch.
    pub epsilon: f64,
}

impl Optimizer {
    /// `rule` at learning rate `lr`, without weight decay and clipping.
    pub fn new(rule: Rule, lr: f64) -> Self {
        let (decoupled, decay_norm_and_bias, clip_norm, groups) = (false, true, None, vec![]);
        Optimizer {
            rule,
            lr,
            weight_decay: 0.0,
            decoupled,
            decay_norm_and_bias,
            clip_norm,
            layer_decay: 1.0,
            groups,
        }
    }

    /// Adam with the default options of experiment files.
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

    /// Stochastic gradient descent with this momentum, 0 for none.
    pub fn sgd(lr: f64, momentum: f64) -> Self {
        Optimizer::new(
            Rule::Sgd {
                momentum,
                nesterov: false,
            },
            lr,
        )
    }

    /// The same optimizer with this weight decay.
    pub fn with_decay(self, weight_decay: f64) -> Self {
        Optimizer {
            weight_decay,
            ..self
        }
    }

    /// Learning-rate factor and weight decay of the parameter `name`, which has this number of
    /// `dimensions`, in a network whose last layer is `head`.
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

    /// Factors on the learning rate by [`Optimizer::layer_decay`], for parameters with these names in
    /// the order of the layers.
    pub fn depth_factors<'a>(&self, names: impl Iterator<Item = &'a str>) -> Vec<f64> {
        let mut layers = Vec::new();
        let mut indices = Vec::new();
        for name in names {
            let layer = name.split('.').next().unwrap_or(name);
            if layers.last() != Some(&layer) {
                layers.push(layer);
            }
            indices.push(layers.len());
        }
        let exponent = |index: usize| (layers.len() - index) as i32;
        let factor = |index| self.layer_decay.powi(exponent(index));
        indices.into_iter().map(factor).collect()
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

    /// Whether weight decay is decoupled from the gradient.
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
    fn earlier_layers_learn_more_slowly() {
        let optimizer = Optimizer {
            layer_decay: 0.5,
            ..Optimizer::adam(1e-3)
        };
        let names = [
            "conv1.weight",
            "conv1.bias",
            "residual1.conv1.weight",
            "residual1.conv2.bias",
            "dense1.weight",
        ];
        let factors = optimizer.depth_factors(names.into_iter());
        assert_eq!(factors, [0.25, 0.25, 0.5, 0.5, 1.0]);
        let plain = Optimizer::adam(1e-3).depth_factors(names.into_iter());
        assert_eq!(plain, [1.0; 5]);
        // Without it, nothing of it is recorded: ids stay as they were.
        let json = serde_json::to_string(&Optimizer::adam(1e-3)).expect("JSON");
        assert!(!json.contains("layer_decay"), "{json}");
    }

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
