//! What a map is worth: the class's probability while pixels go or come in its order.

use super::subject::Subject;
use convsweep_spec::inference::DeletionCurves;
use convsweep_spec::random::IndexedDraws;

/// Steps in which all pixels go or come.
const STEPS: usize = 24;
/// Random orders, over whose curves the mean is taken.
const RANDOM_ORDERS: u64 = 4;

/// The curves for pixels in the order of a map.
pub(super) fn curves(subject: &Subject, map: &[f32]) -> DeletionCurves {
    let mut order: Vec<usize> = (0..subject.plane()).collect();
    order.sort_by(|a, b| map[*b].total_cmp(&map[*a]));
    curves_of_order(subject, &order)
}

/// The mean curves for pixels in random orders.
pub(super) fn random_curves(subject: &Subject) -> DeletionCurves {
    let mut mean = DeletionCurves::default();
    for number in 0..RANDOM_ORDERS {
        let draws = IndexedDraws::new("deletion", 0, "", number);
        let mut order: Vec<usize> = (0..subject.plane()).collect();
        order.sort_by_key(|pixel| draws.bits(*pixel as u64));
        let found = curves_of_order(subject, &order);
        mean.deletion += found.deletion / RANDOM_ORDERS as f32;
        mean.insertion += found.insertion / RANDOM_ORDERS as f32;
    }
    mean
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
}
