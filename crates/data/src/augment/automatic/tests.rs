//! Operations and strengths compared with what torchvision computes
//! (`tests/vectors/policies.json`, written by `policies.py` next to it).

use super::operation::AutoOperation::Invert;
use super::operation::{AutoOperation, DRAWN, apply};
use super::strength::{StrengthRange, strength};
use super::{auto_augment_cifar10, rand_augment, trivial_augment};
use convsweep_kernels::Size;
use convsweep_spec::random::{Draws, Purpose};
use serde_json::Value;

const SIZE: Size = Size {
    channels: 3,
    height: 9,
    width: 12,
};

fn picture(size: Size) -> Vec<f32> {
    let value = |i| ((i * 7919 + 13) % 211 + i % 40) as f32;
    (0..size.len()).map(value).collect()
}

fn expected_values() -> Value {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../tests/vectors/policies.json"
    );
    serde_json::from_str(&std::fs::read_to_string(path).expect("the file exists")).expect("JSON")
}

fn operation_named(name: &str) -> AutoOperation {
    let mut operations = DRAWN.into_iter().chain([Invert]);
    operations
        .find(|operation| format!("{operation:?}") == name)
        .expect("a known operation")
}

/// Tones are equal up to the rounding of f32 and, for contrast, of torchvision's weights of grey,
/// which have four digits: 0.05 of 255. Moved pictures are interpolated on grids that torchvision
/// computes in f32: 0.1.
#[test]
fn operations_equal_torchvisions() {
    let values = expected_values();
    let cases = values["operations"].as_array().expect("a list");
    assert!(cases.len() > 20);
    for case in cases {
        let operation = operation_named(case["name"].as_str().expect("a name"));
        let magnitude = case["magnitude"].as_f64().expect("a number");
        let [channels, height, width]: [usize; 3] =
            serde_json::from_value(case["shape"].clone()).expect("a shape");
        let size = Size {
            channels,
            height,
            width,
        };
        let (mut image, mut scratch) = (picture(size), vec![0.0; size.len()]);
        apply(operation, magnitude, &mut image, &mut scratch, size);
        let expected = case["pixels"].as_array().expect("pixels");
        assert_eq!(image.len(), expected.len());
        for (found, expected) in image.iter().zip(expected) {
            let expected = expected.as_f64().expect("a number");
            assert!(
                (f64::from(*found) - expected).abs() < 0.1,
                "{operation:?} at {magnitude}: {found}, expected {expected}"
            );
        }
    }
}

#[test]
fn strengths_equal_torchvisions() {
    let values = expected_values();
    let size = Size {
        channels: 3,
        height: 32,
        width: 48,
    };
    for (key, range, levels) in [
        ("narrow", StrengthRange::Narrow, 31),
        ("wide", StrengthRange::Wide, 31),
        ("ten", StrengthRange::Narrow, 10),
    ] {
        for operation in DRAWN {
            let expected = &values[key][format!("{operation:?}")];
            let expected = expected.as_array().expect("a list");
            for (i, expected) in expected.iter().enumerate() {
                let share = i as f64 / f64::from(levels - 1);
                let found = strength(operation, range, share, false, size);
                let expected = expected.as_f64().expect("a number");
                assert!(
                    (found - expected).abs() < 1e-4,
                    "{key} {operation:?} {i}: {found}, expected {expected}"
                );
            }
        }
    }
}

/// What one of the augmentations makes of a picture.
fn augmented(augmentation: &str, row: u64) -> Vec<f32> {
    let (mut image, mut scratch) = (picture(SIZE), vec![0.0; SIZE.len()]);
    let mut draws = Draws::new(Purpose::Augment, &[1, 2, row, 0]);
    match augmentation {
        "rand" => rand_augment(&mut draws, 2, 9, &mut image, &mut scratch, SIZE),
        "trivial" => trivial_augment(&mut draws, &mut image, &mut scratch, SIZE),
        _ => auto_augment_cifar10(&mut draws, &mut image, &mut scratch, SIZE),
    }
    assert!(
        image.iter().all(|v| (0.0..=255.0).contains(v)),
        "{augmentation} {row}"
    );
    image
}

#[test]
fn draws_are_repeatable_and_differ_between_images() {
    for augmentation in ["rand", "trivial", "auto"] {
        let all = || -> Vec<Vec<f32>> { (0..60).map(|row| augmented(augmentation, row)).collect() };
        let mut images = all();
        assert_eq!(images, all());
        let changed = images.iter().filter(|i| **i != picture(SIZE)).count();
        assert!(
            (30..=60).contains(&changed),
            "{augmentation}: {changed} of 60 changed"
        );
        images.sort_by(|a, b| a.partial_cmp(b).expect("numbers"));
        images.dedup();
        let different = images.len();
        assert!(different > 15, "{augmentation}: {different} different ones");
    }
}
