//! Reads the files of a published set and checks them on the way.

use super::catalogue::{BuiltIn, DataFile, Format};
use crate::{DataError, files};
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// Takes the next image, `[channels, height, width]`, and its label.
pub(crate) type Sink<'a> = dyn FnMut(&[u8], u16) -> Result<(), DataError> + 'a;

/// The folder among `candidates` that holds every file of the set.
pub(crate) fn locate(set: &BuiltIn, candidates: &[PathBuf]) -> Option<PathBuf> {
    candidates
        .iter()
        .find(|folder| set.files().all(|file| present(set, folder, file).is_some()))
        .cloned()
}

/// Gives every image of the set to `sink`, the training images first.
pub(crate) fn read(set: &BuiltIn, folder: &Path, sink: &mut Sink) -> Result<(), DataError> {
    for files in [&set.train, &set.test] {
        match set.format {
            Format::Cifar { labels } => {
                for file in files {
                    cifar(set, folder, file, labels, sink)?;
                }
            }
            Format::Idx => idx(set, folder, files, sink)?,
        }
    }
    Ok(())
}

/// Where a file lies, gzipped or not.
fn present(set: &BuiltIn, folder: &Path, file: &DataFile) -> Option<PathBuf> {
    let plain = folder.join(&file.name);
    let gzipped = folder.join(format!("{}.gz", file.name));
    match set.format {
        _ if plain.is_file() => Some(plain),
        Format::Idx if gzipped.is_file() => Some(gzipped),
        _ => None,
    }
}

fn cifar(
    set: &BuiltIn,
    folder: &Path,
    file: &DataFile,
    labels: usize,
    sink: &mut Sink,
) -> Result<(), DataError> {
    let (path, bytes) = content(set, folder, file)?;
    let pixels: usize = set.shape.iter().map(|&n| n as usize).product();
    for (i, record) in bytes.chunks_exact(labels + pixels).enumerate() {
        let label = record[labels - 1];
        check_label(set, &path, i, label)?;
        sink(&record[labels..], u16::from(label))?;
    }
    Ok(())
}

fn idx(set: &BuiltIn, folder: &Path, files: &[DataFile], sink: &mut Sink) -> Result<(), DataError> {
    let [images, labels] = files else {
        return Err(DataError::Invalid(format!(
            "{} is described wrongly",
            set.name
        )));
    };
    let count = set.images(files);
    let (images_path, images) = content(set, folder, images)?;
    let (labels_path, labels) = content(set, folder, labels)?;
    let pixels = header(&images_path, &images, &[count, set.shape[1], set.shape[2]])?;
    let labels = header(&labels_path, &labels, &[count])?;
    let size = (set.shape[1] * set.shape[2]) as usize;
    for (i, (image, &label)) in pixels.chunks_exact(size).zip(labels).enumerate() {
        check_label(set, &labels_path, i, label)?;
        sink(image, u16::from(label))?;
    }
    Ok(())
}

fn check_label(set: &BuiltIn, path: &Path, row: usize, label: u8) -> Result<(), DataError> {
    let last = set.classes.len() - 1;
    if usize::from(label) > last {
        return Err(DataError::damaged(
            path,
            format!("image {row} has label {label}, at most {last} expected"),
        ));
    }
    Ok(())
}

/// Checks an IDX header (unsigned bytes of these dimensions) and returns what follows it.
fn header<'a>(path: &Path, bytes: &'a [u8], dimensions: &[u32]) -> Result<&'a [u8], DataError> {
    let mut expected = vec![0, 0, 8, dimensions.len() as u8];
    expected.extend(dimensions.iter().flat_map(|n| n.to_be_bytes()));
    match bytes.strip_prefix(expected.as_slice()) {
        Some(rest) => Ok(rest),
        None => {
            let found = &bytes[..bytes.len().min(expected.len())];
            Err(DataError::damaged(
                path,
                format!("IDX header {found:02x?} found, {expected:02x?} expected"),
            ))
        }
    }
}

