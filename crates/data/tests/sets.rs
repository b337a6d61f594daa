//! From an experiment's `[data]` and `[augment]` to batches, over the built-in shapes.

#![allow(clippy::unwrap_used)]

use convsweep_data::{
    Batcher, DataError, DataErrorKind, ImageSet, LabelledImages, Location, Subset, Subsets,
    epoch_order, facts, inspect, mean_std, open, picture, preview, split,
};
use convsweep_spec::augment::{AugmentSpec, Fill, FlipAxis, Normalize, Step};
use convsweep_spec::data::{
    Damaged, DataSpec, Resize, ResizeMethod, Shapes, Source, Split, SplitScheme,
};
use std::path::{Path, PathBuf};

fn spec() -> DataSpec {
    let split = Split {
        scheme: SplitScheme::Validation(0.25),
        seed: 1,
        stratify: true,
        test: None,
    };
    let source = Source::Shapes(Shapes {
        train: 80,
        test: 20,
        size: 16,
        ..Shapes::default()
    });
    DataSpec {
        source,
        split,
        limit: None,
        resize: None,
        channels: None,
        damaged: Damaged::Refuse,
    }
}

fn open_in(cache: &Path, spec: &DataSpec) -> Result<ImageSet, DataError> {
    open(Location { cache, path: None }, spec)
}

fn shapes() -> (ImageSet, Subsets) {
    let cache = tempfile::tempdir().unwrap();
    let set = open_in(cache.path(), &spec()).unwrap();
    let parts = split(&set, &spec(), None).unwrap();
    (set, parts)
}

fn steps() -> Vec<Step> {
    let (fill, p) = (Fill::Reflect, 0.8);
    vec![
        Step::Rotate {
            degrees: 15.0,
            fill,
            p,
        },
        Step::Scale {
            min: 0.9,
            max: 1.1,
            fill,
            p,
        },
        Step::Flip {
            axis: FlipAxis::Horizontal,
            p: 0.5,
        },
        Step::Crop {
            pad: 2,
            fill: Fill::Zero,
            p: 0.9,
        },
        Step::Rotate {
            degrees: 5.0,
            fill: Fill::Nearest,
            p,
        },
        Step::Flip {
            axis: FlipAxis::Vertical,
            p: 0.2,
        },
    ]
}

fn unit(steps: Vec<Step>) -> AugmentSpec {
    AugmentSpec {
        normalize: Normalize::Unit,
        steps,
    }
}

fn batch(batcher: &Batcher, seed: u64, epoch: u32, rows: &[u32]) -> Vec<f32> {
    let mut out = vec![9.0; 3];
    batcher.training(seed, epoch, rows, &mut out).unwrap();
    out
}

#[test]
fn facts_need_no_files() {
    let cache = tempfile::tempdir().unwrap();
    let nowhere = cache.path().join("nothing");
    let at = Location {
        cache: &nowhere,
        path: None,
    };
    for (source, shape) in [(Source::Cifar10, (3, 32)), (Source::Mnist, (1, 28))] {
        let facts = facts(at, &DataSpec { source, ..spec() }).unwrap();
        assert_eq!((facts.channels, facts.height), shape);
    }
    let resize = Some(Resize {
        height: 20,
        width: 30,
        method: ResizeMethod::Squash,
    });
    let asked = DataSpec {
        source: Source::Cifar100,
        resize,
        channels: Some(1),
        ..spec()
    };
    let facts = facts(at, &asked).unwrap();
    assert_eq!(
        (
            facts.channels,
            facts.height,
            facts.width,
            facts.classes.len()
        ),
        (1, 20, 30, 100)
    );
    assert!(!nowhere.exists(), "asking leaves no trace");
}

