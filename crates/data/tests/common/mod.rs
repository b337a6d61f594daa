//! A small set of drawn shapes, and steps to augment it by.

#![allow(dead_code, clippy::unwrap_used)]

pub mod mutation;

use convsweep_data::{DataError, ImageSet, LabelledImages, Location, Subsets, open, split};
use convsweep_spec::augment::{AugmentSpec, Fill, FlipAxis, Normalize, Step};
use convsweep_spec::data::{DataSpec, Shapes, Source, Split, SplitScheme};
use std::path::{Path, PathBuf};

/// 80 training and 20 test images of 3×16×16, a quarter of the former for validation.
pub fn spec() -> DataSpec {
    let split = Split::new(SplitScheme::Validation(0.25), 1);
    let source = Source::Shapes(Shapes {
        train: 80,
        test: 20,
        size: 16,
        ..Shapes::default()
    });
    DataSpec::new(source, split)
}

/// Opens a set in a data cache.
pub fn open_in(cache: &Path, spec: &DataSpec) -> Result<ImageSet, DataError> {
    open(Location::new(cache, None), spec)
}

/// The set of [`spec`] and its split. The open file outlives its folder.
pub fn shapes() -> (ImageSet, Subsets) {
    let cache = tempfile::tempdir().unwrap();
    let set = open_in(cache.path(), &spec()).unwrap();
    let parts = split(&set, &spec(), None).unwrap();
    (set, parts)
}

/// Steps of every kind of stage.
pub fn steps() -> Vec<Step> {
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

/// Steps with pixels in [0, 1].
pub fn unit(steps: Vec<Step>) -> AugmentSpec {
    AugmentSpec {
        normalize: Normalize::Unit,
        steps,
    }
}

/// The pixels of all images.
pub fn pixels(images: &LabelledImages) -> Vec<Vec<u8>> {
    (0..images.len() as u32)
        .map(|row| images.image(row).unwrap())
        .collect()
}

/// The only decoded file of a cache.
pub fn decoded_file(cache: &Path) -> PathBuf {
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
