//! Whatever the bytes of a table are, its images are listed or it is refused.
//! `just fuzz` runs this.
#![no_main]

use convsweep_data::{Location, facts};
use convsweep_spec::data::{Damaged, DataSpec, Source, Split, SplitScheme};
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

static FOLDER: LazyLock<tempfile::TempDir> = LazyLock::new(|| {
    let folder = tempfile::tempdir_in("/dev/shm").expect("a temporary folder");
    std::fs::write(folder.path().join("1.png"), include_bytes!("one-pixel.png")).expect("written");
    folder
});

fuzz_target!(|bytes: &[u8]| {
    let table = FOLDER.path().join("table.csv");
    std::fs::write(&table, bytes).expect("written");
    let source = Source::Csv(convsweep_spec::data::ImageTable::new("path", "label"));
    let mut spec = DataSpec::new(source, Split::new(SplitScheme::Validation(0.5), 1));
    spec.damaged = Damaged::Skip;
    let cache = FOLDER.path().join("cache");
    if let Err(error) = facts(Location::new(&cache, Some(&table)), &spec) {
        assert!(!error.to_string().is_empty());
    }
    // Each whole table makes another set, which would be kept.
    let _ = std::fs::remove_dir_all(cache);
});