#[test]
fn a_missing_set_says_where_to_get_it() {
    let cache = tempfile::tempdir().unwrap();
    let error = open_in(
        cache.path(),
        &DataSpec {
            source: Source::Cifar10,
            ..spec()
        },
    )
    .unwrap_err();
    assert_eq!(error.kind(), DataErrorKind::Missing);
    let text = error.to_string();
    let folder = cache.path().display().to_string();
    let expect = [
        "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
        "170,052,171 bytes",
        "c32a1d4ab5d03f1284b67883e8d87530",
        "as cifar-10-binary.tar.gz into",
        folder.as_str(),
    ];
    for part in expect {
        assert!(text.contains(part), "{text} lacks {part}");
    }
}

#[test]
fn opened_twice_decoded_once() {
    let cache = tempfile::tempdir().unwrap();
    let set = open_in(cache.path(), &spec()).unwrap();
    let file = decoded(cache.path());
    let written = std::fs::metadata(&file).unwrap().modified().unwrap();
    let again = open_in(cache.path(), &spec()).unwrap();
    assert_eq!(
        std::fs::metadata(&file).unwrap().modified().unwrap(),
        written
    );
    assert_eq!(
        (pixels(&set.train()), set.test().labels()),
        (pixels(&again.train()), again.test().labels())
    );
    assert_eq!((set.train().len(), set.test().len()), (80, 20));
    // The split is no part of the decoded file; the size is.
    let mut other = spec();
    other.split.seed = 7;
    open_in(cache.path(), &other).unwrap();
    assert_eq!(decoded(cache.path()), file);
    let resize = Some(Resize {
        height: 8,
        width: 8,
        method: ResizeMethod::Squash,
    });
    let small = open_in(cache.path(), &DataSpec { resize, ..spec() }).unwrap();
    assert_eq!(small.train().shape(), [3, 8, 8]);
}

#[test]
fn many_at_once_decode_once() {
    let cache = tempfile::tempdir().unwrap();
    let hashes: Vec<_> = std::thread::scope(|scope| {
        let open = || pixels(&open_in(cache.path(), &spec()).unwrap().train());
        let threads: Vec<_> = (0..6).map(|_| scope.spawn(open)).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    });
    assert!(hashes.windows(2).all(|pair| pair[0] == pair[1]));
    decoded(cache.path());
}

/// The pixels of all images.
fn pixels(images: &LabelledImages) -> Vec<Vec<u8>> {
    (0..images.len() as u32)
        .map(|row| images.image(row).unwrap())
        .collect()
}

#[test]
fn a_damaged_image_is_found_when_it_is_read() {
    let cache = tempfile::tempdir().unwrap();
    open_in(cache.path(), &spec()).unwrap();
    let path = decoded(cache.path());
    let mut bytes = std::fs::read(&path).unwrap();
    // In the third test image: row 82 of all.
    bytes[128 + 82 * 3 * 16 * 16 + 5] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    let set = open_in(cache.path(), &spec()).unwrap();
    assert!(set.test().image(1).is_ok() && set.train().image(79).is_ok());
    let batcher = Batcher::new(&set, &unit(vec![]), &split(&set, &spec(), None).unwrap()).unwrap();
    for error in [
        set.test().image(2).unwrap_err(),
        batcher
            .evaluation(Subset::Test, &[0, 2], &mut vec![])
            .unwrap_err(),
    ] {
        assert_eq!(error.kind(), DataErrorKind::Damaged);
        let text = error.to_string();
        assert!(text.contains(&path.display().to_string()), "{text}");
        assert!(
            text.contains("image 82 has changed since it was decoded; delete the file"),
            "{text}"
        );
    }
}

/// The only decoded file.
fn decoded(cache: &Path) -> PathBuf {
    let folder = std::fs::read_dir(cache.join("decoded"))
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let files: Vec<_> = folder
        .filter(|path| {
            path.extension()
                .is_some_and(|e| e == "images" || e == "part")
        })
        .collect();
    assert_eq!(files.len(), 1, "{files:?}");
    files[0].clone()
}

