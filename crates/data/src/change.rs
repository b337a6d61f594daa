//! Steps that change an image's values in place: colour, sharpness, noise, a hole, or what an
//! automatic augmentation draws.

use crate::policy::{auto_augment, rand_augment, trivial_augment};
use convsweep_kernels::{Size, blur, brightness, contrast, hue, saturation};
use convsweep_spec::augment::{Policy, Step};
use convsweep_spec::random::Draws;

/// Such a step.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Change {
    Brightness(f64),
    Contrast(f64),
    Saturation(f64),
    Hue(f64),
    Grayscale,
    Blur([f64; 2]),
    Noise(f64),
    Erase([f64; 2]),
    Rand([u32; 2]),
    Trivial,
    Auto,
}

/// Smallest and largest aspect ratio of an erased rectangle, as in the paper.
const ASPECT: [f64; 2] = [0.3, 3.3];

impl Change {
    /// The change that a step is, with its probability.
    pub(crate) fn of(step: &Step) -> Option<(Change, f64)> {
        Some(match *step {
            Step::Brightness { strength, p } => (Change::Brightness(strength), p),
            Step::Contrast { strength, p } => (Change::Contrast(strength), p),
            Step::Saturation { strength, p } => (Change::Saturation(strength), p),
            Step::Hue { turns, p } => (Change::Hue(turns), p),
            Step::Grayscale { p } => (Change::Grayscale, p),
            Step::Blur { min, max, p } => (Change::Blur([min, max]), p),
            Step::Noise { deviation, p } => (Change::Noise(deviation), p),
            Step::Erase { min, max, p } => (Change::Erase([min, max]), p),
            Step::RandAugment {
                operations,
                magnitude,
                p,
            } => (Change::Rand([operations, magnitude]), p),
            Step::TrivialAugment { p } => (Change::Trivial, p),
            Step::AutoAugment {
                policy: Policy::Cifar10,
                p,
            } => (Change::Auto, p),
            _ => return None,
        })
    }

    /// Changes `image`, values 0 to 255; `scratch` is of its size.
    pub(crate) fn apply(
        self,
        draws: &mut Draws,
        image: &mut [f32],
        scratch: &mut [f32],
        size: Size,
    ) {
        let mut factor =
            |strength: f64| draws.within((1.0 - strength).max(0.0), 1.0 + strength) as f32;
        match self {
            Change::Brightness(strength) => brightness(image, factor(strength)),
            Change::Contrast(strength) => contrast(image, size, factor(strength)),
            Change::Saturation(strength) => saturation(image, size, factor(strength)),
            Change::Hue(turns) => hue(image, size, draws.within(-turns, turns) as f32),
            Change::Grayscale => saturation(image, size, 0.0),
            Change::Blur([min, max]) => blur(image, size, draws.within(min, max), scratch),
            Change::Noise(deviation) => {
                for pair in image.chunks_mut(2) {
                    let (a, b) = draws.normal_pair();
                    for (v, z) in pair.iter_mut().zip([a, b]) {
                        *v = (*v + (255.0 * deviation * z) as f32).clamp(0.0, 255.0);
                    }
                }
            }
            Change::Erase([min, max]) => erase(draws, image, size, [min, max]),
            Change::Rand(numbers) => rand_augment(draws, numbers, image, scratch, size),
            Change::Trivial => trivial_augment(draws, image, scratch, size),
            Change::Auto => auto_augment(draws, image, scratch, size),
        }
    }
}

/// Fills a rectangle with the image's mean colour. One that does not fit is drawn again, at most
/// ten times.
fn erase(draws: &mut Draws, image: &mut [f32], size: Size, [min, max]: [f64; 2]) {
    for _ in 0..10 {
        let area = draws.within(min, max) * size.plane() as f64;
        let aspect = draws.within(ASPECT[0].ln(), ASPECT[1].ln()).exp();
        let (height, width) = (
            (area * aspect).sqrt().round() as usize,
            (area / aspect).sqrt().round() as usize,
        );
        let (top, left) = (draws.unit(), draws.unit());
        if height > size.height || width > size.width {
            continue;
        }
        let place = |unit: f64, room: usize| ((unit * (room + 1) as f64) as usize).min(room);
        let (top, left) = (
            place(top, size.height - height),
            place(left, size.width - width),
        );
        for plane in image.chunks_exact_mut(size.plane()) {
            let mean =
                (plane.iter().map(|v| f64::from(*v)).sum::<f64>() / plane.len() as f64) as f32;
            plane
                .chunks_exact_mut(size.width)
                .skip(top)
                .take(height)
                .for_each(|row| row[left..left + width].fill(mean));
        }
        return;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use convsweep_spec::random::Purpose;

    const SIZE: Size = Size {
        channels: 3,
        height: 20,
        width: 24,
    };

    fn changed(change: Change, row: u64) -> Vec<f32> {
        let mut image: Vec<f32> = (0..SIZE.len()).map(|i| ((i * 37) % 251) as f32).collect();
        let mut draws = Draws::new(Purpose::Augment, &[1, 2, row, 0]);
        change.apply(&mut draws, &mut image, &mut vec![0.0; SIZE.len()], SIZE);
        image
    }

    #[test]
    fn an_erased_rectangle_has_the_area_asked_for() {
        let before = changed(Change::Erase([0.0, 0.0]), 0);
        for row in 0..50 {
            let after = changed(Change::Erase([0.1, 0.3]), row);
            let same = after[..SIZE.plane()]
                .iter()
                .zip(&before)
                .filter(|(a, b)| a == b)
                .count();
            let share = 1.0 - same as f64 / SIZE.plane() as f64;
            assert!((0.07..0.33).contains(&share), "{share}");
        }
    }

    #[test]
    fn noise_has_its_deviation_and_strength_zero_is_nothing() {
        let before = changed(Change::Brightness(0.0), 0);
        assert_eq!(before, changed(Change::Contrast(0.0), 1));
        let noisy = changed(Change::Noise(0.02), 0);
        let inside = before
            .iter()
            .zip(&noisy)
            .filter(|(b, _)| (30.0..220.0).contains(*b));
        let squares: Vec<f64> = inside.map(|(a, b)| f64::from(a - b).powi(2)).collect();
        let deviation = (squares.iter().sum::<f64>() / squares.len() as f64).sqrt() / 255.0;
        assert!((deviation - 0.02).abs() < 0.002, "{deviation}");
    }
}
