//! The real image sets, from the data cache (`CONVSWEEP_DATA`, or the user's cache folder). Not
//! part of `just test`: run it by `just test-real`. It fails where the sets are missing.

use convsweep_data::{
    Batcher, DataErrorKind, ImageSet, Location, Subset, inspect, open, picture, preview, split,
};
use convsweep_spec::augment::{AugmentSpec, Fill, FlipAxis, Normalize, Step};
use convsweep_spec::data::{DataSpec, Resize, ResizeMethod, Source, Split, SplitScheme};
use std::path::PathBuf;

fn cache() -> PathBuf {
    let named = std::env::var_os("CONVSWEEP_DATA").map(PathBuf::from);
    named.unwrap_or_else(|| {
        PathBuf::from(std::env::var_os("HOME").expect("a home folder")).join(".cache/convsweep")
    })
}

fn spec(source: Source) -> DataSpec {
    let split = Split::new(SplitScheme::Validation(0.2), 42);
    DataSpec::new(source, split)
}

/// Decodes a set of the cache again, into a separate folder.
fn decode(folder: &str, spec: &DataSpec) -> ImageSet {
    let path = cache().join(folder);
    let elsewhere = tempfile::tempdir().expect("a temporary folder");
    let set = open(Location::new(elsewhere.path(), Some(&path)), spec);
    // The open file lives on after its folder.
    set.unwrap_or_else(|e| {
        panic!(
            "{e}\n(unpack the real image sets into {})",
            cache().display()
        )
    })
}

fn check_pixels(found: &[f64], expect: &[f64]) {
    assert_eq!(found.len(), expect.len());
    for (found, expect) in found.iter().zip(expect) {
        assert!((found - expect).abs() < 5e-5, "{found} is not {expect}");
    }
}

#[test]
fn cifar10() {
    let asked = spec(Source::Cifar10);
    let set = decode("cifar-10-batches-bin", &asked);
    let found = inspect(&set).unwrap();
    assert_eq!(found.train.per_class, [5000; 10]);
    assert_eq!(found.test.per_class, [1000; 10]);
    // The numbers that everyone normalises by.
    check_pixels(&found.train.pixels.mean, &[0.49140, 0.48216, 0.44653]);
    check_pixels(&found.train.pixels.std, &[0.24703, 0.24349, 0.26159]);
    assert_eq!(found.duplicates.between, 0);
    let parts = split(&set, &asked, None).expect("a split");
    assert_eq!(
        (parts.train.len(), parts.validation.len(), parts.test.len()),
        (40_000, 10_000, 10_000)
    );
    let batcher = Batcher::new(&set, &augment(), &parts).expect("a batcher");
    let mut out = Vec::new();
    batcher
        .evaluation(Subset::Test, &parts.test, &mut out)
        .unwrap();
    let mean = out.iter().map(|v| f64::from(*v)).sum::<f64>() / out.len() as f64;
    assert!(mean.abs() < 0.05, "{mean}");
    pictures("cifar10", &set, &asked);
}

#[test]
fn fashion_mnist() {
    let asked = spec(Source::FashionMnist);
    let set = decode("fashion-mnist", &asked);
    let found = inspect(&set).unwrap();
    assert_eq!(
        (found.shape, found.train.images, found.test.images),
        ([1, 28, 28], 60_000, 10_000)
    );
    assert_eq!(found.train.per_class, [6000; 10]);
    check_pixels(&found.train.pixels.mean, &[0.28604]);
    check_pixels(&found.train.pixels.std, &[0.35302]);
    pictures("fashion-mnist", &set, &asked);
}

#[test]
fn photographs_in_folders() {
    let refused = {
        let elsewhere = tempfile::tempdir().expect("a temporary folder");
        let path = cache().join("caltech101-12");
        open(
            Location::new(elsewhere.path(), Some(&path)),
            &spec(Source::folder()),
        )
        .expect_err("many sizes")
    };
    assert_eq!(refused.kind(), DataErrorKind::Invalid, "{refused}");
    for (method, channels) in [
        (ResizeMethod::Crop, None),
        (ResizeMethod::Pad, Some(3)),
        (ResizeMethod::Squash, Some(1)),
    ] {
        let resize = Some(Resize {
            height: 64,
            width: 64,
            method,
        });
        let asked = DataSpec {
            resize,
            channels,
            ..spec(Source::folder())
        };
        let set = decode("caltech101-12", &asked);
        let found = inspect(&set).unwrap();
        assert_eq!(found.train.per_class, [60; 12], "{method:?}");
        assert_eq!(found.test.per_class, [20; 12], "{method:?}");
        assert_eq!(found.shape, [usize::from(channels.unwrap_or(3)), 64, 64]);
        assert_eq!(found.classes[1], "airplanes");
        pictures(&format!("caltech-{method:?}"), &set, &asked);
    }
}

fn augment() -> AugmentSpec {
    let (fill, p) = (Fill::Zero, 1.0);
    AugmentSpec {
        normalize: Normalize::Standard,
        steps: vec![
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
        ],
    }
}

/// Pictures to look at, in the folder that `CONVSWEEP_PICTURES` names.
fn pictures(name: &str, set: &ImageSet, asked: &DataSpec) {
    let folder = std::env::var_os("CONVSWEEP_PICTURES").map(PathBuf::from);
    let kept = tempfile::tempdir().expect("a temporary folder");
    let folder = folder.unwrap_or_else(|| kept.path().to_owned());
    let parts = split(set, asked, None).expect("a split");
    let (set_picture, augmented) = (
        folder.join(format!("{name}.png")),
        folder.join(format!("{name}-augmented.png")),
    );
    picture(set, &set_picture).expect("a picture");
    preview(set, &augment(), &parts, 0, &augmented).expect("a preview");
    assert!(image::open(&augmented).expect("a PNG").width() > 500);
}