#[test]
fn a_damaged_decoded_file_is_named() {
    let check = |damage: &dyn Fn(&mut Vec<u8>), expect: &str| {
        let cache = tempfile::tempdir().unwrap();
        open_in(cache.path(), &spec()).unwrap();
        let path = decoded(cache.path());
        let mut bytes = std::fs::read(&path).unwrap();
        damage(&mut bytes);
        std::fs::write(&path, bytes).unwrap();
        let error = open_in(cache.path(), &spec()).unwrap_err();
        assert_eq!(error.kind(), DataErrorKind::Damaged);
        let text = error.to_string();
        assert!(
            text.contains(&path.display().to_string()) && text.contains(expect),
            "{text} lacks {expect}"
        );
        std::fs::remove_file(&path).unwrap();
        open_in(cache.path(), &spec()).unwrap();
    };
    check(
        &|b| b.truncate(50),
        "50 bytes found, a header of 128 expected",
    );
    check(&|b| b.truncate(10_000), "10,000 bytes found, 77,5");
    check(&|b| b.push(1), "bytes found, 77,5");
    check(&|b| b[0] ^= 1, "the header is not that of this image set");
    check(&|b| b[12] ^= 1, "the header is not that of this image set");
    check(&|b| b[45] ^= 1, "BLAKE3");
    // A label, behind the pixels.
    check(&|b| b[128 + 100 * 3 * 16 * 16] ^= 1, "BLAKE3");
    check(&|b| *b.last_mut().unwrap() ^= 1, "BLAKE3");
}

#[test]
fn what_an_image_becomes_depends_on_seed_epoch_and_row_only() {
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
fn a_step_appended_leaves_the_draws_before_it() {
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
fn no_steps_and_p_0_change_nothing() {
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
        other => panic!("{other:?} is none of the steps"),
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
fn probabilities_hold() {
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
fn standard_normalisation_uses_the_training_part_only() {
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
fn what_cannot_be_augmented() {
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
        "1 means and 1 standard deviations for 3 channels",
    );
    check(
        given(vec![0.5; 3], vec![0.5, 0.0, 0.5]),
        "channel 1 has mean 0.5 and standard deviation 0",
    );
}

#[test]
fn a_share_of_test_images_only_where_there_are_none() {
    let cache = tempfile::tempdir().unwrap();
    let mut asked = spec();
    asked.split.test = Some(0.1);
    let error = open_in(cache.path(), &asked).unwrap_err();
    assert_eq!(
        error.to_string(),
        "shapes has test images of its own: split.test cannot cut more"
    );
}

#[test]
fn inspection_and_pictures() {
    let (set, parts) = shapes();
    let found = inspect(&set).unwrap();
    assert_eq!(
        (
            found.train.per_class.as_slice(),
            found.test.per_class.as_slice()
        ),
        ([8; 10].as_slice(), [2; 10].as_slice())
    );
    assert_eq!(found.duplicates, Default::default());
    assert_eq!(
        found.train.pixels,
        mean_std(&set.train(), &(0..80).collect::<Vec<_>>()).unwrap()
    );
    let folder = tempfile::tempdir().unwrap();
    let (one, two) = (
        folder.path().join("set.png"),
        folder.path().join("augmented.png"),
    );
    picture(&set, &one).unwrap();
    preview(&set, &unit(steps()), &parts, 0, &two).unwrap();
    // Ten lines of eight images of 64 pixels; eight lines of twice seven, three wide gaps among the
    // gaps.
    assert_eq!(
        image::image_dimensions(&one).unwrap(),
        (4 + 8 * 68, 4 + 10 * 68)
    );
    assert_eq!(
        image::image_dimensions(&two).unwrap(),
        (4 + 14 * 68 + 3 * 12, 4 + 8 * 68)
    );
    let error = preview(
        &set,
        &unit(vec![]),
        &parts,
        0,
        &folder.path().join("no/where.png"),
    )
    .unwrap_err();
    assert_eq!(error.kind(), DataErrorKind::Io);
}
