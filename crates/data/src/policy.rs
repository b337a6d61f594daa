//! Automatic augmentations: operations drawn for an image, with strengths from a table.
//!
//! The operations, their strengths and the policy are torchvision's (`autoaugment.py`, which
//! follows the papers), with bilinear instead of nearest pixels; outside the image lies 0.

use convsweep_kernels::{
    Affine, BorderMode, Size, autocontrast, brightness, contrast, equalize, invert, posterize,
    saturation, sharpness, solarize, warp,
};
use convsweep_spec::random::Draws;

/// One operation on an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    Identity,
    ShearX,
    ShearY,
    TranslateX,
    TranslateY,
    Rotate,
    Brightness,
    Color,
    Contrast,
    Sharpness,
    Posterize,
    Solarize,
    AutoContrast,
    Equalize,
    Invert,
}

use Operation::*;

/// What RandAugment and TrivialAugment draw from.
const ALL: [Operation; 14] = [
    Identity,
    ShearX,
    ShearY,
    TranslateX,
    TranslateY,
    Rotate,
    Brightness,
    Color,
    Contrast,
    Sharpness,
    Posterize,
    Solarize,
    AutoContrast,
    Equalize,
];

/// Steps of a strength in RandAugment and TrivialAugment, 0 the weakest.
pub(crate) const LEVELS: u32 = 31;

/// AutoAugment's policy for CIFAR-10 (Cubuk et al. 2019): pairs of operation, probability and
/// strength of ten.
const CIFAR10: [[(Operation, f64, u32); 2]; 25] = [
    [(Invert, 0.1, 0), (Contrast, 0.2, 6)],
    [(Rotate, 0.7, 2), (TranslateX, 0.3, 9)],
    [(Sharpness, 0.8, 1), (Sharpness, 0.9, 3)],
    [(ShearY, 0.5, 8), (TranslateY, 0.7, 9)],
    [(AutoContrast, 0.5, 0), (Equalize, 0.9, 0)],
    [(ShearY, 0.2, 7), (Posterize, 0.3, 7)],
    [(Color, 0.4, 3), (Brightness, 0.6, 7)],
    [(Sharpness, 0.3, 9), (Brightness, 0.7, 9)],
    [(Equalize, 0.6, 0), (Equalize, 0.5, 0)],
    [(Contrast, 0.6, 7), (Sharpness, 0.6, 5)],
    [(Color, 0.7, 7), (TranslateX, 0.5, 8)],
    [(Equalize, 0.3, 0), (AutoContrast, 0.4, 0)],
    [(TranslateY, 0.4, 3), (Sharpness, 0.2, 6)],
    [(Brightness, 0.9, 6), (Color, 0.2, 8)],
    [(Solarize, 0.5, 2), (Invert, 0.0, 0)],
    [(Equalize, 0.2, 0), (AutoContrast, 0.6, 0)],
    [(Equalize, 0.2, 0), (Equalize, 0.6, 0)],
    [(Color, 0.9, 9), (Equalize, 0.6, 0)],
    [(AutoContrast, 0.8, 0), (Solarize, 0.2, 8)],
    [(Brightness, 0.1, 3), (Color, 0.7, 0)],
    [(Solarize, 0.4, 5), (AutoContrast, 0.9, 0)],
    [(TranslateY, 0.9, 9), (TranslateY, 0.7, 9)],
    [(AutoContrast, 0.9, 0), (Solarize, 0.8, 3)],
    [(Equalize, 0.8, 0), (Invert, 0.1, 0)],
    [(TranslateY, 0.7, 9), (AutoContrast, 0.9, 0)],
];

/// How strong the strongest is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Range {
    /// RandAugment's and AutoAugment's.
    Narrow,
    /// TrivialAugment's.
    Wide,
}

/// `operations` drawn ones, one after the other, at `magnitude` of [`LEVELS`] (Cubuk et al. 2020).
pub(crate) fn rand_augment(
    draws: &mut Draws,
    [operations, magnitude]: [u32; 2],
    image: &mut [f32],
    scratch: &mut [f32],
    size: Size,
) {
    for _ in 0..operations {
        let operation = ALL[draws.below(ALL.len() as u64) as usize];
        let share = f64::from(magnitude) / f64::from(LEVELS - 1);
        let turned = draws.unit() >= 0.5;
        apply(
            operation,
            strength(operation, Range::Narrow, share, turned, size),
            image,
            scratch,
            size,
        );
    }
}

