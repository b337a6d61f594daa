//! Optimisers: functions of parameters, gradients and a state that can be saved.

mod muon;
mod rules;

use crate::host::{tensor, values};
use crate::network::{Named, Network};
use crate::ops::{Arithmetic, ParameterStep, ops_for};
use crate::scalar::Scalar;
use crate::state_error::{StateError, find_checked};
use burn::tensor::Tensor;
use convsweep_spec::checkpoint::OptimizerDescription;
use convsweep_spec::train::{Optimizer, Rule};
use std::collections::HashMap;

/// The moments that an optimiser keeps between steps.
#[derive(Clone, Debug)]
pub struct OptimizerState {
    description: OptimizerDescription,
    /// For each of the description's moments, one tensor for each parameter.
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

    /// Name, number of steps, and names of the moments.
    pub fn description(&self) -> &OptimizerDescription {
        &self.description
    }

    /// Name, shape and values of all moments: `adam.moment1.conv1.weight`, …
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

    /// The described state from the tensors that `find` has under the names of
    /// [`OptimizerState::tensors`].
    ///
    /// # Errors
    /// If a tensor is missing or has a different size than its parameter.
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

    /// Takes one step: updates the network's parameters by `gradients` at learning rate `lr`, and
    /// those in the optimizer's groups at their own rates. Frozen parameters do not change.
    /// Gradients have been clipped before ([`clip`]).
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
        let names = network.parameters.iter().map(|p| p.name.as_str());
        let depth_factors = optimizer.depth_factors(names);
        for (i, gradient) in gradients.into_iter().enumerate() {
            if network.frozen[i] {
                continue;
            }
            let Named { name, shape, .. } = &network.parameters[i];
            let (factor, decay) = optimizer.of(name, shape.len(), &head);
            let is_last = Some(i) == last;
            self.step_parameter(
                optimizer,
                (lr * factor * depth_factors[i], decay),
                network,
                (i, is_last),
                gradient,
            );
        }
    }

    /// Updates the parameter `i` by its gradient, in one pass if there is a kernel for it.
    fn step_parameter(
        &mut self,
        optimizer: &Optimizer,
        (lr, decay): (f64, f64),
        network: &mut Network,
        (i, is_last): (usize, bool),
        gradient: Tensor<1>,
    ) {
        let ops = ops_for(&network.device, network.arithmetic);
        let Named { shape, value, .. } = &mut network.parameters[i];
        let parameter = rules::Parameter {
            steps: self.description.steps,
            shape: shape.as_slice(),
            is_last,
        };
        let lr = rules::rate(optimizer, lr, &parameter);
        let mut moments: Vec<_> = self.moments.iter_mut().map(|all| &mut all[i]).collect();
        let (weight_decay, shrink) = match optimizer.decouples() {
            true => (0.0, 1.0 - lr * decay),
            false => (decay, 1.0),
        };
        let step = ParameterStep {
            rule: &optimizer.rule,
            learning_rate: lr,
            weight_decay,
            shrink,
            number: self.description.steps,
        };
        if ops.step(step, value, &gradient, &mut moments) {
            return;
        }
        let mut gradient = gradient;
        if decay != 0.0 && optimizer.decouples() {
            *value = value.clone().mul_scalar(shrink);
        } else if decay != 0.0 {
            gradient = gradient + value.clone().mul_scalar(decay);
        }
        let step = rules::step(&optimizer.rule, lr, gradient, moments, &parameter);
        *value = value.clone() - step;
    }

    /// Drops moments that the rule does not use (a phase may end a momentum) and starts new ones.
    fn prepare(&mut self, rule: &Rule, network: &Network) {
        let used = rules::moments(rule);
        if self.description.moments == used {
            return;
        }
        let names = self.description.moments.drain(..);
        let mut kept: HashMap<String, Vec<Tensor<1>>> = names.zip(self.moments.drain(..)).collect();
        let initial = match rule {
            Rule::Adagrad { initial, .. } => *initial,
            _ => 0.0,
        };
        for &name in used {
            let moment = kept.remove(name);
            let moment = moment.unwrap_or_else(|| new_moment(network, initial));
            self.moments.push(moment);
            self.description.moments.push(name.to_string());
        }
    }
}

/// One tensor for each parameter.
fn new_moment(network: &Network, initial: f64) -> Vec<Tensor<1>> {
    let full = |p: &Named| Tensor::full([p.count()], initial, &network.device);
    network.parameters.iter().map(full).collect()
}

fn tensor_name(description: &OptimizerDescription, moment: &str, parameter: &Named) -> String {
    format!("{}.{moment}.{}", description.name, parameter.name)
}

/// Euclidean norm of all gradients together.
pub fn global_norm(gradients: &[Tensor<1>]) -> Scalar {
    if let Some(total) = sum_of_squares(gradients) {
        return Scalar::Known(total.sqrt());
    }
    let squares = gradients.iter().map(|g| (g.clone() * g.clone()).sum());
    match squares.reduce(|a, b| a + b).map(Scalar::of) {
        None => Scalar::Known(0.0),
        Some(Scalar::Known(total)) => Scalar::Known(total.sqrt()),
        Some(Scalar::Pending(total)) => Scalar::Pending(total.sqrt()),
    }
}

/// By our kernels; `None` if there are none.
fn sum_of_squares(gradients: &[Tensor<1>]) -> Option<f64> {
    let mut sums = Vec::with_capacity(gradients.len());
    for gradient in gradients {
        let ops = ops_for(&gradient.device(), Arithmetic::default());
        sums.push(ops.sum_of_squares(gradient)?);
    }
    Some(sums.iter().sum())
}

/// Scales gradients down to a [`global_norm`] of at most `largest`, as PyTorch's `clip_grad_norm_`
/// does; `norm` is their global norm now.
pub fn clip(gradients: Vec<Tensor<1>>, norm: &Scalar, largest: f64) -> Vec<Tensor<1>> {
    match norm {
        Scalar::Known(norm) => {
            let scale = largest / (norm + 1e-6);
            if scale >= 1.0 {
                return gradients;
            }
            gradients.into_iter().map(|g| g.mul_scalar(scale)).collect()
        }
        Scalar::Pending(norm) => {
            let scale = norm.clone().add_scalar(1e-6).recip().mul_scalar(largest);
            let scale = scale.clamp_max(1.0);
            gradients.into_iter().map(|g| g * scale.clone()).collect()
        }
    }
}
