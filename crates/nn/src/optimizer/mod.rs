//! Optimisers: each a function of parameters, gradients and a state that can be saved.

mod muon;
mod rules;

use crate::forward::values;
use crate::network::{Named, Network, StateError, find_checked, tensor};
use crate::ops;
use burn::tensor::Tensor;
use convsweep_spec::checkpoint::OptimizerDescription;
use convsweep_spec::train::{Optimizer, Rule};
use std::collections::HashMap;

/// What an optimiser remembers between steps.
#[derive(Clone, Debug)]
pub struct OptimizerState {
    description: OptimizerDescription,
    /// For each of the description's moments a tensor a parameter.
    moments: Vec<Vec<Tensor<1>>>,
}

impl OptimizerState {
    /// The state before the first step.
    pub fn new(optimizer: &Optimizer) -> Self {
        let description = OptimizerDescription {
            name: optimizer.name().into(),
            steps: 0,
            moments: vec![],
        };
        OptimizerState {
            description,
            moments: vec![],
        }
    }

    /// What it is.
    pub fn description(&self) -> &OptimizerDescription {
        &self.description
    }

    /// Name, shape and values of everything remembered: `adam.moment1.conv1.weight`, …
    pub fn tensors(&self, network: &Network) -> Vec<(String, Vec<usize>, Vec<f32>)> {
        let mut all = Vec::new();
        for (moment, of_parameters) in self.description.moments.iter().zip(&self.moments) {
            for (value, parameter) in of_parameters.iter().zip(&network.parameters) {
                let name = tensor_name(&self.description, moment, parameter);
                all.push((name, parameter.shape.clone(), values(value.clone())));
            }
        }
        all
    }

    /// The described state from what `find` has under the names of [`OptimizerState::tensors`].
    ///
    /// # Errors
    /// If a tensor is missing or has another size than its parameter.
    pub fn restore(
        description: OptimizerDescription,
        network: &Network,
        find: &dyn Fn(&str) -> Option<Vec<f32>>,
    ) -> Result<Self, StateError> {
        let one = |moment: &str, p: &Named| {
            let values = find_checked(&tensor_name(&description, moment, p), p.count(), find)?;
            Ok(tensor(values, &network.device))
        };
        let of_parameters =
            |moment: &String| network.parameters.iter().map(|p| one(moment, p)).collect();
        let moments = description
            .moments
            .iter()
            .map(of_parameters)
            .collect::<Result<_, StateError>>()?;
        Ok(OptimizerState {
            description,
            moments,
        })
    }

    /// Takes one step: updates the network's parameters by `gradients` at learning rate `lr`, those
    /// of the optimizer's groups at theirs; frozen ones stay. Clipping comes before ([`clip`]).
    pub fn step(
        &mut self,
        optimizer: &Optimizer,
        lr: f64,
        network: &mut Network,
        gradients: Vec<Tensor<1>>,
    ) {
        self.description.steps += 1;
        self.prepare(&optimizer.rule, network);
        let last = network.parameters.iter().rposition(|p| p.shape.len() > 1);
        let head = network.head().to_string();
        for (i, gradient) in gradients
            .into_iter()
            .enumerate()
            .filter(|(i, _)| !network.frozen[*i])
        {
            let Named { name, shape, value } = &mut network.parameters[i];
            let place = rules::Place {
                steps: self.description.steps,
                shape: shape.as_slice(),
                is_last: Some(i) == last,
            };
            let (factor, decay) = optimizer.of(name, shape.len(), &head);
            let lr = rules::rate(optimizer, lr * factor, &place);
            let mut remembered: Vec<_> = self
                .moments
                .iter_mut()
                .map(|of_parameters| &mut of_parameters[i])
                .collect();
            let (added, shrink) = if optimizer.decouples() {
                (0.0, 1.0 - lr * decay)
            } else {
                (decay, 1.0)
            };
            let whole = ops::Step {
                rule: &optimizer.rule,
                lr,
                decay: added,
                shrink,
                number: self.description.steps,
            };
            if ops::step(whole, value, &gradient, &mut remembered, network.kernels) {
                continue;
            }
            let gradient = match decay {
                0.0 => gradient,
                _ if optimizer.decouples() => {
                    *value = value.clone().mul_scalar(1.0 - lr * decay);
                    gradient
                }
                _ => gradient + value.clone().mul_scalar(decay),
            };
            let step = rules::step(&optimizer.rule, lr, gradient, remembered, &place);
            *value = value.clone() - step;
        }
    }

    /// Drops moving averages that the optimiser does not use (a phase may end a momentum) and
    /// starts new ones.
    fn prepare(&mut self, rule: &Rule, network: &Network) {
        let used = rules::moments(rule);
        if self.description.moments == used {
            return;
        }
        let mut kept: HashMap<String, Vec<Tensor<1>>> = self
            .description
            .moments
            .drain(..)
            .zip(self.moments.drain(..))
            .collect();
        let start = match rule {
            Rule::Adagrad { initial, .. } => *initial,
            _ => 0.0,
        };
        let fresh = || {
            network
                .parameters
                .iter()
                .map(|p| Tensor::full([p.count()], start, &network.device))
                .collect()
        };
        self.moments = used
            .iter()
            .map(|&name| kept.remove(name).unwrap_or_else(fresh))
            .collect();
        self.description.moments = used.iter().map(|&name| name.to_string()).collect();
    }
}

fn tensor_name(description: &OptimizerDescription, moment: &str, parameter: &Named) -> String {
    format!("{}.{moment}.{}", description.name, parameter.name)
}

/// Euclidean norm of all gradients together.
pub fn global_norm(gradients: &[Tensor<1>]) -> f64 {
    if let Some(squares) = gradients
        .iter()
        .map(ops::sum_of_squares)
        .collect::<Option<Vec<f64>>>()
    {
        return squares.iter().sum::<f64>().sqrt();
    }
    let squares = gradients.iter().map(|g| (g.clone() * g.clone()).sum());
    squares
        .reduce(|a, b| a + b)
        .map_or(0.0, |total| f64::from(values(total)[0]).sqrt())
}

/// Scales all gradients, whose [`global_norm`] is `norm`, to at most `largest`, as PyTorch's
/// `clip_grad_norm_` does.
pub fn clip(gradients: Vec<Tensor<1>>, norm: f64, largest: f64) -> Vec<Tensor<1>> {
    let scale = largest / (norm + 1e-6);
    if scale >= 1.0 {
        return gradients;
    }
    gradients.into_iter().map(|g| g.mul_scalar(scale)).collect()
}
