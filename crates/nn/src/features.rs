//! What the frozen first operations of a network make of images: the same in every step, so that it
//! need not be computed again.

use crate::batch::Batch;
use crate::device::works_apart;
use crate::function::Function;
use crate::host::values;
use crate::learned_function::LearnedFunction;
use crate::loss::Targets;
use crate::network::{Gradients, Named, Network};
use crate::operation::Operation;
use crate::ops::ops_for;
use crate::pass::Pass;
use burn::tensor::{Tensor, TensorData};
use convsweep_spec::canonical::hash_of;
use convsweep_spec::pattern::layer_of;
use std::collections::HashSet;

/// What the frozen first operations of a network make of a batch of images.
#[derive(Clone, Debug, PartialEq)]
pub struct Features {
    values: Vec<f32>,
    layout: FeatureLayout,
}

/// Sizes of one image's features, in the order in which they are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum FeatureLayout {
    ChannelsFirst([usize; 3]),
    ChannelsLast([usize; 3]),
    Flat(usize),
}

impl Features {
    /// The values of each image.
    pub fn images(&self) -> impl Iterator<Item = &[f32]> {
        self.values.chunks_exact(self.values_per_image().max(1))
    }

    /// Whether the values are these, to the bit.
    pub fn are(&self, values: &[f32]) -> bool {
        let bits = |values: &[f32]| {
            values
                .iter()
                .map(|value| value.to_bits())
                .collect::<Vec<_>>()
        };
        bits(&self.values) == bits(values)
    }

    /// Number of values of an image.
    pub fn values_per_image(&self) -> usize {
        match self.layout {
            FeatureLayout::ChannelsFirst(sizes) | FeatureLayout::ChannelsLast(sizes) => {
                sizes.iter().product()
            }
            FeatureLayout::Flat(count) => count,
        }
    }

    /// The features of other images, by the same operations.
    pub fn of_others(&self, values: Vec<f32>) -> Features {
        Features {
            values,
            layout: self.layout,
        }
    }

    fn new(batch: Batch) -> Features {
        let (values, layout) = match batch {
            Batch::ChannelsFirst(x) => {
                let [_, c, h, w] = x.dims();
                (values(x), FeatureLayout::ChannelsFirst([c, h, w]))
            }
            Batch::ChannelsLast(x) => {
                let [_, h, w, c] = x.dims();
                (values(x), FeatureLayout::ChannelsLast([h, w, c]))
            }
            Batch::Flat(x) => {
                let [_, count] = x.dims();
                (values(x), FeatureLayout::Flat(count))
            }
        };
        Features { values, layout }
    }
}

impl Network {
    /// How many of the first operations make the same features of an image, to the bit, in every
    /// step and batch, as long as the same layers are frozen: their parameters are frozen, they use
    /// no random numbers, and no sum over one image depends on the others. 0 if there is nothing to
    /// gain.
    pub fn frozen_operations(&self) -> usize {
        let keeps_apart = ops_for(&self.device, self.arithmetic).keep_images_apart();
        if !keeps_apart || works_apart(&self.device) {
            return 0;
        }
        let mut frozen = 0;
        let operations = &self.operations;
        while operations.get(frozen).is_some_and(|o| self.repeats(o)) {
            frozen += 1;
        }
        // A norm is computed together with the convolution before it.
        let norm_follows = matches!(operations.get(frozen), Some(Operation::BatchNorm { .. }));
        if norm_follows && frozen > 0 && operations[frozen - 1].as_bare_conv().is_some() {
            frozen -= 1;
        }
        let has_parameters = operations[..frozen].iter().any(has_parameters);
        if has_parameters { frozen } else { 0 }
    }

    /// Hash of the first `operations`, which are frozen, with all values that they compute with. On
    /// one machine, by one program, nothing else but the image determines its features.
    pub fn frozen_digest(&self, operations: usize) -> String {
        let operations = &self.operations[..operations];
        let mut text = format!("{:?} {operations:?}", self.arithmetic.kernels).into_bytes();
        // What is frozen further behind, and does not matter here, is the same in every such job.
        let parameters = self.parameters.iter().zip(&self.frozen);
        let parameters = parameters.filter(|(_, is_frozen)| **is_frozen);
        let parameters: Vec<&Named> = parameters.map(|(named, _)| named).collect();
        let layers: HashSet<&str> = parameters.iter().map(|p| layer_of(&p.name)).collect();
        let statistics = self.statistics.iter();
        let statistics = statistics.filter(|s| layers.contains(layer_of(&s.name)));
        for named in parameters.into_iter().chain(statistics) {
            text.extend(format!("\n{} {:?}", named.name, named.shape).into_bytes());
            text.extend(named.values().iter().flat_map(|value| value.to_le_bytes()));
        }
        hash_of(&text)
    }

