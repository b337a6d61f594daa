//! Softmax cross-entropy from logits: on the device for gradients, on the host in f64 for what is reported.

use burn::tensor::activation::log_softmax;
use burn::tensor::{Device, Tensor, TensorData};

/// Mean cross-entropy of `logits` `[batch, classes]` against `targets` `[batch, classes]`, rows of probabilities.
pub(crate) fn cross_entropy(logits: Tensor<2>, targets: Tensor<2>) -> Tensor<1> {
    let images = logits.dims()[0] as f64;
    (log_softmax(logits, 1) * targets).sum().div_scalar(-images)
}

/// One row a label with a one in the label's column.
pub(crate) fn one_hot(labels: &[u16], classes: usize, device: &Device) -> Tensor<2> {
    let mut rows = vec![0.0f32; labels.len() * classes];
    for (row, &label) in rows.chunks_exact_mut(classes).zip(labels) {
        row[usize::from(label)] = 1.0;
    }
    Tensor::from_data(TensorData::new(rows, [labels.len(), classes]), device)
}

/// How a classifier judged one image.
#[derive(Clone, Debug, PartialEq)]
pub struct Judgement {
    /// Most probable class; the lowest of equals.
    pub predicted: u16,
    /// Cross-entropy against the true class, natural logarithm.
    pub loss: f64,
}

/// Judges one image from its `logits` and writes its class probabilities into `probabilities`, computed in f64.
///
/// Panics if `label` is no class or the lengths differ.
pub fn judge(logits: &[f32], label: u16, probabilities: &mut [f32]) -> Judgement {
    let largest = logits.iter().fold(f64::NEG_INFINITY, |a, &b| a.max(f64::from(b)));
    let exponentials = logits.iter().map(|&l| (f64::from(l) - largest).exp());
    let total: f64 = exponentials.clone().sum();
    let mut predicted = 0;
    for (i, (p, e)) in probabilities.iter_mut().zip(exponentials).enumerate() {
        *p = (e / total) as f32;
        if logits[i] > logits[predicted] {
            predicted = i;
        }
    }
    let loss = total.ln() + largest - f64::from(logits[usize::from(label)]);
    Judgement { predicted: predicted as u16, loss }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn judges_as_the_formula_says() {
        let mut p = [0.0; 3];
        let found = judge(&[1.0, 3.0, 3.0], 0, &mut p);
        let total = 1f64.exp() + 2.0 * 3f64.exp();
        assert_eq!(found.predicted, 1);
        assert!((found.loss - (total.ln() - 1.0)).abs() < 1e-12, "{}", found.loss);
        assert!((f64::from(p[2]) - 3f64.exp() / total).abs() < 1e-7);
        assert!(judge(&[f32::NAN, 0.0], 1, &mut p[..2]).loss.is_nan());
        assert!(judge(&[-1e30, 1e30], 0, &mut p[..2]).loss.is_finite());
    }
}
