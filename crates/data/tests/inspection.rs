//! Image sets in numbers and pictures.

#![allow(clippy::unwrap_used)]

mod common;

use common::{shapes, steps, unit};
use convsweep_data::{DataErrorKind, inspect, mean_std, picture, preview};

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
