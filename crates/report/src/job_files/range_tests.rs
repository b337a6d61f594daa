//! The curves that learning-rate range tests leave in their jobs' folders.

use super::whole_file;
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
/// experiment. Missing and damaged files are left out; a sentence for each says so.
pub fn read_range_tests(
    ranking: &Ranking,
    results: &ResultsFolder,
) -> (Vec<RangeTests>, Vec<String>) {
    let mut problems = Vec::new();
    let mut configurations: Vec<&RankedConfiguration> = ranking.configurations.iter().collect();
    configurations.sort_by_key(|c| c.row.member.position);
    let mut tests = Vec::new();
    for configuration in configurations {
        if !configuration.is_range_test() {
            continue;
        }
        let mut found = Vec::new();
        for run in configuration.finished() {
            let (job, hash) = (&run.job.job, run.job.hashes.get(RANGE));
            match read_result(&results.job(job).join(RANGE), hash.map(String::as_str)) {
                Ok(result) => found.push(result),
                Err(error) => problems.push(format!(
                    "The range test of job {job} is left out: its curve cannot be read ({error})."
                )),
            }
        }
        if !found.is_empty() {
            tests.push(RangeTests {
                label: configuration.label().to_string(),
                results: found,
            });
        }
    }
    (tests, problems)
}

fn read_result(path: &Path, hash: Option<&str>) -> std::io::Result<RangeResult> {
    let bytes = whole_file::read(path, hash)?;
    Ok(serde_json::from_slice(&bytes)?)
}
