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
    let expected = [
        "With one seed of each configuration nothing is known",
        "no two configurations can be told apart; train 3 or more",
    ];
    assert_contains(&text, &expected);
    assert!(!text.contains("surely"), "{text}");
    assert!(!text.contains('±'), "{text}");
}

#[test]
fn a_clear_difference_is_sure() {
    let clear = Synthetic {
        seeds: 5,
        noise: 0.0005,
        ..Synthetic::default()
    };
    let expected = [
        "pool=average has the highest validation accuracy of 2 configurations",
        "It is better than pool=max, surely so with 5 seeds.",
    ];
    assert_contains(&words(&clear.rows()), &expected);
}

#[test]
fn an_unclear_difference_is_not_told_as_one() {
    let unclear = Synthetic {
        noise: 0.2,
        ..Synthetic::default()
    };
    let expected = ["cannot be told from it with 3 seeds."];
    assert_contains(&words(&unclear.rows()), &expected);
}

#[test]
fn folds_are_mentioned_instead_of_seeds() {
    let text = words(&cases::folds().rows());
    assert_contains(&text, &["5 folds"]);
    assert!(!text.contains("5 seeds"), "{text}");
}

/// The page and the terminal say what the database and `verdict` say, and then only what the test
/// images show.
#[test]
fn the_answer_is_that_of_the_answers() {
    let rows = six().rows();
    let ranking = Ranking::new(&rows);
    let sentences = ranking.answers.sentences();
    let paragraphs = answer(&ranking);
    let (said, rest) = paragraphs.split_at(sentences.len());
    assert_eq!(said, sentences);
    assert!(rest.iter().all(|p| p.starts_with("On the test images")));
    assert_eq!(rest.len(), 1);
    let axes = sentences.iter().filter(|s| s.contains("matters most"));
    assert_eq!(axes.count(), 1, "{sentences:?}");
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
