//! Softmax cross-entropy from logits: losses and their gradients for training, and how single images
//! are classified. On the host all is computed in f64; a device that works apart computes the loss
//! of training itself, in f32.

mod on_device;

use crate::device::works_apart;
use crate::host::values;
use crate::scalar::Scalar;
use burn::tensor::{Tensor, TensorData};
use convsweep_kernels::{BatchLoss, Softmax, cross_entropy};
use convsweep_spec::train::{ClassWeights, Loss};

/// The loss that training minimises, with the classes' weights.
#[derive(Clone, Debug)]
pub struct Objective {
    classes: usize,
    smoothing: f64,
    focal: f64,
    weights: Option<Vec<f64>>,
}

/// The classes that the images of a batch should be given.
#[derive(Clone, Debug)]
pub struct Targets {
    /// True classes; for a mixture of two, the class with the larger share.
    labels: Vec<u16>,
    /// `[images, classes]`: target probabilities times class weights.
    rows: Vec<f32>,
    focal: f64,
}

/// The loss of a batch.
#[derive(Debug)]
pub(crate) struct LossOfBatch {
    /// Sum over the images.
    pub sum: Scalar,
    /// Number of images classified correctly.
    pub correct: Scalar,
    /// Gradient of the mean loss with respect to the logits, `[images, classes]`.
    pub gradient: Tensor<2>,
}

/// A second class for every image of a batch, and the share of the first.
#[derive(Clone, Debug)]
pub struct Mixture {
    /// Share of the image's own class, from 0 to 1.
    pub share: f64,
    /// For each image the class that it is mixed with.
    pub others: Vec<u16>,
}

impl Objective {
    /// The objective of a job whose training images have these labels.
    pub fn new(loss: &Loss, classes: usize, labels: &[u16]) -> Self {
        let weights = loss.class_weights.as_ref().map(|weights| match weights {
            ClassWeights::Given(weights) => weights.clone(),
            ClassWeights::Balanced => balanced(classes, labels),
        });
        Objective {
            classes,
            smoothing: loss.label_smoothing,
            focal: loss.focal,
            weights,
        }
    }

    /// Targets for images of these classes, which may be mixed with others.
    ///
    /// Panics if a label is not below the number of classes.
    pub fn targets(&self, labels: &[u16], mixture: Option<&Mixture>) -> Targets {
        let share = mixture.map_or(1.0, |mixture| mixture.share);
        let mut larger = Vec::with_capacity(labels.len());
        let mut rows = Vec::with_capacity(labels.len() * self.classes);
        let mut row = vec![0.0f64; self.classes];
        for (i, &label) in labels.iter().enumerate() {
            row.fill(0.0);
            row[usize::from(label)] += share;
            let other = mixture.map(|mixture| mixture.others[i]);
            if let Some(other) = other {
                row[usize::from(other)] += 1.0 - share;
            }
            larger.push(other.filter(|_| share < 0.5).unwrap_or(label));
            for (class, &target) in row.iter().enumerate() {
                rows.push(self.smoothed_and_weighted(target, class) as f32);
            }
        }
        Targets {
            labels: larger,
            rows,
            focal: self.focal,
        }
    }

    fn smoothed_and_weighted(&self, target: f64, class: usize) -> f64 {
        let smoothed = target * (1.0 - self.smoothing) + self.smoothing / self.classes as f64;
        let weight = match &self.weights {
            Some(weights) => weights.get(class).copied().unwrap_or(1.0),
            None => 1.0,
        };
        smoothed * weight
    }
}

/// The weight of a class is images / (classes · images of the class), or 0 if it has no images.
fn balanced(classes: usize, labels: &[u16]) -> Vec<f64> {
    let mut counts = vec![0u64; classes];
    for &label in labels {
        counts[usize::from(label)] += 1;
    }
    let mut weights = Vec::with_capacity(classes);
    for count in counts {
        weights.push(match count {
            0 => 0.0,
            n => labels.len() as f64 / (classes as f64 * n as f64),
        });
    }
    weights
}

impl Targets {
    /// Targets of one class for each image, under the plain cross-entropy.
    pub fn plain(labels: &[u16], classes: usize) -> Self {
        Objective::new(&Loss::default(), classes, &[]).targets(labels, None)
    }

    /// The loss of `logits` `[images, classes]`, which are not differentiated.
    pub(crate) fn loss(&self, logits: Tensor<2>) -> LossOfBatch {
        match works_apart(&logits.device()) {
            true => on_device::loss(self, logits),
            false => self.loss_on_host(logits),
        }
    }

