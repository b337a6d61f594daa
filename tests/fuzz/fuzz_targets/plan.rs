//! Whatever a file contains, planning it ends quickly, with little memory and without a panic.
//! `just fuzz` runs this.
#![no_main]

use convsweep_plan::{Overrides, PlanRequest, plan_request};
use convsweep_spec::data::{DataFacts, DataSpec};
use libfuzzer_sys::fuzz_target;
use std::path::Path;

/// Small images for every set, so that a file that is right otherwise is planned to the end.
fn facts(_: &DataSpec, _: Option<&Path>) -> Result<DataFacts, String> {
    let classes = (0..10).map(|class| class.to_string()).collect();
    Ok(DataFacts {
        hash: "fuzz".into(),
        classes,
        train_images: 1000,
        test_images: 100,
        channels: 3,
        height: 32,
        width: 32,
        validation_images: 0,
        loses_colour: false,
        reading: None,
    })
}

fuzz_target!(|bytes: &[u8]| {
    // Every included file has the same bytes, so that every include is a circle.
    let read = |_: &Path, _: u64| Ok(bytes.to_vec());
    let request = PlanRequest {
        file: Path::new("experiment.toml"),
        read: &read,
        overrides: &Overrides::default(),
        decisions: &[],
        lookup: &facts,
    };
    if let Err(problems) = plan_request(&request) {
        assert!(!problems.is_empty() && problems.to_string().contains("error"));
        assert_eq!(problems.lines().len(), problems.len());
    }
});
