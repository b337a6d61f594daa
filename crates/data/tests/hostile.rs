//! Image sets that hold what no image set should: each is refused by name, quickly and with little
//! memory.

#![allow(clippy::unwrap_used)]

mod common;

use common::mutation::{damaged, rounds};
use convsweep_data::{DataErrorKind, Location, facts, open};
use convsweep_spec::data::{
    Damaged, DataFacts, DataSpec, ImageLimits, Resize, ResizeMethod, Source, Split, SplitScheme,
};
use image::{DynamicImage, ImageFormat};
use std::fs::{self, File};
use std::io::{Cursor, Write};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// A set of two classes with two small images each; hostile files are added to it.
struct Set {
    folder: tempfile::TempDir,
    spec: DataSpec,
    limits: ImageLimits,
}

impl Set {
    fn new() -> Set {
        let folder = tempfile::tempdir().unwrap();
        for class in ["cat", "dog"] {
            fs::create_dir_all(folder.path().join("set").join(class)).unwrap();
            for i in 0..2 {
                let path = folder.path().join(format!("set/{class}/{i}.png"));
                fs::write(path, png(DynamicImage::new_rgb8(5, 4))).unwrap();
            }
        }
        let split = Split::new(SplitScheme::Validation(0.5), 1);
        Set {
            folder,
            spec: DataSpec::new(Source::folder(), split),
            limits: ImageLimits::default(),
        }
    }

    fn with_table(mut self) -> Set {
        self.spec.source = Source::Csv(convsweep_spec::data::ImageTable::new("path", "label"));
        self
    }

    /// Path of the file that is added.
    fn added(&self) -> PathBuf {
        self.folder.path().join("set/cat/x.png")
    }

    fn facts(&self, path: &Path) -> Result<DataFacts, convsweep_data::DataError> {
        let cache = self.folder.path().join("cache");
        facts(
            Location::new(&cache, Some(path)).within(self.limits),
            &self.spec,
        )
    }

    /// The set is refused within seconds, with a message that contains all of `expect`.
    fn is_refused(&self, path: &Path, kind: DataErrorKind, expect: &[&str]) {
        let start = Instant::now();
        let error = self.facts(path).unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        for part in expect {
            assert!(error.to_string().contains(part), "{error} lacks {part}");
        }
        assert!(
            start.elapsed() < Duration::from_secs(5),
            "{:?}",
            start.elapsed()
        );
        memory_is_small();
    }
}

fn png(image: DynamicImage) -> Vec<u8> {
    encoded(image, ImageFormat::Png)
}

