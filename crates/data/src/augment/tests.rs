//! Single steps, judged by what they do to simple pictures.

use super::pixels::PixelChange;
use super::{Augmentation, Scratch};
use convsweep_kernels::Size;
use convsweep_spec::augment::{AugmentSpec, Fill, FlipAxis, Normalize, Step};
use convsweep_spec::random::{Draws, Purpose};

/// Size of the ramp.
const RAMP: Size = Size {
    channels: 1,
    height: 33,
    width: 33,
};
/// Size of the coloured picture.
const PICTURE: Size = Size {
    channels: 3,
    height: 20,
    width: 24,
};

fn augmentation(step: Step) -> Augmentation {
    Augmentation::new(&AugmentSpec {
        normalize: Normalize::Unit,
        steps: vec![step],
    })
    .expect("numbers in range")
}

/// A picture whose values rise by 4 from column to column, after one step; none if the step does
/// not change it.
fn ramp_after(step: Step, epoch: u64, row: u64) -> Option<Vec<f32>> {
    let image: Vec<u8> = (0..RAMP.len())
        .map(|i| (i % RAMP.width * 4) as u8)
        .collect();
    let mut scratch = Scratch::default();
    augmentation(step)
        .apply(&image, RAMP, [1, epoch, row], &mut scratch)
        .map(<[f32]>::to_vec)
}

/// Value in the middle of the ramp's row `y`, and its rise from column to column there.
fn middle(ramp: &[f32], y: usize) -> [f32; 2] {
    let at = y * RAMP.width + 16;
    [ramp[at], (ramp[at + 1] - ramp[at - 1]) / 2.0]
}

fn is_near(a: f32, b: f32) -> bool {
    (a - b).abs() < 1e-2
}

#[test]
fn an_alternating_flip_shows_both_sides_in_any_two_epochs() {
    let flip = Step::Flip {
        axis: FlipAxis::Alternating,
        p: 1.0,
    };
    let is_flipped =
        |epoch, row| ramp_after(flip.clone(), epoch, row).is_some_and(|ramp| ramp[0] == 128.0);
    let first: Vec<bool> = (0..200).map(|row| is_flipped(0, row)).collect();
    let count = first.iter().filter(|f| **f).count();
    assert!((70..130).contains(&count), "{count} of 200 begin flipped");
    for epoch in 1..5 {
        for (row, first) in (0..).zip(&first) {
            let expected = *first ^ (epoch % 2 == 1);
            assert_eq!(is_flipped(epoch, row), expected, "{epoch} {row}");
        }
    }
}

#[test]
fn translations_move() {
    let step = |fill| Step::Translate {
        share: 0.2,
        fill,
        p: 1.0,
    };
    for row in 0..20 {
        let moved = ramp_after(step(Fill::Nearest), 2, row).expect("changed");
        let [value, rise] = middle(&moved, 16);
        assert!(
            is_near(rise, 4.0) && (value - 64.0).abs() <= 4.0 * 0.2 * 33.0,
            "{value} {rise}"
        );
    }
    let moved: Vec<_> = (0..20)
        .map(|row| ramp_after(step(Fill::Zero), 2, row))
        .collect();
    assert!(moved.windows(2).any(|w| w[0] != w[1]));
}

#[test]
fn shears_slant() {
    for row in 0..20 {
        let step = Step::Shear {
            degrees: 20.0,
            fill: Fill::Nearest,
            p: 1.0,
        };
        let slanted = ramp_after(step, 2, row).expect("changed");
        let [up, centre, down] = [12, 16, 20].map(|y| middle(&slanted, y)[0]);
        assert!(
            is_near(centre, 64.0) && is_near(up + down, 128.0),
            "{up} {centre} {down}"
        );
        let largest = 4.0 * 8.0 * 20f32.to_radians().tan();
        assert!((down - up).abs() <= largest + 0.01);
    }
}

#[test]
fn resized_crops_enlarge() {
    for row in 0..20 {
        let step = Step::RandomResizedCrop {
            min: 0.25,
            max: 0.25,
            ratio: 1.0,
            p: 1.0,
        };
        let part = ramp_after(step, 2, row).expect("changed");
        let [value, rise] = middle(&part, 16);
        assert!(
            is_near(rise, 2.0) && (value - 64.0).abs() <= 4.0 * 33.0 / 4.0,
            "{value} {rise}"
        );
    }
}