/// Content of a file, unpacked, of the right size and checksum.
fn content(set: &BuiltIn, folder: &Path, file: &DataFile) -> Result<(PathBuf, Vec<u8>), DataError> {
    let path = present(set, folder, file).ok_or_else(|| {
        DataError::Missing(format!(
            "{} is not there",
            folder.join(&file.name).display()
        ))
    })?;
    let mut bytes = files::read(&path)?;
    if path.extension().is_some_and(|e| e == "gz") {
        let mut unpacked = Vec::with_capacity(file.bytes as usize);
        // One byte more than expected is enough to know that a file is too long.
        let reader = flate2::read::MultiGzDecoder::new(bytes.as_slice());
        reader
            .take(file.bytes + 1)
            .read_to_end(&mut unpacked)
            .map_err(|e| DataError::damaged(&path, format!("not a whole gzip file: {e}")))?;
        bytes = unpacked;
    }
    if bytes.len() as u64 != file.bytes {
        let (found, expected) = (
            convsweep_spec::words::thousands(bytes.len() as u64),
            convsweep_spec::words::thousands(file.bytes),
        );
        return Err(DataError::damaged(
            &path,
            format!("{found} bytes found, {expected} expected{}", remedy(set)),
        ));
    }
    if let Some(expected) = &file.sha256 {
        let found = files::checksum_of::<sha2::Sha256>(&bytes);
        if found != *expected {
            return Err(DataError::damaged(
                &path,
                format!("SHA-256 {found} found, {expected} expected{}", remedy(set)),
            ));
        }
    }
    Ok((path, bytes))
}

