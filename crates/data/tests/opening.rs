//! Facts of image sets, and decoded files: written once, shared, verified.

#![allow(clippy::unwrap_used)]

mod common;

use common::{decoded_file, open_in, pixels, spec, unit};
use convsweep_data::{Batcher, DataErrorKind, Location, Subset, facts, open, open_whole, split};
use convsweep_spec::data::{DataSpec, Resize, ResizeMethod, Source, Split, SplitScheme};

#[test]
fn facts_need_no_files() {
    let cache = tempfile::tempdir().unwrap();
    let nowhere = cache.path().join("nothing");
    let at = Location::new(&nowhere, None);
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
    assert!(!nowhere.exists(), "asking for facts leaves no trace");
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
fn a_set_opened_twice_is_decoded_once() {
    let cache = tempfile::tempdir().unwrap();
    let set = open_in(cache.path(), &spec()).unwrap();
    let file = decoded_file(cache.path());
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
    // The decoded file does not depend on the split, but on the size.
    let mut other = spec();
    other.split.seed = 7;
    open_in(cache.path(), &other).unwrap();
    assert_eq!(decoded_file(cache.path()), file);
    let resize = Some(Resize {
        height: 8,
        width: 8,
        method: ResizeMethod::Squash,
    });
    let small = open_in(cache.path(), &DataSpec { resize, ..spec() }).unwrap();
    assert_eq!(small.train().shape(), [3, 8, 8]);
}

#[test]
fn concurrent_openings_decode_once() {
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
    decoded_file(cache.path());
}

#[test]
fn a_damaged_image_is_found_when_it_is_read() {
    let cache = tempfile::tempdir().unwrap();
    open_in(cache.path(), &spec()).unwrap();
    let path = decoded_file(cache.path());
    let mut bytes = std::fs::read(&path).unwrap();
    // In the third test image, row 82 of all.
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

/// Damages the bytes of a file.
type Damage<'a> = &'a dyn Fn(&mut Vec<u8>);

/// A cache with the small set decoded and then damaged, and the damaged file.
fn damaged_set(damage: Damage) -> (tempfile::TempDir, std::path::PathBuf) {
    let cache = tempfile::tempdir().unwrap();
    open_in(cache.path(), &spec()).unwrap();
    let path = decoded_file(cache.path());
    let mut bytes = std::fs::read(&path).unwrap();
    damage(&mut bytes);
    std::fs::write(&path, bytes).unwrap();
    (cache, path)
}

#[test]
fn a_damaged_decoded_file_is_reported() {
    let check = |damage: Damage, expect: &str| {
        let (cache, path) = damaged_set(damage);
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
fn test_images_are_cut_only_from_sets_without_test_images() {
    let cache = tempfile::tempdir().unwrap();
    let mut asked = spec();
    asked.split.test = Some(0.1);
    let error = open_in(cache.path(), &asked).unwrap_err();
    assert_eq!(
        error.to_string(),
        "shapes has test images of its own: split.test cannot cut more"
    );
}

/// Damages the decoded file of the small set, and opens it as a run does.
fn opened_after(damage: Damage) -> (Vec<u8>, Option<String>) {
    let (cache, path) = damaged_set(damage);
    let at = Location::new(cache.path(), None);
    let (set, note) = open_whole(at, &spec()).unwrap();
    assert_eq!(set.train().len(), 80);
    open_whole(at, &spec()).unwrap();
    (std::fs::read(&path).unwrap(), note)
}

#[test]
fn a_damaged_decoded_file_is_decoded_again_before_a_run() {
    let (whole, note) = opened_after(&|_| ());
    assert_eq!(note, None);
    let damages: [Damage; 5] = [
        &|b| b.truncate(50),
        &|b| b[12] ^= 1,
        // A pixel of the last image, a label, and the last byte.
        &|b| b[128 + 100 * 3 * 16 * 16 - 1] ^= 1,
        &|b| b[128 + 100 * 3 * 16 * 16] ^= 1,
        &|b| *b.last_mut().unwrap() ^= 1,
    ];
    for damage in damages {
        let (bytes, note) = opened_after(damage);
        assert!(bytes == whole, "decoded to the same bytes");
        let note = note.expect("says so");
        assert!(
            note.contains("was damaged (") && note.contains(".images"),
            "{note}"
        );
    }
}

#[test]
fn a_damaged_decoded_file_without_its_source_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let images = folder.path().join("set");
    for (class, level) in [("a", 10), ("b", 20)] {
        std::fs::create_dir_all(images.join(class)).unwrap();
        let image = image::GrayImage::from_pixel(3, 3, image::Luma([level]));
        image.save(images.join(class).join("1.png")).unwrap();
    }
    let split = Split::new(SplitScheme::Validation(0.5), 1);
    let spec = DataSpec::new(Source::folder(), split);
    let at = Location::new(folder.path(), Some(&images));
    open(at, &spec).unwrap();
    let path = decoded_file(folder.path());
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[130] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    let error_of = |expected: &[&str]| {
        let error = open_whole(at, &spec).unwrap_err();
        let text = error.to_string();
        for part in expected {
            assert!(text.contains(part), "{text} lacks {part}");
        }
        error.kind()
    };
    // The file cannot be written again.
    let partial = path.with_added_extension("part");
    std::fs::create_dir(&partial).unwrap();
    let kind = error_of(&[".images: image 0", "cannot be decoded again", ".part"]);
    assert_eq!(kind, DataErrorKind::Damaged);
    std::fs::remove_dir(&partial).unwrap();
    // What it was decoded from has changed, although its size and time are as before.
    let image = images.join("b/1.png");
    let times = std::fs::metadata(&image).unwrap().modified().unwrap();
    let length = std::fs::metadata(&image).unwrap().len() as usize;
    std::fs::write(&image, vec![0; length]).unwrap();
    let file = std::fs::File::options().write(true).open(&image).unwrap();
    file.set_modified(times).unwrap();
    assert_eq!(
        error_of(&["b/1.png: is neither JPEG"]),
        DataErrorKind::Damaged
    );
}