    fn loss_on_host(&self, logits: Tensor<2>) -> LossOfBatch {
        let (dims, device) = (logits.dims(), logits.device());
        let BatchLoss {
            loss_sum,
            predicted,
            gradient,
        } = cross_entropy(&values(logits), &self.rows, dims[1], self.focal);
        let mut correct = 0;
        for (predicted, label) in predicted.iter().zip(&self.labels) {
            correct += u32::from(predicted == label);
        }
        LossOfBatch {
            sum: Scalar::Known(loss_sum),
            correct: Scalar::Known(f64::from(correct)),
            gradient: Tensor::from_data(TensorData::new(gradient, dims), &device),
        }
    }
}

/// How one image was classified.
#[derive(Clone, Debug, PartialEq)]
pub struct ImageScore {
    /// Most probable class; the lowest index in a tie.
    pub predicted: u16,
    /// Cross-entropy against the true class, natural logarithm.
    pub loss: f64,
}

/// Classifies one image from its `logits` and writes its class probabilities into `probabilities`;
/// computed in f64.
///
/// Panics if `label` is not a class or the lengths differ.
pub fn score_image(logits: &[f32], label: u16, probabilities: &mut [f32]) -> ImageScore {
    let softmax = Softmax::of(logits);
    for (p, &l) in probabilities.iter_mut().zip(logits) {
        *p = softmax.probability(l) as f32;
    }
    // Summed in this order, as recorded losses were.
    let loss = softmax.log_exp_sum + softmax.max_logit - f64::from(logits[usize::from(label)]);
    ImageScore {
        predicted: softmax.predicted,
        loss,
    }
}

/// Classifies one image by the mean of the probabilities of two views of it.
///
/// Panics as [`score_image`] does.
pub fn score_two_views(views: [&[f32]; 2], label: u16, probabilities: &mut [f32]) -> ImageScore {
    let softmaxes = views.map(Softmax::of);
    let mut predicted = 0;
    let mut highest = f64::NEG_INFINITY;
    let mut of_label = f64::NAN;
    for (class, probability) in probabilities.iter_mut().enumerate() {
        let of_view = |i: usize| softmaxes[i].log_probability(views[i][class]).exp();
        let mean = (of_view(0) + of_view(1)) / 2.0;
        *probability = mean as f32;
        if mean > highest {
            (predicted, highest) = (class as u16, mean);
        }
        if class == usize::from(label) {
            of_label = mean;
        }
    }
    ImageScore {
        predicted,
        loss: -of_label.ln(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_view_follows_the_formula() {
        let mut p = [0.0; 3];
        let found = score_image(&[1.0, 3.0, 3.0], 0, &mut p);
        let total = 1f64.exp() + 2.0 * 3f64.exp();
        assert_eq!(found.predicted, 1);
        assert!(
            (found.loss - (total.ln() - 1.0)).abs() < 1e-12,
            "{}",
            found.loss
        );
        assert!((f64::from(p[2]) - 3f64.exp() / total).abs() < 1e-7);
        assert!(score_image(&[f32::NAN, 0.0], 1, &mut p[..2]).loss.is_nan());
        assert!(score_image(&[-1e30, 1e30], 0, &mut p[..2]).loss.is_finite());
    }

    #[test]
    fn two_views_are_averaged() {
        let mut p = [0.0; 2];
        let found = score_two_views([&[0.0, 2.0], &[3.0, 0.0]], 0, &mut p);
        let mean = (1.0 / (1.0 + 2f64.exp()) + 1.0 / (1.0 + (-3f64).exp())) / 2.0;
        assert_eq!(found.predicted, 0);
        assert!((found.loss + mean.ln()).abs() < 1e-12 && (f64::from(p[0]) - mean).abs() < 1e-7);
    }

    #[test]
    fn mixtures_and_balanced_weights() {
        let loss = Loss {
            class_weights: Some(ClassWeights::Balanced),
            ..Loss::default()
        };
        let objective = Objective::new(&loss, 2, &[0, 0, 0, 1]);
        let mixture = Mixture {
            share: 0.25,
            others: vec![1, 0],
        };
        let targets = objective.targets(&[0, 0], Some(&mixture));
        let [rare, common] = [4.0 / 2.0, 4.0 / 6.0];
        let expected = [0.25 * common, 0.75 * rare, common, 0.0].map(|x: f64| x as f32);
        assert_eq!(
            (targets.rows.as_slice(), targets.labels.as_slice()),
            (expected.as_slice(), [1u16, 0].as_slice())
        );
    }
}
