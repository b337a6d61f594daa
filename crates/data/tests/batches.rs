//! Augmented and normalised batches.

#![allow(clippy::unwrap_used)]

mod common;

use common::{shapes, steps, unit};
use convsweep_data::{Batcher, DataErrorKind, Subset, epoch_order, mean_std};
use convsweep_spec::augment::{AugmentSpec, Fill, FlipAxis, Normalize, Step};

fn batch(batcher: &Batcher, seed: u64, epoch: u32, rows: &[u32]) -> Vec<f32> {
    let mut out = vec![9.0; 3];
    batcher.training(seed, epoch, rows, &mut out).unwrap();
    out
}

#[test]
fn an_augmented_image_depends_on_seed_epoch_and_row_only() {
    let (set, parts) = shapes();
    let batcher = Batcher::new(&set, &unit(steps()), &parts).unwrap();
    let size = 3 * 16 * 16;
    let order = epoch_order(3, 1, 60);
    let rows: Vec<u32> = order.iter().map(|i| parts.train[*i as usize]).collect();
    let whole = batch(&batcher, 3, 1, &rows);
    assert_eq!(whole.len(), 60 * size);
    for chunk in [1, 7, 59] {
        let parts: Vec<f32> = rows
            .chunks(chunk)
            .flat_map(|rows| batch(&batcher, 3, 1, rows))
            .collect();
        assert!(parts == whole, "batches of {chunk}");
    }
    let mut reversed = rows.clone();
    reversed.reverse();
    let reversed: Vec<f32> = batch(&batcher, 3, 1, &reversed)
        .chunks(size)
        .rev()
        .flatten()
        .copied()
        .collect();
    assert!(reversed == whole, "the order");
    assert!(batch(&batcher, 3, 2, &rows) != whole && batch(&batcher, 4, 1, &rows) != whole);
    let differing = whole
        .chunks(size)
        .zip(batch(&batcher, 3, 2, &rows).chunks(size))
        .filter(|(a, b)| a != b)
        .count();
    assert!(differing > 50, "{differing} of 60 differ between epochs");
}

#[test]
fn an_appended_step_does_not_change_the_draws_before_it() {
    let (set, parts) = shapes();
    let base = Batcher::new(&set, &unit(steps()[..1].to_vec()), &parts).unwrap();
    let flipped = [
        steps()[..1].to_vec(),
        vec![Step::Flip {
            axis: FlipAxis::Horizontal,
            p: 1.0,
        }],
    ]
    .concat();
    let flipped = Batcher::new(&set, &unit(flipped), &parts).unwrap();
    let (mut expected, found) = (batch(&base, 0, 0, &[5, 6]), batch(&flipped, 0, 0, &[5, 6]));
    expected.chunks_mut(16).for_each(<[f32]>::reverse);
    assert_eq!(found, expected);
}

#[test]
fn without_steps_or_with_p_0_nothing_changes() {
    let (set, parts) = shapes();
    let never = steps().into_iter().map(|step| match step {
        Step::Rotate { degrees, fill, .. } => Step::Rotate {
            degrees,
            fill,
            p: 0.0,
        },
        Step::Scale { min, max, fill, .. } => Step::Scale {
            min,
            max,
            fill,
            p: 0.0,
        },
        Step::Flip { axis, .. } => Step::Flip { axis, p: 0.0 },
        Step::Crop { pad, fill, .. } => Step::Crop { pad, fill, p: 0.0 },
        other => panic!("{other:?} is not one of the steps"),
    });
    let mut plain = Vec::new();
    for steps in [vec![], never.collect()] {
        let batcher = Batcher::new(&set, &unit(steps), &parts).unwrap();
        batcher
            .evaluation(Subset::Validation, &[3, 9], &mut plain)
            .unwrap();
        assert_eq!(batch(&batcher, 0, 0, &[3, 9]), plain);
        let expected = set.train().image(9).unwrap()[7];
        assert!((plain[3 * 256 + 7] - f32::from(expected) / 255.0).abs() < 1e-6);
        batcher.evaluation(Subset::Test, &[3], &mut plain).unwrap();
        assert!((plain[7] - f32::from(set.test().image(3).unwrap()[7]) / 255.0).abs() < 1e-6);
    }
}

