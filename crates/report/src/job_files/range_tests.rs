//! The curves that learning-rate range tests leave in their jobs' folders.

use crate::ranking::{RankedConfiguration, Ranking};
use convsweep_spec::layout::{RANGE, ResultsFolder};
use convsweep_spec::range::RangeResult;
use std::path::Path;

/// The range tests of one configuration.
#[derive(Clone, Debug, PartialEq)]
pub struct RangeTests {
    /// The configuration's label.
    pub label: String,
    /// What each finished job found.
    pub results: Vec<RangeResult>,
}

/// Every range test of the experiment, in the order of the plan; empty for any other kind of
/// experiment. Missing and unreadable files are left out.
pub fn read_range_tests(ranking: &Ranking, results: &ResultsFolder) -> Vec<RangeTests> {
    let mut configurations: Vec<&RankedConfiguration> = ranking.configurations.iter().collect();
    configurations.sort_by_key(|c| c.row.member.position);
    let mut tests = Vec::new();
    for configuration in configurations {
        if !configuration.is_range_test() {
            continue;
        }
        let found: Vec<RangeResult> = configuration
            .finished()
            .filter_map(|run| read_result(&results.job(&run.job.job).join(RANGE)))
            .collect();
        if !found.is_empty() {
            tests.push(RangeTests {
                label: configuration.label().to_string(),
                results: found,
            });
        }
    }
    tests
}

fn read_result(path: &Path) -> Option<RangeResult> {
    let text = std::fs::read_to_string(path).ok()?;
    serde_json::from_str(&text).ok()
}
