//! SmoothGrad (Smilkov et al. 2017).

use super::subject::Subject;
use convsweep_spec::random::IndexedDraws;

/// Images with noise.
const SAMPLES: u64 = 25;
/// Standard deviation of the noise, as a share of the range of the image's values.
const NOISE: f32 = 0.15;

/// The mean size of the gradient of the class's logit over images with noise, which is the same for
/// every image: `[channels, height, width]`.
pub(super) fn attributions(subject: &Subject) -> Vec<f32> {
    let lowest = subject.input.iter().copied().fold(f32::INFINITY, f32::min);
    let highest = subject
        .input
        .iter()
        .copied()
        .fold(f32::NEG_INFINITY, f32::max);
    let deviation = NOISE * (highest - lowest);
    let noisy = |sample: u64| {
        let draws = IndexedDraws::new("smooth-grad", 0, "", sample);
        let values = subject.input.iter().enumerate();
        values
            .map(|(i, x)| x + deviation * normal(&draws, i as u64))
            .collect()
    };
    let images: Vec<Vec<f32>> = (0..SAMPLES).map(noisy).collect();
    let mut sums = vec![0.0; subject.input.len()];
    for gradient in subject.gradients(&images) {
        for (sum, value) in sums.iter_mut().zip(gradient) {
            *sum += value.abs() / SAMPLES as f32;
        }
    }
    sums
}

/// A normal number, by two uniform ones (Box and Muller 1958).
fn normal(draws: &IndexedDraws, i: u64) -> f32 {
    let (radius, angle) = (draws.uniform(2 * i), draws.uniform(2 * i + 1));
    let radius = (-2.0 * (1.0 - radius).ln()).sqrt();
    (radius * (std::f64::consts::TAU * angle).cos()) as f32
}