    /// What the first `operations` make of `images` `[batch, channels, height, width]` in training.
    /// They are frozen ([`Network::frozen_operations`]).
    pub fn training_features(
        &self,
        operations: usize,
        images: Vec<f32>,
        shape: [usize; 4],
    ) -> Features {
        let images = self.batch(images, shape);
        let mut pass = self.training_pass(0, 0);
        let features = pass.apply_all(&self.operations[..operations], images);
        Features::new(features.map(Tensor::inner, Tensor::inner))
    }

    /// What the first `operations` make of `images` `[batch, channels, height, width]` in
    /// evaluation, where norms are folded into convolutions.
    pub fn evaluation_features(
        &self,
        operations: usize,
        images: Vec<f32>,
        shape: [usize; 4],
    ) -> Features {
        let images = self.batch(images, shape);
        let mut pass = Pass::evaluation(self);
        Features::new(pass.apply_all(&self.operations[..operations], images))
    }

    /// [`Network::gradients_towards`] by the operations behind the first ones, from the
    /// [`Network::training_features`] of the images.
    pub fn gradients_from(
        &self,
        operations: usize,
        features: &Features,
        targets: &Targets,
        seed: u64,
        step: u64,
    ) -> Gradients {
        let batch = self.features(features);
        self.gradients_of(&self.operations[operations..], batch, targets, [seed, step])
    }

    /// [`Network::classify`] by the operations behind the first ones, from the
    /// [`Network::evaluation_features`] of the images.
    pub fn classify_from(&self, operations: usize, features: &Features) -> Vec<f32> {
        let batch = self.features(features);
        self.logits_of(&self.operations[operations..], batch)
    }

    fn features(&self, features: &Features) -> Batch {
        let images = features.images().count();
        let tensor = |[a, b, c]: [usize; 3]| {
            let data = TensorData::new(features.values.clone(), [images, a, b, c]);
            Tensor::<4>::from_data(data, &self.device)
        };
        match features.layout {
            FeatureLayout::ChannelsFirst(sizes) => Batch::ChannelsFirst(tensor(sizes)),
            FeatureLayout::ChannelsLast(sizes) => Batch::ChannelsLast(tensor(sizes)),
            FeatureLayout::Flat(count) => {
                let data = TensorData::new(features.values.clone(), [images, count]);
                Batch::Flat(Tensor::from_data(data, &self.device))
            }
        }
    }

    /// Whether an operation gives an image the same values in every step and batch. Sums that the
    /// tensor library computes may depend on the size of the batch.
    fn repeats(&self, operation: &Operation) -> bool {
        let is_frozen = |parameter: usize| self.frozen[parameter];
        match operation {
            Operation::Conv { parameters, .. } | Operation::Dense { parameters, .. } => {
                is_frozen(parameters.weight) && parameters.bias.is_none_or(is_frozen)
            }
            Operation::Transposed { parameters, conv } => {
                conv.is_exact_transpose()
                    && is_frozen(parameters.weight)
                    && parameters.bias.is_none_or(is_frozen)
            }
            Operation::BatchNorm { norm, .. } => is_frozen(norm.scale) && is_frozen(norm.shift),
            Operation::Dropout { rate, .. } => *rate == 0.0,
            Operation::Activation { .. }
            | Operation::Flatten
            | Operation::Pool { .. }
            | Operation::Observe => true,
            Operation::Function { function, .. } => match function {
                Function::PadShortcut { .. }
                | Function::GlobalMax
                | Function::AdaptiveMax(_)
                | Function::Pad { .. } => true,
                Function::AdaptiveAverage(_) | Function::Upsample { .. } => false,
            },
            Operation::LearnedFunction(function) => match function {
                LearnedFunction::Prelu { slopes } => is_frozen(*slopes),
                LearnedFunction::LocallyConnected { .. } | LearnedFunction::GroupNorm { .. } => {
                    false
                }
            },
            Operation::Gate(operations) => operations.iter().all(|o| self.repeats(o)),
            Operation::Branches { branches, .. } => {
                branches.iter().flatten().all(|o| self.repeats(o))
            }
        }
    }
}

/// Whether an operation has parameters. The other ones cost little.
fn has_parameters(operation: &Operation) -> bool {
    match operation {
        Operation::Conv { .. }
        | Operation::Transposed { .. }
        | Operation::Dense { .. }
        | Operation::BatchNorm { .. }
        | Operation::LearnedFunction(_)
        | Operation::Gate(_) => true,
        Operation::Branches { branches, .. } => branches.iter().flatten().any(has_parameters),
        Operation::Activation { .. }
        | Operation::Dropout { .. }
        | Operation::Flatten
        | Operation::Pool { .. }
        | Operation::Function { .. }
        | Operation::Observe => false,
    }
}