fn remedy(set: &BuiltIn) -> String {
    format!("; delete it and fetch {} again", set.name)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use std::io::Write as _;

    /// A set of six training and two test images of 1×2×3 in IDX, or of 3×1×2 in CIFAR's format,
    /// with right files in `folder`.
    pub(crate) fn tiny(format: Format, folder: &Path) -> BuiltIn {
        let (names, shape) = match format {
            Format::Cifar { .. } => ([["a.bin", "b.bin"], ["test.bin", ""]], [3, 1, 2]),
            Format::Idx => ([["images", "labels"], ["t-images", "t-labels"]], [1, 2, 3]),
        };
        let write = |name: &str, bytes: Vec<u8>| {
            std::fs::write(folder.join(name), &bytes).expect("a temporary folder");
            let sha256 = Some(files::checksum_of::<sha2::Sha256>(&bytes));
            DataFile {
                name: name.to_string(),
                bytes: bytes.len() as u64,
                sha256,
            }
        };
        let part = |names: [&str; 2], first: u8, count: u8| match format {
            Format::Cifar { labels } => {
                let names: Vec<&str> = names.into_iter().filter(|name| !name.is_empty()).collect();
                let each = count / names.len() as u8;
                let records = |from: u8| {
                    (from..from + each)
                        .flat_map(|i| record(i, labels))
                        .collect()
                };
                names
                    .iter()
                    .enumerate()
                    .map(|(n, name)| write(name, records(first + n as u8 * each)))
                    .collect()
            }
            Format::Idx => {
                let rows = first..first + count;
                let mut images = vec![0, 0, 8, 3, 0, 0, 0, count, 0, 0, 0, 2, 0, 0, 0, 3];
                images.extend(rows.clone().flat_map(pixels));
                let mut labels = vec![0, 0, 8, 1, 0, 0, 0, count];
                labels.extend(rows.map(|i| i % 3));
                vec![write(names[0], images), write(names[1], labels)]
            }
        };
        let (train, test) = (part(names[0], 0, 6), part(names[1], 6, 2));
        let classes = vec!["x", "y", "z"];
        BuiltIn {
            name: "tiny",
            folder: "tiny",
            format,
            classes,
            shape,
            train,
            test,
            downloads: vec![],
        }
    }

    fn pixels(i: u8) -> Vec<u8> {
        (0..6).map(|k| i * 10 + k).collect()
    }

    fn record(i: u8, labels: usize) -> Vec<u8> {
        let mut record = vec![77; labels - 1];
        record.push(i % 3);
        record.extend(pixels(i));
        record
    }

    fn all(set: &BuiltIn, folder: &Path) -> Result<Vec<(Vec<u8>, u16)>, DataError> {
        let mut images = Vec::new();
        read(set, folder, &mut |image, label| {
            images.push((image.to_vec(), label));
            Ok(())
        })?;
        Ok(images)
    }

    const FORMATS: [Format; 3] = [
        Format::Cifar { labels: 1 },
        Format::Cifar { labels: 2 },
        Format::Idx,
    ];

    #[test]
    fn images_come_in_order() {
        for format in FORMATS {
            let folder = tempfile::tempdir().unwrap();
            let set = tiny(format, folder.path());
            let expected: Vec<_> = (0..8).map(|i| (pixels(i), u16::from(i % 3))).collect();
            assert_eq!(all(&set, folder.path()).unwrap(), expected, "{format:?}");
            let facts = set.facts();
            assert_eq!(
                (facts.train_images, facts.test_images),
                (6, 2),
                "{format:?}"
            );
        }
    }

    #[test]
    fn gzipped_idx() {
        let folder = tempfile::tempdir().unwrap();
        let set = tiny(Format::Idx, folder.path());
        let plain = all(&set, folder.path()).unwrap();
        for file in set.files() {
            let path = folder.path().join(&file.name);
            let gz =
                std::fs::File::create(folder.path().join(format!("{}.gz", file.name))).unwrap();
            let mut gz = flate2::write::GzEncoder::new(gz, flate2::Compression::fast());
            gz.write_all(&std::fs::read(&path).unwrap()).unwrap();
            gz.finish().unwrap();
            std::fs::remove_file(path).unwrap();
        }
        assert_eq!(
            locate(&set, &[folder.path().join("no"), folder.path().into()]),
            Some(folder.path().into())
        );
        assert_eq!(all(&set, folder.path()).unwrap(), plain);
        let labels = folder.path().join("labels.gz");
        let whole = std::fs::read(&labels).unwrap();
        std::fs::write(&labels, &whole[..whole.len() - 9]).unwrap();
        let error = all(&set, folder.path()).unwrap_err().to_string();
        assert!(
            error.contains("labels.gz: not a whole gzip file"),
            "{error}"
        );
    }

    /// Damages the file of a name; the error must hold all of `expect`.
    fn check(
        format: Format,
        name: &str,
        damage: impl Fn(&mut Vec<u8>),
        forget_sum: bool,
        expect: &[&str],
    ) {
        let folder = tempfile::tempdir().unwrap();
        let mut set = tiny(format, folder.path());
        let path = folder.path().join(name);
        let mut bytes = std::fs::read(&path).unwrap();
        damage(&mut bytes);
        std::fs::write(&path, bytes).unwrap();
        if forget_sum {
            set.train
                .iter_mut()
                .chain(&mut set.test)
                .for_each(|file| file.sha256 = None);
        }
        let error = all(&set, folder.path()).unwrap_err();
        assert_eq!(error.kind(), crate::Kind::Damaged);
        for part in expect {
            assert!(error.to_string().contains(part), "{error} lacks {part}");
        }
    }

    #[test]
    fn damage_is_named() {
        let cifar = Format::Cifar { labels: 1 };
        check(
            cifar,
            "b.bin",
            |b| b.truncate(20),
            false,
            &["b.bin", "20 bytes found, 21 expected"],
        );
        check(
            cifar,
            "b.bin",
            |b| b.push(0),
            false,
            &["b.bin", "22 bytes found, 21 expected"],
        );
        check(
            cifar,
            "test.bin",
            |b| b[3] ^= 1,
            false,
            &["test.bin", "SHA-256", "found", "expected"],
        );
        check(
            cifar,
            "a.bin",
            |b| b[7] = 3,
            true,
            &["a.bin", "image 1 has label 3, at most 2 expected"],
        );
        check(
            Format::Idx,
            "labels",
            |b| b.truncate(9),
            false,
            &["labels", "9 bytes found, 14 expected"],
        );
        check(
            Format::Idx,
            "images",
            |b| b[3] = 1,
            true,
            &["images", "IDX header"],
        );
    }
}