/// One drawn operation at a drawn strength of a wide range (Müller and Hutter 2021).
pub(crate) fn trivial_augment(
    draws: &mut Draws,
    image: &mut [f32],
    scratch: &mut [f32],
    size: Size,
) {
    let operation = ALL[draws.below(ALL.len() as u64) as usize];
    let share = draws.below(LEVELS.into()) as f64 / f64::from(LEVELS - 1);
    let turned = draws.unit() >= 0.5;
    apply(
        operation,
        strength(operation, Range::Wide, share, turned, size),
        image,
        scratch,
        size,
    );
}

/// A drawn pair of the CIFAR-10 policy.
pub(crate) fn auto_augment(draws: &mut Draws, image: &mut [f32], scratch: &mut [f32], size: Size) {
    for (operation, p, magnitude) in CIFAR10[draws.below(CIFAR10.len() as u64) as usize] {
        // Drawn in any case, so that the second does not hang on the first.
        let (is_done, turned) = (draws.unit() < p, draws.unit() >= 0.5);
        if is_done {
            let share = f64::from(magnitude) / 9.0;
            apply(
                operation,
                strength(operation, Range::Narrow, share, turned, size),
                image,
                scratch,
                size,
            );
        }
    }
}

/// An operation's magnitude at `share` of the range; `turned` the other way round, where it has two
/// ways.
fn strength(operation: Operation, range: Range, share: f64, turned: bool, size: Size) -> f64 {
    let wide = range == Range::Wide;
    let of = |narrow: f64, far: f64| share * if wide { far } else { narrow };
    let sign = if turned { -1.0 } else { 1.0 };
    match operation {
        ShearX | ShearY => sign * of(0.3, 0.99),
        TranslateX => sign * of(150.0 / 331.0 * size.width as f64, 32.0).trunc(),
        TranslateY => sign * of(150.0 / 331.0 * size.height as f64, 32.0).trunc(),
        Rotate => sign * of(30.0, 135.0),
        Brightness | Color | Contrast | Sharpness => sign * of(0.9, 0.99),
        // Half to even, as PyTorch rounds.
        Posterize => 8.0 - of(4.0, 6.0).round_ties_even(),
        Solarize => 255.0 * (1.0 - share),
        Identity | AutoContrast | Equalize | Invert => 0.0,
    }
}

/// Does `operation` to `image`, values 0 to 255; `scratch` is of its size.
fn apply(operation: Operation, magnitude: f64, image: &mut [f32], scratch: &mut [f32], size: Size) {
    let factor = (1.0 + magnitude) as f32;
    let half = [size.width as f64 / 2.0, size.height as f64 / 2.0];
    let map = match operation {
        // About the corner at the top left.
        ShearX => Affine {
            x: [1.0, magnitude],
            y: [0.0, 1.0],
            shift: [magnitude * half[1], 0.0],
        },
        ShearY => Affine {
            x: [1.0, 0.0],
            y: [magnitude, 1.0],
            shift: [0.0, magnitude * half[0]],
        },
        TranslateX => Affine::translation(magnitude, 0.0),
        TranslateY => Affine::translation(0.0, magnitude),
        // Counter-clockwise for positive angles.
        Rotate => Affine::rotation(-magnitude.to_radians()),
        Brightness => return brightness(image, factor),
        Color => return saturation(image, size, factor),
        Contrast => return contrast(image, size, factor),
        Sharpness => return sharpness(image, size, factor, scratch),
        Posterize => return posterize(image, magnitude as u32),
        Solarize => return solarize(image, magnitude as f32),
        AutoContrast => return autocontrast(image, size),
        Equalize => return equalize(image, size),
        Invert => return invert(image),
        Identity => return,
    };
    scratch.copy_from_slice(image);
    warp(&*scratch, size, &map, BorderMode::Zero, image);
}

#[cfg(test)]
mod tests {
    use super::*;
    use convsweep_spec::random::Purpose;
    use serde_json::Value;

    const SIZE: Size = Size {
        channels: 3,
        height: 9,
        width: 12,
    };