fn encoded(image: DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    image.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// Fails if this process has ever used more than 500 MB.
fn memory_is_small() {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = peak.and_then(|text| text.trim().trim_end_matches(" kB").parse().ok());
    assert!(kilobytes.unwrap_or(0u64) < 500_000, "{kilobytes:?} kB");
}

fn pipe(path: &Path) {
    let made = std::process::Command::new("mkfifo").arg(path).status();
    assert!(made.unwrap().success());
}

fn sparse(path: &Path) {
    File::create(path).unwrap().set_len(20 << 30).unwrap();
}

/// A PNG of a chunk of each given kind, with right checksums.
fn png_of(chunks: &[(&[u8; 4], Vec<u8>)]) -> Vec<u8> {
    let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
    for (kind, data) in chunks {
        png.extend((data.len() as u32).to_be_bytes());
        let from = png.len();
        png.extend(kind.as_slice());
        png.extend(data);
        let checksum = crc32fast::hash(&png[from..]);
        png.extend(checksum.to_be_bytes());
    }
    png
}

fn png_header(width: u32, height: u32, bits: u8, interlaced: bool) -> Vec<u8> {
    let mut header = [width.to_be_bytes(), height.to_be_bytes()].concat();
    header.extend([bits, 6, 0, 0, u8::from(interlaced)]);
    header
}

fn compressed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A small JPEG whose header says that it is of another size and kind.
fn jpeg_of(size: u16, marker: u8) -> Vec<u8> {
    let mut jpeg = encoded(DynamicImage::new_rgb8(8, 8), ImageFormat::Jpeg);
    let frame = jpeg
        .windows(2)
        .position(|pair| pair == [0xFF, 0xC0])
        .unwrap();
    jpeg[frame + 1] = marker;
    for at in [frame + 5, frame + 7] {
        jpeg[at..at + 2].copy_from_slice(&size.to_be_bytes());
    }
    jpeg
}

#[test]
fn what_is_no_file_is_damaged_and_not_opened() {
    let check = |make: &dyn Fn(&Path), expect: &str| {
        let mut set = Set::new();
        make(&set.added());
        let root = set.folder.path().join("set");
        set.is_refused(&root, DataErrorKind::Damaged, &["cat/x.png", expect]);
        // It is left out like any other damaged image.
        set.spec.damaged = Damaged::Skip;
        assert_eq!(set.facts(&root).unwrap().train_images, 4, "{expect}");
    };
    check(&pipe, "is a named pipe, not a file");
    check(
        &|path| symlink("/dev/zero", path).unwrap(),
        "is a device, not a file",
    );
    let socket = |path: &Path| drop(std::os::unix::net::UnixListener::bind(path).unwrap());
    check(&socket, "is a socket, not a file");
    check(
        &|path| symlink("gone.png", path).unwrap(),
        "is a link to a file that is not there",
    );
}

#[test]
fn links_in_a_circle_are_refused_or_counted() {
    let set = Set::new();
    symlink(set.added(), set.added()).unwrap();
    let root = set.folder.path().join("set");
    set.is_refused(
        &root,
        DataErrorKind::Damaged,
        &["cat/x.png", "a circle of links", "data.damaged"],
    );
    for target in [".", "..", "../../set", "../dog"] {
        let set = Set::new();
        symlink(target, set.folder.path().join("set/cat/again")).unwrap();
        let facts = set.facts(&set.folder.path().join("set")).unwrap();
        assert_eq!(facts.train_images, 4, "{target}");
        let left_out = facts.reading.unwrap().left_out.clone();
        let found = (left_out[0].count, left_out[0].examples.as_slice());
        assert_eq!(found, (1, ["cat/again/".to_string()].as_slice()));
    }
}

#[test]
fn tables_that_are_no_files_are_refused() {
    let check = |make: &dyn Fn(&Path), kind: DataErrorKind, expect: &str| {
        let set = Set::new().with_table();
        let table = set.folder.path().join("table.csv");
        make(&table);
        set.is_refused(&table, kind, &["table.csv", expect]);
    };
    check(&pipe, DataErrorKind::Io, "it is a named pipe");
    check(
        &|path| fs::create_dir(path).unwrap(),
        DataErrorKind::Io,
        "it is a folder",
    );
    check(
        &|path| symlink("/dev/zero", path).unwrap(),
        DataErrorKind::Io,
        "it is a device",
    );
    check(&sparse, DataErrorKind::Io, "at most 1073741824 are read");
    check(&|_| (), DataErrorKind::Missing, "there is no such CSV file");
    let set = Set::new().with_table();
    let table = set.folder.path().join("table.csv");
    pipe(&table.with_file_name("p.png"));
    fs::write(&table, "path,label\np.png,a\nset/cat/0.png,b\n").unwrap();
    set.is_refused(
        &table,
        DataErrorKind::Damaged,
        &["p.png", "is a named pipe"],
    );
}

#[test]
fn files_and_images_beyond_the_limits_are_refused_whole() {
    let check = |write: &dyn Fn(&Path), expect: &[&str]| {
        for damaged in [Damaged::Refuse, Damaged::Skip] {
            let mut set = Set::new();
            set.spec.damaged = damaged;
            write(&set.added());
            let root = set.folder.path().join("set");
            set.is_refused(&root, DataErrorKind::Invalid, expect);
        }
    };
    check(
        &sparse,
        &[
            "cat/x.png",
            "21.5 GB",
            "at most 256,000,000",
            "data.max_file_bytes",
        ],
    );
    let pixels = [
        "cat/x.png",
        "65535×65535 = 4,294,836,225 pixels",
        "data.max_pixels",
    ];
    for marker in [0xC0, 0xC2] {
        check(
            &|path| fs::write(path, jpeg_of(65_535, marker)).unwrap(),
            &pixels,
        );
    }
    for (bits, interlaced) in [(8, false), (16, true)] {
        let header = png_header(65_535, 65_535, bits, interlaced);
        let data = compressed(&[0; 1000]);
        let png = png_of(&[(b"IHDR", header), (b"IDAT", data), (b"IEND", vec![])]);
        check(&|path| fs::write(path, &png).unwrap(), &pixels);
    }
}

#[test]
fn limits_are_those_of_the_experiment() {
    let mut set = Set::new();
    let root = set.folder.path().join("set");
    fs::write(set.added(), png(DynamicImage::new_rgb8(30, 20))).unwrap();
    set.spec.resize = Some(Resize {
        height: 4,
        width: 4,
        method: ResizeMethod::Squash,
    });
    let before = set.facts(&root).unwrap();
    // Also for a file that was looked at under other limits.
    set.limits.pixels = 599;
    set.is_refused(
        &root,
        DataErrorKind::Invalid,
        &["20×30 = 600 pixels", "at most 599"],
    );
    set.limits.pixels = 600;
    assert_eq!(
        set.facts(&root).unwrap(),
        before,
        "limits change nothing in a set"
    );
    set.limits.bytes = 10;
    set.is_refused(&root, DataErrorKind::Invalid, &["data.max_file_bytes"]);
    set.limits = ImageLimits::default();
    set.limits.pixels = 119;
    set.is_refused(&root, DataErrorKind::Invalid, &["20×30"]);
}

#[test]
fn a_very_wide_image_is_resized_in_little_memory() {
    let mut set = Set::new();
    let root = set.folder.path().join("set");
    fs::write(set.added(), png(DynamicImage::new_luma8(2_000_000, 1))).unwrap();
    for method in [ResizeMethod::Squash, ResizeMethod::Crop, ResizeMethod::Pad] {
        set.spec.resize = Some(Resize {
            height: 64,
            width: 64,
            method,
        });
        let cache = set.folder.path().join("cache");
        let opened = open(Location::new(&cache, Some(&root)), &set.spec).unwrap();
        assert_eq!(opened.train().len(), 5);
    }
    memory_is_small();
}

#[test]
fn an_image_whose_decoder_needs_too_much_memory_is_refused() {
    let mut set = Set::new();
    let root = set.folder.path().join("set");
    let jpeg = jpeg_of(9000, 0xC2);
    fs::write(set.added(), &jpeg).unwrap();
    let needed = 9000 * 9000 * 9 + jpeg.len() as u64;
    let expect = [
        "cat/x.png",
        "81 megapixels",
        "729 MB",
        "at most 400 MB",
        "data.max_pixels to 182,250,",
    ];
    set.is_refused(&root, DataErrorKind::Invalid, &expect);
    // The limit that the message names is one at which it is decoded.
    set.limits.pixels = needed.div_ceil(4) - 1;
    set.is_refused(&root, DataErrorKind::Invalid, &["81 megapixels"]);
    memory_is_small();
}

#[test]
fn chunks_that_unpack_to_much_more_are_not_unpacked() {
    let bomb = compressed(&vec![0; 300 << 20]);
    for kind in [b"iCCP", b"zTXt"] {
        let mut set = Set::new();
        let chunk = [b"name\0\0".as_slice(), &bomb].concat();
        let pixels = compressed(&[0; 4 * 21]);
        let png = png_of(&[
            (b"IHDR", png_header(5, 4, 8, false)),
            (kind, chunk),
            (b"IDAT", pixels),
            (b"IEND", vec![]),
        ]);
        fs::write(set.added(), png).unwrap();
        set.spec.damaged = Damaged::Skip;
        let images = set
            .facts(&set.folder.path().join("set"))
            .unwrap()
            .train_images;
        assert!(
            (4..=5).contains(&images),
            "read without the profile or left out"
        );
        memory_is_small();
    }
}

/// Whatever the bytes of an image are, it is decoded or called damaged, and another look says the
/// same.
#[test]
fn damaged_images_are_decoded_or_left_out() {
    let mut set = Set::new();
    set.spec.damaged = Damaged::Skip;
    set.limits.pixels = 1_000_000;
    set.spec.resize = Some(Resize {
        height: 4,
        width: 4,
        method: ResizeMethod::Crop,
    });
    let picture = image::RgbImage::from_fn(24, 17, |x, y| image::Rgb([(x * 9) as u8, y as u8, 70]));
    let picture = DynamicImage::from(picture);
    let originals = [
        png(picture.clone()),
        png(picture.to_rgba16().into()),
        png(picture.to_luma8().into()),
        encoded(picture.clone(), ImageFormat::Jpeg),
        encoded(picture.to_luma8().into(), ImageFormat::Jpeg),
        jpeg_of(24, 0xC2),
        png_of(&[
            (b"IHDR", png_header(5, 4, 16, true)),
            (b"tEXt", b"name\0text".to_vec()),
            (b"IDAT", compressed(&[3; 400])),
            (b"IEND", vec![]),
        ]),
    ];
    let root = set.folder.path().join("set");
    damaged(&originals, rounds(1500), |round, bytes| {
        fs::write(set.added(), bytes).unwrap();
        match set.facts(&root) {
            Ok(facts) => assert!((4..=5).contains(&facts.train_images), "round {round}"),
            Err(error) => assert_eq!(
                error.kind(),
                DataErrorKind::Invalid,
                "round {round}: {error}"
            ),
        }
    });
    memory_is_small();
}

/// A flipped digit in the kept scans is not trusted: the images are looked at again.
#[test]
fn a_damaged_manifest_is_made_anew() {
    let set = Set::new();
    let root = set.folder.path().join("set");
    let facts = set.facts(&root).unwrap();
    let folder = set.folder.path().join("cache/manifests");
    let files = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let path = files
        .into_iter()
        .find(|path| path.extension() == Some("json".as_ref()))
        .unwrap();
    let whole = fs::read(&path).unwrap();
    let digit = whole
        .windows(8)
        .position(|text| text == b"\"height\"")
        .unwrap()
        + 9;
    for (at, value) in [(digit, b'7'), (3, b'x')] {
        let mut damaged = whole.clone();
        damaged[at] = value;
        fs::write(&path, damaged).unwrap();
        assert_eq!(set.facts(&root).unwrap(), facts);
    }
    // One without a hash, of an earlier version.
    fs::write(&path, &whole[65..]).unwrap();
    assert_eq!(set.facts(&root).unwrap(), facts);
    let again = fs::read(&path).unwrap();
    assert_eq!(again.len(), whole.len(), "it has its hash again");
}

/// The inputs that fuzzing starts from; failures that it finds are added to them.
fn fuzzed(target: &str) -> Vec<Vec<u8>> {
    let folder = format!(
        "{}/../../tests/fuzz/corpus/{target}",
        env!("CARGO_MANIFEST_DIR")
    );
    let files = fs::read_dir(folder).unwrap();
    files
        .map(|file| fs::read(file.unwrap().path()).unwrap())
        .collect()
}

#[test]
fn what_fuzzing_started_from_or_found_is_read_or_refused() {
    let mut set = Set::new();
    set.spec.damaged = Damaged::Skip;
    set.spec.resize = Some(Resize {
        height: 4,
        width: 4,
        method: ResizeMethod::Crop,
    });
    let root = set.folder.path().join("set");
    let (mut images, mut refused) = (0, 0);
    for bytes in fuzzed("images") {
        fs::write(set.added(), bytes).unwrap();
        match set.facts(&root) {
            Ok(facts) => images += facts.train_images - 4,
            Err(error) => refused += u32::from(error.kind() == DataErrorKind::Invalid),
        }
    }
    assert!(
        images >= 4 && refused >= 1,
        "{images} read, {refused} refused"
    );
    let set = Set::new().with_table();
    let table = set.folder.path().join("table.csv");
    for bytes in fuzzed("table") {
        fs::write(&table, bytes).unwrap();
        assert!(set.facts(&table).is_err(), "no image is there");
    }
    memory_is_small();
}

/// Whatever the bytes of a table are, its images are listed or it is refused with its name.
#[test]
fn damaged_tables_are_read_or_refused() {
    let set = Set::new().with_table();
    let table = set.folder.path().join("table.csv");
    let originals = [
        b"path,label\nset/cat/0.png,cat\nset/dog/0.png,dog\n\"set/cat/1.png\",\"a \"\"cat\"\"\"\n"
            .to_vec(),
        b"\xEF\xBB\xBFlabel;path\n1;set/cat/0.png\n".to_vec(),
        b"path,label\r\nset/cat/0.png,1\r\nset/dog/0.png,2\r\n".to_vec(),
    ];
    damaged(&originals, rounds(1500), |round, bytes| {
        fs::write(&table, bytes).unwrap();
        if let Err(error) = set.facts(&table) {
            let text = error.to_string();
            assert!(text.contains('/'), "round {round}: {text}");
        }
    });
}