#[test]
fn steps_are_applied_with_their_probability() {
    let (set, parts) = shapes();
    let batcher = Batcher::new(
        &set,
        &unit(vec![Step::Flip {
            axis: FlipAxis::Horizontal,
            p: 0.3,
        }]),
        &parts,
    )
    .unwrap();
    let (mut plain, rows): (_, Vec<u32>) = (Vec::new(), (0..80).collect());
    batcher
        .evaluation(Subset::Validation, &rows, &mut plain)
        .unwrap();
    let flipped: usize = (0..50)
        .map(|epoch| {
            batch(&batcher, 0, epoch, &rows)
                .chunks(768)
                .zip(plain.chunks(768))
                .filter(|(a, b)| a != b)
                .count()
        })
        .sum();
    // 1200 of 4000 expected, standard deviation 29.
    assert!((1080..1320).contains(&flipped), "{flipped}");
}

#[test]
fn a_crop_moves_by_every_offset() {
    let (set, parts) = shapes();
    let crop = unit(vec![Step::Crop {
        pad: 1,
        fill: Fill::Zero,
        p: 1.0,
    }]);
    let batcher = Batcher::new(&set, &crop, &parts).unwrap();
    let mut plain = Vec::new();
    batcher
        .evaluation(Subset::Validation, &[0], &mut plain)
        .unwrap();
    let mut seen = std::collections::BTreeSet::new();
    for epoch in 0..200 {
        let cut = batch(&batcher, 0, epoch, &[0]);
        let shift = (-1i32..=1)
            .flat_map(|y| (-1i32..=1).map(move |x| (y, x)))
            .find(|(dy, dx)| {
                let inside = |y: i32, x: i32| (0..16).contains(&y) && (0..16).contains(&x);
                (0..16).all(|y| {
                    (0..16).all(|x| {
                        let (from_y, from_x) = (y + dy, x + dx);
                        let expected = if inside(from_y, from_x) {
                            plain[(from_y * 16 + from_x) as usize]
                        } else {
                            0.0
                        };
                        cut[(y * 16 + x) as usize] == expected
                    })
                })
            });
        seen.insert(shift.expect("a shifted copy"));
    }
    assert_eq!(seen.len(), 9);
}

#[test]
fn standard_normalisation_uses_training_rows_only() {
    let (set, parts) = shapes();
    let augment = AugmentSpec {
        normalize: Normalize::Standard,
        steps: vec![],
    };
    let batcher = Batcher::new(&set, &augment, &parts).unwrap();
    let expected = mean_std(&set.train(), &parts.train).unwrap();
    assert_eq!(batcher.normalization().mean, expected.mean);
    assert_ne!(
        expected,
        mean_std(&set.train(), &(0..80).collect::<Vec<_>>()).unwrap()
    );
    let out = batch(&batcher, 0, 0, &parts.train);
    for c in 0..3 {
        let values: Vec<f64> = out
            .chunks(256)
            .skip(c)
            .step_by(3)
            .flatten()
            .map(|v| f64::from(*v))
            .collect();
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / values.len() as f64;
        assert!(
            mean.abs() < 1e-4 && (variance - 1.0).abs() < 1e-4,
            "channel {c}: {mean} {variance}"
        );
    }
}

#[test]
fn numbers_out_of_range_are_refused() {
    let (set, parts) = shapes();
    let check = |augment: AugmentSpec, expect: &str| {
        let error = Batcher::new(&set, &augment, &parts).unwrap_err();
        assert_eq!(error.kind(), DataErrorKind::Invalid);
        assert!(error.to_string().contains(expect), "{error} lacks {expect}");
    };
    let fill = Fill::Zero;
    check(
        unit(vec![Step::Rotate {
            degrees: f64::NAN,
            fill,
            p: 1.0,
        }]),
        "augment.steps[0]: rotate is NaN",
    );
    check(
        unit(vec![Step::Flip {
            axis: FlipAxis::Vertical,
            p: 1.5,
        }]),
        "p is 1.5: 0 to 1 expected",
    );
    check(
        unit(
            [
                &steps()[..2],
                &[Step::Scale {
                    min: 0.0,
                    max: 1.0,
                    fill,
                    p: 1.0,
                }],
            ]
            .concat(),
        ),
        "augment.steps[2]: scale",
    );
    let given = |mean: Vec<f64>, std: Vec<f64>| AugmentSpec {
        normalize: Normalize::Given { mean, std },
        steps: vec![],
    };
    check(
        given(vec![0.5], vec![0.5]),
        "1 mean and 1 standard deviation for 3 channels",
    );
    check(
        given(vec![0.5; 3], vec![0.5, 0.0, 0.5]),
        "channel 1 has mean 0.5 and standard deviation 0",
    );
}