    fn picture(size: Size) -> Vec<f32> {
        (0..size.len())
            .map(|i| ((i * 7919 + 13) % 211 + i % 40) as f32)
            .collect()
    }

    /// What `tests/vectors/policies.py` (torchvision) wrote.
    fn kept() -> Value {
        let path = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../tests/vectors/policies.json"
        );
        serde_json::from_str(&std::fs::read_to_string(path).expect("kept")).expect("JSON")
    }

    /// Tones are equal but for the rounding of f32 and, in contrast, of the weights of grey, which
    /// torchvision has with four digits: 0.05 of 255. Moved pictures are interpolated on grids that
    /// torchvision computes in f32: 0.1.
    #[test]
    fn operations_are_torchvisions() {
        let cases = kept();
        let named = |name: &str| {
            ALL.into_iter()
                .chain([Invert])
                .find(|o| format!("{o:?}") == name)
                .expect("known")
        };
        let cases = cases["operations"].as_array().expect("a list");
        assert!(cases.len() > 20);
        for case in cases {
            let operation = named(case["name"].as_str().expect("a name"));
            let magnitude = case["magnitude"].as_f64().expect("a number");
            let shape: [usize; 3] = serde_json::from_value(case["shape"].clone()).expect("a shape");
            let size = Size {
                channels: shape[0],
                height: shape[1],
                width: shape[2],
            };
            let (mut image, mut scratch) = (picture(size), vec![0.0; size.len()]);
            apply(operation, magnitude, &mut image, &mut scratch, size);
            let expected = case["pixels"]
                .as_array()
                .expect("pixels")
                .iter()
                .map(|v| v.as_f64().expect("a number"));
            let worst = image
                .iter()
                .zip(expected)
                .map(|(a, e)| (f64::from(*a) - e).abs())
                .fold(0.0, f64::max);
            assert!(worst < 0.1, "{operation:?} at {magnitude}: {worst}");
        }
    }

    #[test]
    fn strengths_are_torchvisions() {
        let kept = kept();
        let size = Size {
            channels: 3,
            height: 32,
            width: 48,
        };
        for (key, range, levels) in [
            ("narrow", Range::Narrow, 31),
            ("wide", Range::Wide, 31),
            ("ten", Range::Narrow, 10),
        ] {
            for operation in ALL {
                let expected = kept[key][format!("{operation:?}")]
                    .as_array()
                    .expect("a list");
                for (i, expected) in expected.iter().enumerate() {
                    let found = strength(
                        operation,
                        range,
                        i as f64 / f64::from(levels - 1),
                        false,
                        size,
                    );
                    let expected = expected.as_f64().expect("a number");
                    assert!(
                        (found - expected).abs() < 1e-4,
                        "{key} {operation:?} {i}: {found}, expected {expected}"
                    );
                }
            }
        }
    }

    #[test]
    fn drawn_alike_for_equal_numbers_and_otherwise_differently() {
        let drawn = |which: u32, row: u64| {
            let (mut image, mut scratch) = (picture(SIZE), vec![0.0; SIZE.len()]);
            let mut draws = Draws::new(Purpose::Augment, &[1, 2, row, 0]);
            match which {
                0 => rand_augment(&mut draws, [2, 9], &mut image, &mut scratch, SIZE),
                1 => trivial_augment(&mut draws, &mut image, &mut scratch, SIZE),
                _ => auto_augment(&mut draws, &mut image, &mut scratch, SIZE),
            }
            assert!(
                image.iter().all(|v| (0.0..=255.0).contains(v)),
                "{which} {row}"
            );
            image
        };
        for which in 0..3 {
            let all: Vec<_> = (0..60).map(|row| drawn(which, row)).collect();
            assert_eq!(
                all,
                (0..60).map(|row| drawn(which, row)).collect::<Vec<_>>()
            );
            let changed = all.iter().filter(|image| **image != picture(SIZE)).count();
            assert!(
                (30..=60).contains(&changed),
                "{which}: {changed} of 60 changed"
            );
            let mut different = all.clone();
            different.sort_by(|a, b| a.partial_cmp(b).expect("numbers"));
            different.dedup();
            assert!(
                different.len() > 15,
                "{which}: {} different ones",
                different.len()
            );
        }
    }
}
