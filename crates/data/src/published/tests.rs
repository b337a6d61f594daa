//! Reading tiny sets in each layout, whole and damaged.

use super::set::{ContentChecksum, DataFile};
use super::*;
use crate::checksum::checksum;
use crate::{DataError, DataErrorKind};
use std::io::Write as _;
use std::path::Path;

/// A set of six training and two test images, 1×2×3 in IDX or 3×1×2 in CIFAR's layout, with its
/// files in `folder`.
pub(crate) fn tiny(layout: FileLayout, folder: &Path) -> PublishedSet {
    let (train, test, shape) = match layout {
        FileLayout::Cifar { label_bytes } => {
            let records = |rows: std::ops::Range<u8>| -> Vec<u8> {
                rows.flat_map(|i| record(i, label_bytes)).collect()
            };
            let train = vec![
                write(folder, "a.bin", records(0..3)),
                write(folder, "b.bin", records(3..6)),
            ];
            let test = vec![write(folder, "test.bin", records(6..8))];
            (train, test, [3, 1, 2])
        }
        FileLayout::Idx => {
            let train = vec![
                write(folder, "images", idx_images(0..6)),
                write(folder, "labels", idx_labels(0..6)),
            ];
            let test = vec![
                write(folder, "t-images", idx_images(6..8)),
                write(folder, "t-labels", idx_labels(6..8)),
            ];
            (train, test, [1, 2, 3])
        }
    };
    PublishedSet {
        name: "tiny",
        folder: "tiny",
        layout,
        classes: vec!["x", "y", "z"],
        shape,
        train,
        test,
        downloads: vec![],
    }
}

fn write(folder: &Path, name: &str, bytes: Vec<u8>) -> DataFile {
    std::fs::write(folder.join(name), &bytes).expect("a temporary folder");
    DataFile {
        name: name.to_string(),
        bytes: bytes.len() as u64,
        checksum: ContentChecksum::Sha256(checksum::<sha2::Sha256>(&bytes)),
    }
}

fn pixels(i: u8) -> Vec<u8> {
    (0..6).map(|k| i * 10 + k).collect()
}

fn record(i: u8, label_bytes: usize) -> Vec<u8> {
    let mut record = vec![77; label_bytes - 1];
    record.push(i % 3);
    record.extend(pixels(i));
    record
}

fn idx_images(rows: std::ops::Range<u8>) -> Vec<u8> {
    let mut file = vec![
        0,
        0,
        8,
        3,
        0,
        0,
        0,
        rows.len() as u8,
        0,
        0,
        0,
        2,
        0,
        0,
        0,
        3,
    ];
    file.extend(rows.flat_map(pixels));
    file
}

fn idx_labels(rows: std::ops::Range<u8>) -> Vec<u8> {
    let mut file = vec![0, 0, 8, 1, 0, 0, 0, rows.len() as u8];
    file.extend(rows.map(|i| i % 3));
    file
}

fn read_all(set: &PublishedSet, folder: &Path) -> Result<Vec<(Vec<u8>, u16)>, DataError> {
    let mut images = Vec::new();
    read(set, folder, &mut |image, label| {
        images.push((image.to_vec(), label));
        Ok(())
    })?;
    Ok(images)
}

const LAYOUTS: [FileLayout; 3] = [
    FileLayout::Cifar { label_bytes: 1 },
    FileLayout::Cifar { label_bytes: 2 },
    FileLayout::Idx,
];

#[test]
fn images_come_in_order() {
    for layout in LAYOUTS {
        let folder = tempfile::tempdir().unwrap();
        let set = tiny(layout, folder.path());
        let expected: Vec<_> = (0..8).map(|i| (pixels(i), u16::from(i % 3))).collect();
        assert_eq!(
            read_all(&set, folder.path()).unwrap(),
            expected,
            "{layout:?}"
        );
        let facts = set.facts();
        let counts = (facts.train_images, facts.test_images);
        assert_eq!(counts, (6, 2), "{layout:?}");
    }
}

