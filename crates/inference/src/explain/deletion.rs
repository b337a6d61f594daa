//! What a map is worth: the class's probability while pixels go or come in its order.

use super::subject::Subject;
use convsweep_spec::inference::{DeletionCurves, ExplainRequest, MapWorth};
use convsweep_spec::random::IndexedDraws;

/// Steps in which all pixels go or come.
const STEPS: usize = 20;
/// Where a map is moved to for comparison, as shares of the height and the width. What leaves on
/// one side comes in on the other.
const MOVES: [[f64; 2]; 3] = [[0.5, 0.5], [0.33, 0.67], [0.67, 0.33]];
const _: () =
    assert!(ExplainRequest::IMAGES_OF_JUDGEMENT == ((STEPS + 1) * 2 * (MOVES.len() + 1)) as u64);

/// The curves for pixels in the order of a map, and those for the map in other places.
pub(super) fn worth(subject: &Subject, map: &[f32]) -> MapWorth {
    MapWorth {
        own: curves_of_order(subject, &order(map)),
        moved: moved_curves(subject, map),
    }
}

/// The mean curves for a map that was moved to other places.
fn moved_curves(subject: &Subject, map: &[f32]) -> DeletionCurves {
    let mut mean = DeletionCurves::default();
    for share in MOVES {
        let moved = moved(map, [subject.height, subject.width], share);
        let found = curves_of_order(subject, &order(&moved));
        mean.deletion += found.deletion / MOVES.len() as f32;
        mean.insertion += found.insertion / MOVES.len() as f32;
    }
    mean
}

/// Pixels in the order of a map, the highest first; equal ones in a random order that is always the
/// same, since their place in the image means nothing.
fn order(map: &[f32]) -> Vec<usize> {
    let draws = IndexedDraws::new("deletion", 0, "", 0);
    let mut order: Vec<usize> = (0..map.len()).collect();
    let random = |pixel: &usize| draws.bits(*pixel as u64);
    order.sort_by(|a, b| map[*b].total_cmp(&map[*a]).then(random(a).cmp(&random(b))));
    order
}

fn moved(map: &[f32], [height, width]: [usize; 2], share: [f64; 2]) -> Vec<f32> {
    let rows = (height as f64 * share[0]) as usize;
    let columns = (width as f64 * share[1]) as usize;
    let mut moved = Vec::with_capacity(map.len());
    for row in 0..height {
        let from = (row + rows) % height * width;
        moved.extend((0..width).map(|column| map[from + (column + columns) % width]));
    }
    moved
}

fn curves_of_order(subject: &Subject, order: &[usize]) -> DeletionCurves {
    let blank = vec![0.0; subject.input.len()];
    DeletionCurves {
        deletion: area(&steps(subject, &subject.input, &blank, order)),
        insertion: area(&steps(subject, &blank, &subject.input, order)),
    }
}

/// The class's probabilities while the pixels of `from` are replaced by those of `to`.
fn steps(subject: &Subject, from: &[f32], to: &[f32], order: &[usize]) -> Vec<f32> {
    let plane = subject.plane();
    let mut image = from.to_vec();
    let mut images = vec![image.clone()];
    let mut replaced = 0;
    for step in 1..=STEPS {
        let end = step * plane / STEPS;
        for pixel in &order[replaced..end] {
            for channel in 0..subject.channels {
                image[channel * plane + pixel] = to[channel * plane + pixel];
            }
        }
        replaced = end;
        images.push(image.clone());
    }
    subject.probabilities(&images)
}

/// The area under values that are equally far from each other, over a width of 1.
fn area(values: &[f32]) -> f32 {
    let pairs = values.windows(2).map(|pair| (pair[0] + pair[1]) / 2.0);
    pairs.sum::<f32>() / (values.len() - 1).max(1) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_area_is_that_of_trapezoids() {
        assert_eq!(area(&[1.0, 0.0]), 0.5);
        assert_eq!(area(&[1.0, 1.0, 0.0]), 0.75);
    }

    #[test]
    fn a_moved_map_has_the_same_values_elsewhere() {
        let map = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
        assert_eq!(
            moved(&map, [2, 3], [0.5, 0.0]),
            [4.0, 5.0, 6.0, 1.0, 2.0, 3.0]
        );
        assert_eq!(
            moved(&map, [2, 3], [0.0, 0.34]),
            [2.0, 3.0, 1.0, 5.0, 6.0, 4.0]
        );
    }

    #[test]
    fn equal_values_have_no_order_of_places() {
        let all = order(&[0.0; 100]);
        assert_ne!(all[..10], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
        assert_eq!(order(&[0.0, 3.0, 1.0])[..2], [1, 2]);
    }
}
