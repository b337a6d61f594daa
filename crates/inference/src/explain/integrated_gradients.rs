//! Integrated gradients (Sundararajan et al. 2017).

use super::gauss_legendre::gauss_legendre;
use super::subject::Subject;

/// Images on the way from the baseline to the image.
const STEPS: usize = 50;

/// For each value of the image its share in the difference between the class's logit for the image
/// and for an image of zeros, which is of the mean colour: `[channels, height, width]`.
pub(super) fn attributions(subject: &Subject) -> Vec<f32> {
    let nodes = gauss_legendre(STEPS);
    let scaled = |share: f64| subject.input.iter().map(|x| x * share as f32).collect();
    let images: Vec<Vec<f32>> = nodes.iter().map(|(share, _)| scaled(*share)).collect();
    let mut sums = vec![0.0f64; subject.input.len()];
    for (gradient, (_, weight)) in subject.gradients(&images).iter().zip(&nodes) {
        for (sum, value) in sums.iter_mut().zip(gradient) {
            *sum += weight * f64::from(*value);
        }
    }
    let pairs = sums.iter().zip(&subject.input);
    pairs.map(|(sum, x)| (sum * f64::from(*x)) as f32).collect()
}
