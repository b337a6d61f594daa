//! How single images are classified, computed in f64.

use convsweep_kernels::Softmax;

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
}
