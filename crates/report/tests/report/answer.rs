//! The answer's words.

use crate::synthetic::Synthetic;
use crate::synthetic::cases::{self, six};
use convsweep_report::answer::{answer, range_test_answer};
use convsweep_report::job_files::RangeTests;
use convsweep_report::ranking::Ranking;
use convsweep_spec::range::RangeResult;
use convsweep_store::ExperimentRows;

fn words(rows: &ExperimentRows) -> String {
    answer(&Ranking::new(rows)).join("\n")
}

fn assert_contains(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "{part:?} is not in {text:?}");
    }
}

#[test]
fn one_seed_allows_no_conclusion() {
    let text = words(&cases::two().rows());
    let expected = ["with one seed nothing can be said", "McNemar p "];
    assert_contains(&text, &expected);
    assert!(!text.contains("unlikely to be noise"), "{text}");
    assert!(!text.contains('±'), "{text}");
}

#[test]
fn a_clear_difference_is_unlikely_to_be_noise() {
    let clear = Synthetic {
        seeds: 5,
        noise: 0.0005,
        ..Synthetic::default()
    };
    let expected = [
        "pool=average has the highest validation accuracy of 2 configurations",
        "unlikely to be noise (paired over 5 seeds",
    ];
    assert_contains(&words(&clear.rows()), &expected);
}

#[test]
fn an_unclear_difference_could_be_noise() {
    let unclear = Synthetic {
        noise: 0.2,
        ..Synthetic::default()
    };
    assert_contains(&words(&unclear.rows()), &["it could be noise"]);
}

#[test]
fn folds_are_mentioned_instead_of_seeds() {
    let text = words(&cases::folds().rows());
    let expected = [
        "validation folds",
        "Folds share training images",
        "over 5 folds",
    ];
    assert_contains(&text, &expected);
    assert!(!text.contains("5 seeds"), "{text}");
}

#[test]
fn the_effects_of_the_axes_are_told_with_their_sizes() {
    let rows = six().rows();
    let text = axes_paragraph(&rows).expect("two axes");
    let gain = mean_with(&rows, "optimizer=adam") - mean_with(&rows, "optimizer=sgd");
    let (low, high) = if gain > 0.0 {
        ("sgd", "adam")
    } else {
        ("adam", "sgd")
    };
    let size = 100.0 * gain.abs();
    let part = format!("by {size:.2} percentage points (from {low} to {high})");
    assert_contains(&text, &[&part]);
    assert_eq!(text.matches("moves it most").count(), 1, "{text}");
}

#[test]
fn effects_that_are_not_comparable_are_not_told() {
    let mut rows = six().rows();
    // Without one of the configurations, not all values are combined with the same others.
    rows.configurations.pop();
    assert_eq!(axes_paragraph(&rows), None);
    assert_eq!(axes_paragraph(&cases::two().rows()), None);
}

fn axes_paragraph(rows: &ExperimentRows) -> Option<String> {
    let paragraphs = answer(&Ranking::new(rows));
    let mut found = paragraphs.into_iter();
    found.find(|paragraph| paragraph.starts_with("Averaged over"))
}

/// Mean over the three configurations whose label contains `value`.
fn mean_with(rows: &ExperimentRows, value: &str) -> f64 {
    let ranking = Ranking::new(rows);
    let configurations = ranking.configurations.iter();
    let with_value = configurations.filter(|c| c.label().contains(value));
    let means: Vec<f64> = with_value.filter_map(|c| Some(c.score?.mean)).collect();
    assert_eq!(means.len(), 3);
    means.iter().sum::<f64>() / 3.0
}

#[test]
fn range_tests_suggest_rates() {
    let result = |steepest, exploded| RangeResult {
        points: vec![],
        smoothed: vec![],
        steepest,
        lowest: Some(0.02),
        exploded,
    };
    let check = |results: Vec<RangeResult>, expected: &str| {
        let label = "lr".to_string();
        let paragraphs = range_test_answer(&[RangeTests { label, results }]);
        assert_eq!(paragraphs[0], expected);
        assert!(paragraphs[1].starts_with("A range test trains for a few steps only"));
    };
    check(
        vec![result(Some(0.00123), Some(1.0)), result(Some(0.002), None)],
        "lr: try a learning rate of 0.0012 to 0.002, where the loss falls fastest, lowest at \
         0.02, exploding at 1.",
    );
    check(
        vec![result(Some(0.002), None)],
        "lr: try a learning rate of 0.002, where the loss falls fastest, lowest at 0.02, and does \
         not explode within the test.",
    );
    check(
        vec![result(None, None)],
        "lr: the loss falls at no rate of the test, so it suggests none.",
    );
}
