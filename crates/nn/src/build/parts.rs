//! Norms and activations, as layers of their own or behind a layer with weights.

use super::builder::{Builder, Place};
use crate::activation::PRELU_INITIAL_SLOPE;
use crate::learned_function::LearnedFunction;
use crate::operation::{BatchNorm, Operation};
use convsweep_spec::layer_names::{self as names, role};
use convsweep_spec::model::{Activation, Norm};
use convsweep_spec::shape::Shape;

impl Builder<'_> {
    /// Appends the norm and the activation behind a layer with weights.
    pub(super) fn norm_and_activation(
        &mut self,
        norm: Option<Norm>,
        activation: Option<Activation>,
        place: Place,
        operations: &mut Vec<Operation>,
    ) {
        if let Some(norm) = &norm {
            let name = names::part(place.name, role::NORM);
            let norm = self.norm(norm, &name, place.output);
            operations.push(norm);
        }
        if let Some(activation) = activation {
            let name = names::part(place.name, role::ACTIVATION);
            operations.push(self.activation(activation, &name, place));
        }
    }

    /// An activation called `name`; a slope for each channel belongs to the layer at `place`.
    pub(super) fn activation(
        &mut self,
        activation: Activation,
        name: &str,
        place: Place,
    ) -> Operation {
        if activation == Activation::Prelu {
            let slope = names::part(place.name, role::SLOPE);
            let shape = [place.output.channels()];
            let slopes = self.constant(slope, &shape, PRELU_INITIAL_SLOPE as f32);
            return Operation::LearnedFunction(LearnedFunction::Prelu { slopes });
        }
        Operation::Activation {
            name: name.into(),
            activation,
        }
    }

    pub(super) fn norm(&mut self, norm: &Norm, name: &str, shape: Shape) -> Operation {
        let channels = shape.channels();
        let scale = self.constant(names::part(name, role::WEIGHT), &[channels], 1.0);
        let shift = self.constant(names::part(name, role::BIAS), &[channels], 0.0);
        let (groups, epsilon) = match *norm {
            Norm::Batch { momentum, epsilon } => {
                let mean = names::part(name, role::RUNNING_MEAN);
                let variance = names::part(name, role::RUNNING_VARIANCE);
                let norm = BatchNorm {
                    scale,
                    shift,
                    mean: self.statistic(mean, channels, 0.0),
                    variance: self.statistic(variance, channels, 1.0),
                    momentum,
                    epsilon,
                    relu: false,
                };
                let fused = vec![];
                return Operation::BatchNorm { norm, fused };
            }
            Norm::Layer { epsilon } => (Some(1), epsilon),
            Norm::Group { groups, epsilon } => (Some(groups as usize), epsilon),
            Norm::Instance { epsilon } => (None, epsilon),
        };
        Operation::LearnedFunction(LearnedFunction::GroupNorm {
            scale,
            shift,
            groups,
            epsilon,
        })
    }
}
