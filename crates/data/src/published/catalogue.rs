//! The published sets: files, sizes, checksums, addresses.

use super::class_names;
use super::set::{ContentChecksum, DataFile, Download, FileLayout, PublishedSet};
use convsweep_spec::data::Source;

/// The published set behind `source`; `None` for folders, CSV tables and generated shapes.
pub(crate) fn published_set(source: &Source) -> Option<PublishedSet> {
    match source {
        Source::Cifar10 => Some(cifar10()),
        Source::Cifar100 => Some(cifar100()),
        Source::Mnist => Some(mnist()),
        Source::FashionMnist => Some(fashion_mnist()),
        Source::Folder(_) | Source::Csv(_) | Source::Shapes(_) => None,
    }
}

/// A data file with the SHA-256 of its content.
fn file(name: &str, bytes: u64, sha256: &str) -> DataFile {
    DataFile {
        name: name.to_string(),
        bytes,
        checksum: ContentChecksum::Sha256(sha256.to_string()),
    }
}

/// A data file with the SHA-1 of its content.
fn file_with_sha1(name: &str, bytes: u64, sha1: &str) -> DataFile {
    DataFile {
        name: name.to_string(),
        bytes,
        checksum: ContentChecksum::Sha1(sha1.to_string()),
    }
}

/// A download that each of the mirrors offers under its base address.
fn download(mirrors: &[&str], name: &str, bytes: u64, md5: &str) -> Download {
    let addresses = mirrors
        .iter()
        .map(|mirror| format!("{mirror}{name}"))
        .collect();
    Download {
        name: name.to_string(),
        addresses,
        bytes,
        md5: md5.to_string(),
    }
}

const TORONTO: &str = "https://www.cs.toronto.edu/~kriz/";

fn cifar10() -> PublishedSet {
    const BYTES: u64 = 30_730_000;
    PublishedSet {
        name: "cifar10",
        folder: "cifar-10-batches-bin",
        layout: FileLayout::Cifar { label_bytes: 1 },
        classes: class_names::CIFAR10.to_vec(),
        shape: [3, 32, 32],
        train: vec![
            file(
                "data_batch_1.bin",
                BYTES,
                "cee916563c9f80d84e3cc88e17fdc0941787f1244f00a67874d45b261883ada5",
            ),
            file(
                "data_batch_2.bin",
                BYTES,
                "a591ca11fa1708a91ee40f54b3da4784ccd871ecf2137de63f51ada8b3fa57ed",
            ),
            file(
                "data_batch_3.bin",
                BYTES,
                "bbe8596564c0f86427f876058170b84dac6670ddf06d79402899d93ceea26f67",
            ),
            file(
                "data_batch_4.bin",
                BYTES,
                "014e562d6e23c72197cc727519169a60359f5eccd8945ad5a09d710285ff4e48",
            ),
            file(
                "data_batch_5.bin",
                BYTES,
                "755304fc0b379caeae8c14f0dac912fbc7d6cd469eb67a1029a08a39453a9add",
            ),
        ],
        test: vec![file(
            "test_batch.bin",
            BYTES,
            "8e2eb146ae340b09e24670f29cabc6326dba54da8789dab6768acf480273f65b",
        )],
        downloads: vec![download(
            &[TORONTO],
            "cifar-10-binary.tar.gz",
            170_052_171,
            "c32a1d4ab5d03f1284b67883e8d87530",
        )],
    }
}

/// The checksums of CIFAR-100's files are those that Apache MXNet publishes (`gluon.data.vision`).
/// Its checksums of CIFAR-10's files are those of the files above.
fn cifar100() -> PublishedSet {
    PublishedSet {
        name: "cifar100",
        folder: "cifar-100-binary",
        layout: FileLayout::Cifar { label_bytes: 2 },
        classes: class_names::CIFAR100.to_vec(),
        shape: [3, 32, 32],
        train: vec![file_with_sha1(
            "train.bin",
            153_700_000,
            "e207cd2e05b73b1393c74c7f5e7bea451d63e08e",
        )],
        test: vec![file_with_sha1(
            "test.bin",
            30_740_000,
            "8fb6623e830365ff53cf14adec797474f5478006",
        )],
        downloads: vec![download(
            &[TORONTO],
            "cifar-100-binary.tar.gz",
            168_513_733,
            "03b5dce01913d631647c71ecec9e9cb8",
        )],
    }
}

