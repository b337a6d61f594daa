//! Class activation maps: planes of a layer, weighted by how the class depends on them.

use super::subject::Subject;
use crate::planes::FeaturePlanes;
use convsweep_nn::ImageGradients;

/// How planes are weighted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Weighting {
    /// Each plane by the mean of its gradients: Grad-CAM (Selvaraju et al. 2017).
    MeanGradient,
    /// Each value by its own gradient: HiResCAM (Draelos and Carin 2020), which marks only what
    /// the network used.
    Gradient,
}

/// What speaks for the class, enlarged to the size of the image; what speaks against it is 0.
pub(super) fn class_activation(
    planes: &FeaturePlanes,
    subject: &Subject,
    weighting: Weighting,
) -> Vec<f32> {
    let input = subject.input.clone();
    let found = planes
        .network
        .feature_gradients(input, subject.shape(1), subject.one_hot(1));
    let map = weighted_sum(&found, weighting);
    let [_, _, height, width] = found.shape;
    enlarge(&map, [height, width], [subject.height, subject.width])
}

fn weighted_sum(found: &ImageGradients, weighting: Weighting) -> Vec<f32> {
    let [_, _, height, width] = found.shape;
    let plane = height * width;
    let mut map = vec![0.0; plane];
    let planes = found
        .values
        .chunks(plane)
        .zip(found.gradients.chunks(plane));
    for (values, gradients) in planes {
        let mean = gradients.iter().sum::<f32>() / plane as f32;
        for (i, sum) in map.iter_mut().enumerate() {
            *sum += values[i]
                * match weighting {
                    Weighting::MeanGradient => mean,
                    Weighting::Gradient => gradients[i],
                };
        }
    }
    map.iter().map(|value| value.max(0.0)).collect()
}

/// Bilinear interpolation; corners are not aligned.
fn enlarge(map: &[f32], [height, width]: [usize; 2], [rows, columns]: [usize; 2]) -> Vec<f32> {
    let mut enlarged = Vec::with_capacity(rows * columns);
    for row in 0..rows {
        let (above, below, down) = neighbours(row, rows, height);
        for column in 0..columns {
            let (left, right, along) = neighbours(column, columns, width);
            let value = |row: usize, column: usize| map[row * width + column];
            let upper = value(above, left) * (1.0 - along) + value(above, right) * along;
            let lower = value(below, left) * (1.0 - along) + value(below, right) * along;
            enlarged.push(upper * (1.0 - down) + lower * down);
        }
    }
    enlarged
}

/// The two old pixels beside new pixel `i` of `count`, of `size` old ones, and the share of the
/// second.
fn neighbours(i: usize, count: usize, size: usize) -> (usize, usize, f32) {
    let position = (i as f32 + 0.5) * size as f32 / count as f32 - 0.5;
    let position = position.clamp(0.0, (size - 1) as f32);
    let first = position as usize;
    (first, (first + 1).min(size - 1), position - first as f32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn planes_are_weighted_by_their_gradients() {
        let found = ImageGradients {
            logits: vec![],
            values: vec![1.0, 2.0, 3.0, 4.0],
            gradients: vec![1.0, 0.0, -1.0, -1.0],
            shape: [1, 2, 1, 2],
        };
        // 1·0.5 − 3 and 2·0.5 − 4; 1·1 − 3 and 0 − 4.
        assert_eq!(weighted_sum(&found, Weighting::MeanGradient), [0.0, 0.0]);
        let positive = ImageGradients {
            gradients: vec![1.0, 0.0, 0.25, 0.75],
            ..found
        };
        assert_eq!(weighted_sum(&positive, Weighting::MeanGradient), [2.0, 3.0]);
        assert_eq!(weighted_sum(&positive, Weighting::Gradient), [1.75, 3.0]);
    }

    #[test]
    fn a_map_is_enlarged_smoothly() {
        let enlarged = enlarge(&[0.0, 1.0], [1, 2], [1, 4]);
        assert_eq!(enlarged, [0.0, 0.25, 0.75, 1.0]);
        assert_eq!(enlarge(&[3.0], [1, 1], [2, 2]), [3.0; 4]);
    }
}
