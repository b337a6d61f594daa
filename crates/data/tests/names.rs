//! Names of images, looked up in decoded files.

#![allow(clippy::unwrap_used)]

mod common;

use common::{decoded_file, open_in, spec};
use convsweep_data::{Location, image_names, open};
use convsweep_spec::data::{DataSpec, Resize, ResizeMethod, Source, Split, SplitScheme};
use image::{GrayImage, Luma};

#[test]
fn names_are_those_of_the_set_as_it_was_decoded() {
    let folder = tempfile::tempdir().unwrap();
    let images = folder.path().join("set");
    for part in ["train/a", "train/b", "test/a"] {
        std::fs::create_dir_all(images.join(part)).unwrap();
        for (name, level) in [("1.png", 10u8), ("2.png", 200)] {
            let level = level + part.len() as u8 + u8::from(part.ends_with('b'));
            let image = GrayImage::from_pixel(3, 3, Luma([level]));
            image.save(images.join(part).join(name)).unwrap();
        }
    }
    let split = Split::new(SplitScheme::Validation(0.5), 1);
    let spec = DataSpec::new(Source::folder(), split);
    let at = Location::new(folder.path(), Some(&images));
    let set = open(at, &spec).unwrap();
    let hash = set.facts().hash.clone();
    let names = image_names(folder.path(), &spec, &hash).unwrap();
    for (i, name) in names.training.iter().enumerate() {
        assert_eq!(set.train().name(i as u32), Some(name.as_str()));
        assert_eq!(names.name(false, i as u32), Some(name.as_str()));
    }
    assert_eq!((names.training.len(), names.test.len()), (4, 2));
    assert!(
        names.name(true, 1).unwrap().ends_with("a/2.png"),
        "{names:?}"
    );
    assert_eq!(names.name(true, 2), None);
    // The set itself need not be there any more.
    std::fs::remove_dir_all(&images).unwrap();
    assert!(image_names(folder.path(), &spec, &hash).is_some());
    let resized = DataSpec {
        resize: Some(Resize {
            height: 8,
            width: 8,
            method: ResizeMethod::Squash,
        }),
        ..spec.clone()
    };
    assert_eq!(image_names(folder.path(), &resized, &hash), None);
    assert_eq!(image_names(folder.path(), &spec, "another"), None);
    let nowhere = folder.path().join("nowhere");
    assert_eq!(image_names(&nowhere, &spec, &hash), None);
    drop(set);
    let path = decoded_file(folder.path());
    let bytes = std::fs::read(&path).unwrap();
    std::fs::write(&path, &bytes[..bytes.len() - 3]).unwrap();
    assert_eq!(image_names(folder.path(), &spec, &hash), None, "it is cut");
}

#[test]
fn sets_that_do_not_consist_of_files_have_no_names() {
    let cache = tempfile::tempdir().unwrap();
    let set = open_in(cache.path(), &spec()).unwrap();
    assert_eq!(image_names(cache.path(), &spec(), &set.facts().hash), None);
}
