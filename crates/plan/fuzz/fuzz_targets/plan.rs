//! Whatever stands in a file: an answer, quickly, in little memory, and never a panic. `just fuzz`
//! runs it.
#![no_main]

use convsweep_plan::{Overrides, plan_with};
use convsweep_spec::data::{DataFacts, DataSpec};
use libfuzzer_sys::fuzz_target;
use std::path::Path;

/// Small images for every set, so that whatever else fits is planned to the end.
fn facts(_: &DataSpec, _: Option<&Path>) -> Result<DataFacts, String> {
    let classes = (0..10).map(|class| class.to_string()).collect();
    Ok(DataFacts { hash: "fuzz".into(), classes, train_images: 1000, test_images: 100, channels: 3, height: 32, width: 32 })
}

fuzz_target!(|bytes: &[u8]| {
    // Every file that is included has the same bytes, so that whatever includes goes round in a
    // circle.
    let read = |_: &Path, _: u64| Ok(bytes.to_vec());
    if let Err(problems) = plan_with(Path::new("experiment.toml"), &read, &Overrides::default(), &[], &facts) {
        assert!(!problems.is_empty() && problems.to_string().contains("error"));
        assert_eq!(problems.lines().len(), problems.len());
    }
});
