//! Image sets in numbers and pictures.

#![allow(clippy::unwrap_used)]

mod common;

use common::{shapes, steps, unit};
use convsweep_data::{
    DataErrorKind, Location, NearPair, inspect, mean_std, near_duplicates, open, preview,
};
use convsweep_spec::data::{DataSpec, Source, Split, SplitScheme};

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
    let two = folder.path().join("augmented.png");
    preview(&set, &unit(steps()), &parts, 0, &two).unwrap();
    // Eight lines of twice seven images of 64 pixels, three wide gaps among the gaps.
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

#[test]
fn images_that_look_alike_are_found() {
    let folder = tempfile::tempdir().unwrap();
    let (root, cache) = (folder.path().join("set"), folder.path().join("cache"));
    // Waves of random directions, in two versions: as PNG, and darker as JPEG.
    for i in 0..12u32 {
        for (class, name, gain) in [("a", "x.png", 1.0), ("b", "y.jpg", 0.8)] {
            let wave = |x: u32, y: u32| {
                let phase = f64::from(x * (3 + i * 5 % 11) + y * (2 + i * 7 % 13)) / 40.0;
                (gain * (120.0 + 100.0 * (phase + f64::from(i)).sin())) as u8
            };
            let picture = image::GrayImage::from_fn(64, 64, |x, y| image::Luma([wave(x, y)]));
            std::fs::create_dir_all(root.join(class)).unwrap();
            picture
                .save(root.join(class).join(format!("{i}{name}")))
                .unwrap();
        }
    }
    let split = Split::new(SplitScheme::Validation(0.2), 1);
    let spec = DataSpec::new(Source::folder(), split);
    let set = open(Location::new(&cache, Some(&root)), &spec).unwrap();
    let (pairs, all) = near_duplicates(&set, 12).unwrap();
    let versions = |pair: &&NearPair| {
        let number = |name: &str| {
            name[2..]
                .trim_end_matches(|c: char| !c.is_ascii_digit())
                .to_string()
        };
        number(&pair.images[0]) == number(&pair.images[1])
    };
    assert_eq!(pairs.iter().filter(versions).count(), 12, "{pairs:?}");
    assert_eq!(all, 12, "{pairs:?}");
    assert!(
        pairs
            .iter()
            .all(|pair| pair.labels == [0, 1] && !pair.crosses_test)
    );
}
