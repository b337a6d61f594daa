//! Optimisers: each a function of parameters, gradients and a state that can be saved.

use crate::forward::values;
use crate::network::{Named, Network, StateError, find_checked, tensor};
use burn::tensor::Tensor;
use convsweep_spec::checkpoint::OptimizerDescription;
use convsweep_spec::train::Optimizer;
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
        let description = OptimizerDescription { name: optimizer.name().into(), steps: 0, moments: vec![] };
        OptimizerState { description, moments: vec![] }
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
        let of_parameters = |moment: &String| network.parameters.iter().map(|p| one(moment, p)).collect();
        let moments = description.moments.iter().map(of_parameters).collect::<Result<_, StateError>>()?;
        Ok(OptimizerState { description, moments })
    }

    /// Takes one step: updates the network's parameters by `gradients` at learning rate `lr`.
    pub fn step(&mut self, optimizer: &Optimizer, lr: f64, network: &mut Network, gradients: Vec<Tensor<1>>) {
        self.description.steps += 1;
        self.prepare(moments(optimizer), network);
        for (i, gradient) in gradients.into_iter().enumerate() {
            let parameter = &mut network.parameters[i].value;
            let remembered = self.moments.iter_mut().map(|of_parameters| &mut of_parameters[i]).collect();
            update(optimizer, lr, self.description.steps, parameter, gradient, remembered);
        }
    }

    /// Drops moving averages that the optimiser does not use (a phase may end a momentum) and starts new ones at zero.
    fn prepare(&mut self, used: &[&str], network: &Network) {
        if self.description.moments == used {
            return;
        }
        let mut kept: HashMap<String, Vec<Tensor<1>>> =
            self.description.moments.drain(..).zip(self.moments.drain(..)).collect();
        let zeros = || network.parameters.iter().map(|p| Tensor::zeros([p.count()], &network.device)).collect();
        self.moments = used.iter().map(|&name| kept.remove(name).unwrap_or_else(zeros)).collect();
        self.description.moments = used.iter().map(|&name| name.to_string()).collect();
    }
}

fn tensor_name(description: &OptimizerDescription, moment: &str, parameter: &Named) -> String {
    format!("{}.{moment}.{}", description.name, parameter.name)
}

/// Names of the moving averages that an optimiser keeps.
fn moments(optimizer: &Optimizer) -> &'static [&'static str] {
    match optimizer {
        Optimizer::Sgd { momentum, .. } if *momentum == 0.0 => &[],
        Optimizer::Sgd { .. } => &["momentum"],
        Optimizer::Adam { .. } => &["moment1", "moment2"],
    }
}

fn update(
    optimizer: &Optimizer,
    lr: f64,
    steps: u64,
    parameter: &mut Tensor<1>,
    gradient: Tensor<1>,
    mut remembered: Vec<&mut Tensor<1>>,
) {
    let decayed = |decay: f64, w: &Tensor<1>| match decay {
        0.0 => gradient.clone(),
        _ => gradient.clone() + w.clone().mul_scalar(decay),
    };
    match *optimizer {
        Optimizer::Sgd { momentum, nesterov, weight_decay, .. } => {
            let g = decayed(weight_decay, parameter);
            let direction = match remembered.first_mut() {
                None => g,
                Some(v) => {
                    **v = v.clone().mul_scalar(momentum) + g.clone();
                    if nesterov { g + v.clone().mul_scalar(momentum) } else { v.clone() }
                }
            };
            *parameter = parameter.clone() - direction.mul_scalar(lr);
        }
        Optimizer::Adam { beta1, beta2, epsilon, weight_decay, .. } => {
            let g = decayed(weight_decay, parameter);
            let [m, v] = &mut remembered[..] else { return };
            **m = m.clone().mul_scalar(beta1) + g.clone().mul_scalar(1.0 - beta1);
            **v = v.clone().mul_scalar(beta2) + (g.clone() * g).mul_scalar(1.0 - beta2);
            let [c1, c2] = [beta1, beta2].map(|beta| 1.0 - beta.powf(steps as f64));
            let root = v.clone().sqrt().div_scalar(c2.sqrt()).add_scalar(epsilon);
            *parameter = parameter.clone() - m.clone().mul_scalar(lr / c1) / root;
        }
    }
}