fn mnist() -> PublishedSet {
    let mirrors = [
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
    ];
    PublishedSet {
        name: "mnist",
        folder: "mnist",
        layout: FileLayout::Idx,
        classes: class_names::DIGITS.to_vec(),
        shape: [1, 28, 28],
        train: vec![
            file(
                "train-images-idx3-ubyte",
                47_040_016,
                "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
            ),
            file(
                "train-labels-idx1-ubyte",
                60_008,
                "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
            ),
        ],
        test: vec![
            file(
                "t10k-images-idx3-ubyte",
                7_840_016,
                "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
            ),
            file(
                "t10k-labels-idx1-ubyte",
                10_008,
                "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
            ),
        ],
        downloads: vec![
            download(
                &mirrors,
                "train-images-idx3-ubyte.gz",
                9_912_422,
                "f68b3c2dcbeaaa9fbdd348bbdeb94873",
            ),
            download(
                &mirrors,
                "train-labels-idx1-ubyte.gz",
                28_881,
                "d53e105ee54ea40749a09fcbcd1e9432",
            ),
            download(
                &mirrors,
                "t10k-images-idx3-ubyte.gz",
                1_648_877,
                "9fb629c4189551a2d022fa330f9573f3",
            ),
            download(
                &mirrors,
                "t10k-labels-idx1-ubyte.gz",
                4_542,
                "ec29112dd5afa0611ce80d1b7f02629c",
            ),
        ],
    }
}

fn fashion_mnist() -> PublishedSet {
    let mirrors = ["http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/"];
    PublishedSet {
        name: "fashion-mnist",
        folder: "fashion-mnist",
        layout: FileLayout::Idx,
        classes: class_names::FASHION.to_vec(),
        shape: [1, 28, 28],
        train: vec![
            file(
                "train-images-idx3-ubyte",
                47_040_016,
                "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
            ),
            file(
                "train-labels-idx1-ubyte",
                60_008,
                "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
            ),
        ],
        test: vec![
            file(
                "t10k-images-idx3-ubyte",
                7_840_016,
                "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
            ),
            file(
                "t10k-labels-idx1-ubyte",
                10_008,
                "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
            ),
        ],
        downloads: vec![
            download(
                &mirrors,
                "train-images-idx3-ubyte.gz",
                26_421_880,
                "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
            ),
            download(
                &mirrors,
                "train-labels-idx1-ubyte.gz",
                29_515,
                "25c81989df183df01b3e8a0aad5dffbe",
            ),
            download(
                &mirrors,
                "t10k-images-idx3-ubyte.gz",
                4_422_102,
                "bef4ecab320f06d8554ea6380940ec79",
            ),
            download(
                &mirrors,
                "t10k-labels-idx1-ubyte.gz",
                5_148,
                "bb300cfdad3c16e7a12a480ee83cd310",
            ),
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_of_images_and_classes() {
        let check = |source: Source, expect: (u32, u32, usize)| {
            let facts = published_set(&source).expect("a published set").facts();
            assert_eq!(
                (facts.train_images, facts.test_images, facts.classes.len()),
                expect,
                "{}",
                source.name()
            );
        };
        check(Source::Cifar10, (50_000, 10_000, 10));
        check(Source::Cifar100, (50_000, 10_000, 100));
        check(Source::Mnist, (60_000, 10_000, 10));
        check(Source::FashionMnist, (60_000, 10_000, 10));
    }

    /// These strings are part of every job's identity: they must never change.
    #[test]
    fn hashes_do_not_change() {
        let hash = |source: Source| {
            published_set(&source)
                .expect("a published set")
                .facts()
                .hash
        };
        let hashes = [
            Source::Cifar10,
            Source::Cifar100,
            Source::Mnist,
            Source::FashionMnist,
        ]
        .map(hash);
        assert_eq!(
            hashes,
            [
                "7f6309c9eede4103863cbceef97b556b",
                "80aee0afe352083a3d9f91d5161105f3",
                "e200a755a72ad22fc5c6d4788366d4f4",
                "cabf33849587a867234ff948e724c0b0"
            ]
        );
    }
}
