//! The description of a published image set.

use crate::checksum::checksum;
use crate::identity::identity;
use convsweep_spec::data::DataFacts;

/// A published image set.
#[derive(Clone, Debug)]
pub(crate) struct PublishedSet {
    /// Name in an experiment file.
    pub(crate) name: &'static str,
    /// Folder of its files in the data cache.
    pub(crate) folder: &'static str,
    /// How the files are laid out.
    pub(crate) layout: FileLayout,
    /// Class names, by label.
    pub(crate) classes: Vec<&'static str>,
    /// Channels, height, width.
    pub(crate) shape: [u32; 3],
    /// Files with training images; for IDX, the file of images and the file of labels.
    pub(crate) train: Vec<DataFile>,
    /// Files with test images; for IDX, the file of images and the file of labels.
    pub(crate) test: Vec<DataFile>,
    /// Files to fetch.
    pub(crate) downloads: Vec<Download>,
}

/// Layout of a set's files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FileLayout {
    /// CIFAR's binary version: records of label bytes and pixels, packed in an archive.
    Cifar {
        /// Label bytes of a record; the last one is the label.
        label_bytes: usize,
    },
    /// MNIST's IDX: one file of images and one of labels, either of them gzipped or not.
    Idx,
}

/// A file that holds images or labels.
#[derive(Clone, Debug)]
pub(crate) struct DataFile {
    /// File name; an IDX file may have `.gz` after it.
    pub(crate) name: String,
    /// Size of the unpacked content in bytes.
    pub(crate) bytes: u64,
    /// Checksum of the unpacked content.
    pub(crate) checksum: ContentChecksum,
}

/// The checksum of a file's content, in hexadecimal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ContentChecksum {
    /// SHA-1, where no other is published. It stands against damage, not against forgery.
    Sha1(String),
    Sha256(String),
}

impl ContentChecksum {
    /// Says how the content differs, if it does.
    pub(crate) fn difference(&self, content: &[u8]) -> Option<String> {
        let (name, found, expected) = match self {
            ContentChecksum::Sha1(expected) => ("SHA-1", checksum::<sha1::Sha1>(content), expected),
            ContentChecksum::Sha256(expected) => {
                ("SHA-256", checksum::<sha2::Sha256>(content), expected)
            }
        };
        (found != *expected).then(|| format!("{name} {found} found, {expected} expected"))
    }
}

/// A file to fetch.
#[derive(Clone, Debug)]
pub(crate) struct Download {
    /// File name.
    pub(crate) name: String,
    /// Addresses, in the order in which they are tried.
    pub(crate) addresses: Vec<String>,
    /// Size in bytes.
    pub(crate) bytes: u64,
    /// Published MD5 in hexadecimal.
    pub(crate) md5: String,
}

impl PublishedSet {
    /// Facts of the set as published.
    pub(crate) fn facts(&self) -> DataFacts {
        let [channels, height, width] = self.shape;
        DataFacts {
            hash: self.identity(),
            classes: self.classes.iter().map(ToString::to_string).collect(),
            train_images: self.count_images(&self.train),
            test_images: self.count_images(&self.test),
            channels,
            height,
            width,
            validation_images: 0,
            loses_colour: false,
            reading: None,
        }
    }

    /// A hash of the published checksums.
    fn identity(&self) -> String {
        let checksums: Vec<&str> = self.downloads.iter().map(|d| d.md5.as_str()).collect();
        identity(&(self.name, checksums))
    }

    /// Number of images in `files`, by their sizes.
    pub(crate) fn count_images(&self, files: &[DataFile]) -> u32 {
        let pixels = self.pixels() as u64;
        match self.layout {
            FileLayout::Cifar { label_bytes } => {
                let record = label_bytes as u64 + pixels;
                files.iter().map(|f| f.bytes / record).sum::<u64>() as u32
            }
            // The header has 16 bytes.
            FileLayout::Idx => files
                .first()
                .map_or(0, |f| ((f.bytes - 16) / pixels) as u32),
        }
    }

    /// Bytes of one image.
    pub(crate) fn pixels(&self) -> usize {
        self.shape.iter().map(|&n| n as usize).product()
    }

    /// All files that hold images or labels.
    pub(crate) fn files(&self) -> impl Iterator<Item = &DataFile> {
        self.train.iter().chain(&self.test)
    }
}