#[test]
fn gzipped_files_are_read_like_plain_ones() {
    let folder = tempfile::tempdir().unwrap();
    let set = tiny(FileLayout::Idx, folder.path());
    let plain = read_all(&set, folder.path()).unwrap();
    for file in set.files() {
        let path = folder.path().join(&file.name);
        let gz = std::fs::File::create(folder.path().join(format!("{}.gz", file.name))).unwrap();
        let mut gz = flate2::write::GzEncoder::new(gz, flate2::Compression::fast());
        gz.write_all(&std::fs::read(&path).unwrap()).unwrap();
        gz.finish().unwrap();
        std::fs::remove_file(path).unwrap();
    }
    let candidates = [folder.path().join("no"), folder.path().into()];
    assert_eq!(find_folder(&set, &candidates), Some(folder.path().into()));
    assert_eq!(read_all(&set, folder.path()).unwrap(), plain);
    let labels = folder.path().join("labels.gz");
    let whole = std::fs::read(&labels).unwrap();
    std::fs::write(&labels, &whole[..whole.len() - 9]).unwrap();
    let error = read_all(&set, folder.path()).unwrap_err().to_string();
    assert!(
        error.contains("labels.gz: not a complete gzip file"),
        "{error}"
    );
}

/// Damages the file `name` of a tiny set, which is published so if `is_published_so`; the
/// error must contain all of `expect`.
fn check(
    layout: FileLayout,
    name: &str,
    damage: impl Fn(&mut Vec<u8>),
    is_published_so: bool,
    expect: &[&str],
) {
    let folder = tempfile::tempdir().unwrap();
    let mut set = tiny(layout, folder.path());
    let path = folder.path().join(name);
    let mut bytes = std::fs::read(&path).unwrap();
    damage(&mut bytes);
    for file in set.train.iter_mut().chain(&mut set.test) {
        if is_published_so && file.name == name {
            file.checksum = ContentChecksum::Sha256(checksum::<sha2::Sha256>(&bytes));
        }
    }
    std::fs::write(&path, bytes).unwrap();
    let error = read_all(&set, folder.path()).unwrap_err();
    assert_eq!(error.kind(), DataErrorKind::Damaged);
    for part in expect {
        assert!(error.to_string().contains(part), "{error} lacks {part}");
    }
}

#[test]
fn errors_say_what_is_damaged() {
    let cifar = FileLayout::Cifar { label_bytes: 1 };
    let too_short = ["b.bin", "20 bytes found, 21 expected"];
    check(cifar, "b.bin", |b| b.truncate(20), false, &too_short);
    let too_long = ["b.bin", "22 bytes found, 21 expected"];
    check(cifar, "b.bin", |b| b.push(0), false, &too_long);
    let altered = ["test.bin", "SHA-256", "found", "expected"];
    check(cifar, "test.bin", |b| b[3] ^= 1, false, &altered);
    let label = ["a.bin", "image 1 has label 3, at most 2 expected"];
    check(cifar, "a.bin", |b| b[7] = 3, true, &label);
    let idx = FileLayout::Idx;
    let too_short = ["labels", "9 bytes found, 14 expected"];
    check(idx, "labels", |b| b.truncate(9), false, &too_short);
    let header = ["images", "IDX header"];
    check(idx, "images", |b| b[3] = 1, true, &header);
}

/// One bit of a pixel, in a file whose length is right.
#[test]
fn one_changed_bit_of_any_kind_of_set_is_found() {
    for layout in LAYOUTS {
        let folder = tempfile::tempdir().unwrap();
        let mut set = tiny(layout, folder.path());
        for (i, file) in set.train.iter_mut().enumerate() {
            let bytes = std::fs::read(folder.path().join(&file.name)).unwrap();
            if i % 2 == 0 {
                file.checksum = ContentChecksum::Sha1(checksum::<sha1::Sha1>(&bytes));
            }
        }
        read_all(&set, folder.path()).expect("whole");
        for file in set.files() {
            let path = folder.path().join(&file.name);
            let whole = std::fs::read(&path).unwrap();
            let mut bytes = whole.clone();
            *bytes.last_mut().unwrap() ^= 1;
            std::fs::write(&path, &bytes).unwrap();
            let error = read_all(&set, folder.path()).unwrap_err();
            assert_eq!(error.kind(), DataErrorKind::Damaged);
            let text = error.to_string();
            assert!(text.contains(&file.name) && text.contains("SHA-"), "{text}");
            std::fs::write(&path, whole).unwrap();
        }
    }
}

/// A file that is much too long is refused without being read.
#[test]
fn endless_files_are_not_read() {
    for layout in LAYOUTS {
        let folder = tempfile::tempdir().unwrap();
        let set = tiny(layout, folder.path());
        let name = &set.train[0].name;
        let file = std::fs::File::create(folder.path().join(name)).unwrap();
        file.set_len(20 << 30).unwrap();
        let text = read_all(&set, folder.path()).unwrap_err().to_string();
        assert!(text.contains("21,474,836,480 bytes found"), "{text}");
    }
}
