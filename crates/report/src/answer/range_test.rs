//! What learning-rate range tests suggest, in words.

use crate::job_files::RangeTests;
use convsweep_spec::range::RangeResult;
use convsweep_spec::words::short;

/// A paragraph for each configuration, and what the test does not tell.
pub fn range_test_answer(tests: &[RangeTests]) -> Vec<String> {
    let mut paragraphs: Vec<String> = tests.iter().map(suggestion).collect();
    paragraphs.push(
        "A range test trains for a few steps only: it shows which rates train at all, not which \
         trains best in the end."
            .into(),
    );
    paragraphs
}

fn suggestion(tests: &RangeTests) -> String {
    let label = &tests.label;
    let Some(steepest) = rates(&tests.results, |r| r.steepest) else {
        return format!("{label}: the loss falls at no rate of the test, so it suggests none.");
    };
    let lowest = match rates(&tests.results, |r| r.lowest) {
        Some(rate) => format!(", lowest at {rate}"),
        None => String::new(),
    };
    let end = match rates(&tests.results, |r| r.exploded) {
        Some(rate) => format!(", exploding at {rate}"),
        None => ", and does not explode within the test".into(),
    };
    format!(
        "{label}: try a learning rate of {steepest}, where the loss falls fastest{lowest}{end}."
    )
}

/// A rate of all results in words, as a range if they differ; `None` if no result has it.
fn rates(results: &[RangeResult], rate: fn(&RangeResult) -> Option<f64>) -> Option<String> {
    let mut found: Vec<f64> = results.iter().filter_map(rate).collect();
    found.sort_by(f64::total_cmp);
    let (&first, &last) = (found.first()?, found.last()?);
    if first == last {
        Some(two_digits(first))
    } else {
        Some(format!("{} to {}", two_digits(first), two_digits(last)))
    }
}

/// A rate with two digits: a range test is not more precise.
fn two_digits(rate: f64) -> String {
    short(format!("{rate:.1e}").parse().unwrap_or(rate))
}
