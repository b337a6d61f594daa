//! Whatever the bytes of an image file are, it is decoded, left out as damaged, or refused as too
//! large: quickly and with little memory. `just fuzz` runs this.
#![no_main]

use convsweep_data::{DataErrorKind, Location, facts};
use convsweep_spec::data::{
    Damaged, DataSpec, ImageLimits, Resize, ResizeMethod, Source, Split, SplitScheme,
};
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

/// A set of two classes with one image each; the image that is fuzzed is added to the first.
static FOLDER: LazyLock<tempfile::TempDir> = LazyLock::new(|| {
    let folder = tempfile::tempdir_in("/dev/shm").expect("a temporary folder");
    for class in ["a", "b"] {
        let path = folder.path().join("set").join(class);
        std::fs::create_dir_all(&path).expect("a folder");
        std::fs::write(path.join("1.png"), include_bytes!("one-pixel.png")).expect("written");
    }
    folder
});

fuzz_target!(|bytes: &[u8]| {
    let set = FOLDER.path().join("set");
    std::fs::write(set.join("a/x.png"), with_header_check(bytes)).expect("written");
    let mut spec = DataSpec::new(Source::folder(), Split::new(SplitScheme::Validation(0.5), 1));
    spec.damaged = Damaged::Skip;
    spec.resize = Some(Resize {
        height: 4,
        width: 4,
        method: ResizeMethod::Crop,
    });
    let limits = ImageLimits {
        pixels: 1_000_000,
        ..ImageLimits::default()
    };
    let cache = FOLDER.path().join("cache");
    match facts(Location::new(&cache, Some(&set)).within(limits), &spec) {
        Ok(facts) => assert!((2..=3).contains(&facts.train_images)),
        Err(error) => assert_eq!(error.kind(), DataErrorKind::Invalid, "{error}"),
    }
    // Each whole image makes another set, which would be kept.
    let _ = std::fs::remove_dir_all(cache);
});

/// The bytes with a CRC-32 that fits the header, if they are a PNG file, so that what else is wrong
/// with it is found, too. The decoder ignores the other ones while it is fuzzed.
fn with_header_check(bytes: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    if bytes.starts_with(b"\x89PNG") && bytes.len() >= 33 {
        let check = crc32fast::hash(&bytes[12..29]);
        bytes[29..33].copy_from_slice(&check.to_be_bytes());
    }
    bytes
}