/// A picture after a change of its values.
fn picture_after(change: PixelChange, row: u64) -> Vec<f32> {
    let mut image: Vec<f32> = (0..PICTURE.len())
        .map(|i| ((i * 37) % 251) as f32)
        .collect();
    let mut draws = Draws::new(Purpose::Augment, &[1, 2, row, 0]);
    let mut scratch = vec![0.0; PICTURE.len()];
    change.apply(&mut draws, &mut image, &mut scratch, PICTURE);
    image
}

#[test]
fn an_erased_rectangle_has_the_requested_area() {
    let erase = |min, max| PixelChange::Erase { min, max };
    let before = picture_after(erase(0.0, 0.0), 0);
    for row in 0..50 {
        let after = picture_after(erase(0.1, 0.3), row);
        let plane = after[..PICTURE.plane()].iter().zip(&before);
        let same = plane.filter(|(after, before)| after == before).count();
        let share = 1.0 - same as f64 / PICTURE.plane() as f64;
        assert!((0.07..0.33).contains(&share), "{share}");
    }
}

#[test]
fn strength_zero_changes_nothing() {
    let brightness = picture_after(PixelChange::Brightness { strength: 0.0 }, 0);
    let contrast = picture_after(PixelChange::Contrast { strength: 0.0 }, 1);
    assert_eq!(brightness, contrast);
}

#[test]
fn noise_has_its_standard_deviation() {
    let before = picture_after(PixelChange::Brightness { strength: 0.0 }, 0);
    let noisy = picture_after(PixelChange::Noise { deviation: 0.02 }, 0);
    let mut squares = Vec::new();
    for (before, noisy) in before.iter().zip(&noisy) {
        // Values near the ends of the range may have been clamped.
        if (30.0..220.0).contains(before) {
            squares.push(f64::from(before - noisy).powi(2));
        }
    }
    let deviation = (squares.iter().sum::<f64>() / squares.len() as f64).sqrt() / 255.0;
    assert!((deviation - 0.02).abs() < 0.002, "{deviation}");
}

#[test]
fn numbers_out_of_range_are_refused() {
    let check = |step: Step, expected: &str| {
        let augment = AugmentSpec {
            normalize: Normalize::Unit,
            steps: vec![Step::Grayscale { p: 1.0 }, step],
        };
        let error = Augmentation::new(&augment).expect_err(expected);
        assert_eq!(error.to_string(), format!("augment.steps[1]: {expected}"));
    };
    let (fill, p) = (Fill::Zero, 1.0);
    let degrees = -1.0;
    let rotate = Step::Rotate { degrees, fill, p };
    check(rotate, "rotate is -1: 0 to 360 degrees expected");
    let degrees = 81.0;
    let shear = Step::Shear { degrees, fill, p };
    check(shear, "shear is 81: 0 to 80 degrees expected");
    let (min, max) = (0.0, 1.0);
    check(
        Step::Scale { min, max, fill, p },
        "scale is [0, 1]: 0.01 ≤ smallest ≤ largest ≤ 100 expected",
    );
    let (min, max) = (2.0, 1.0);
    check(
        Step::Blur { min, max, p },
        "blur is [2, 1]: 0 ≤ smallest ≤ largest ≤ 100 expected",
    );
    check(
        Step::Erase { min, max, p },
        "the area is [2, 1]: 0 ≤ smallest ≤ largest ≤ 1 expected",
    );
    let noise = Step::Noise { deviation: 11.0, p };
    check(noise, "11 is not within 0 to 10");
    let pad = 4097;
    check(
        Step::Crop { pad, fill, p },
        "pad is 4097: at most 4096 expected",
    );
    let rand_augment = Step::RandAugment {
        operations: 15,
        magnitude: 9,
        p,
    };
    check(
        rand_augment,
        "rand-augment is 15 at 9: at most 14, at most 30",
    );
    let mixup = Step::Mixup { alpha: 1.0, p: 2.0 };
    check(mixup, "p is 2: 0 to 1 expected");
    check(Step::Grayscale { p: f64::NAN }, "p is NaN: 0 to 1 expected");
}
