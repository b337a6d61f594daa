//! The loss of training, computed by the device that has the logits.

use super::batch_loss::LossOfBatch;
use super::targets::Targets;
use crate::scalar::Scalar;
use burn::tensor::activation::log_softmax;
use burn::tensor::{Int, Tensor, TensorData};

/// As `kernels::cross_entropy`, in f32: `−Σ target · (1 − p)^focal · ln p`.
pub(super) fn loss_on_device(targets: &Targets, logits: Tensor<2>) -> LossOfBatch {
    let (dims, device) = (logits.dims(), logits.device());
    let [images, classes] = dims;
    let rows = TensorData::new(targets.rows.clone(), dims);
    let rows = Tensor::<2>::from_data(rows, &device);
    let labels: Vec<i64> = targets.labels.iter().map(|&label| label.into()).collect();
    let labels = Tensor::<2, Int>::from_data(TensorData::new(labels, [images, 1]), &device);
    let predicted = logits.clone().argmax(1);
    let correct = predicted.equal(labels).int().sum().float();
    let log_p = log_softmax(logits, 1);
    let p = log_p.clone().exp();
    let (weight, slope) = focal_weight(p.clone(), log_p.clone(), targets.focal);
    // A class of target 0 adds nothing, even where the logarithm of its probability is infinite.
    let is_target = rows.clone().not_equal_scalar(0.0).float();
    let finite = log_p.clamp_min(f32::MIN) * is_target;
    let sum = (rows.clone() * weight * finite).sum().neg();
    // `slopes` is the negative derivative of the loss with respect to `ln p`.
    let slopes = rows * slope;
    let slope_sum = slopes.clone().sum_dim(1).expand([images, classes]);
    let gradient = (p * slope_sum - slopes).div_scalar(images as f64);
    LossOfBatch {
        sum: Scalar::of(sum),
        correct: Scalar::of(correct),
        gradient,
    }
}

/// `(1 − p)^focal`, and the derivative of `(1 − p)^focal · ln p` with respect to `ln p`.
fn focal_weight(p: Tensor<2>, log_p: Tensor<2>, focal: f64) -> (Tensor<2>, Tensor<2>) {
    let ones = p.ones_like();
    if focal == 0.0 {
        return (ones.clone(), ones);
    }
    let complement = (ones - p.clone()).clamp_min(0.0);
    let weight = complement.clone().powf_scalar(focal);
    // At p = 1 the second term tends to 0 for every focal > 0, because ln p vanishes as fast as
    // 1 − p.
    let over = complement.clamp_min(f32::MIN_POSITIVE);
    let correction = weight.clone() / over * p * log_p.clamp_min(f32::MIN);
    (weight.clone(), weight - correction.mul_scalar(focal))
}

#[cfg(test)]
mod tests {
    use super::super::batch_loss::loss_on_host;
    use super::super::targets::{Mixture, Objective};
    use super::*;
    use crate::host::values;
    use convsweep_spec::train::{ClassWeights, Loss};

    /// Logits of 6 images and 4 classes, among them ties and very large ones.
    fn logits() -> Vec<f32> {
        let mut logits: Vec<f32> = (0..24)
            .map(|i| ((i * 37 + 5) % 19) as f32 / 4.0 - 2.0)
            .collect();
        logits[4..8].copy_from_slice(&[1.0, 3.0, 3.0, -1.0]);
        logits[8..12].copy_from_slice(&[90.0, -90.0, 0.0, 0.0]);
        logits
    }

    fn compare(loss: &Loss, mixture: Option<&Mixture>) {
        let labels = [2, 1, 0, 3, 3, 0];
        let targets = Objective::new(loss, 4, &labels).targets(&labels, mixture);
        let device = crate::first_device().expect("a device");
        let logits = || Tensor::<2>::from_data(TensorData::new(logits(), [6, 4]), &device);
        let host = loss_on_host(&targets, logits());
        let own = loss_on_device(&targets, logits());
        assert_eq!(host.correct.value(), own.correct.value(), "{loss:?}");
        let [expected, found] = [host.sum.value(), own.sum.value()];
        let is_near = (expected - found).abs() < 1e-5 * expected.abs().max(1.0);
        assert!(is_near, "{loss:?}: {found} instead of {expected}");
        let pairs = values(host.gradient).into_iter().zip(values(own.gradient));
        for (expected, found) in pairs {
            assert!(
                (expected - found).abs() < 1e-6,
                "{loss:?}: {found} instead of {expected}"
            );
        }
    }

    #[test]
    fn a_device_computes_what_the_host_does() {
        let plain = Loss::default();
        compare(&plain, None);
        let mixture = Mixture {
            share: 0.3,
            others: vec![1, 1, 2, 0, 3, 0],
        };
        let weighted = Loss {
            label_smoothing: 0.1,
            class_weights: Some(ClassWeights::Given(vec![1.0, 0.5, 2.0, 0.0])),
            ..Loss::default()
        };
        compare(&weighted, Some(&mixture));
        for focal in [0.5, 2.0] {
            let focal = Loss {
                focal,
                ..Loss::default()
            };
            compare(&focal, None);
        }
    }
}
