//! Sweeps that have no answer, or only part of one: each has its own sentence.

use crate::made::{Made, ended, finished};
use convsweep_answers::RunEnd;
use convsweep_spec::id::ConfigurationId;
use convsweep_spec::metric::{Metric, VAL_LOSS};
use convsweep_spec::task::{RangeTest, Task};

const PLAIN: &[(&str, &[&str])] = &[("norm", &["plain", "batch"])];

#[test]
fn without_results_there_is_no_answer() {
    Made::new(&[]).says(&["There is no answer yet: none of 0 jobs has finished."]);
    let waiting = || vec![ended(0, RunEnd::Waiting), ended(1, RunEnd::Failed)];
    let none = Made::new(PLAIN)
        .with_runs(&["plain"], waiting())
        .with_runs(&["batch"], waiting());
    none.says(&["There is no answer yet: none of 4 jobs has finished."]);
    let silent = Made::new(PLAIN).with_runs(&["plain"], vec![ended(0, RunEnd::Finished)]);
    silent.says(&["1 of 1 job finished, but none recorded a finite validation accuracy"]);
    let not_a_number = Made::new(PLAIN).with(&["plain"], &[f64::NAN, f64::INFINITY]);
    not_a_number.says(&["2 of 2 jobs finished, but none recorded a finite"]);
}

#[test]
fn range_tests_are_not_compared() {
    let mut made = Made::new(PLAIN).with_runs(&["plain"], vec![ended(0, RunEnd::Finished)]);
    let test = RangeTest {
        from: 1e-6,
        steps: 100,
    };
    made.0.configurations[0].resolved.task = Task::RangeTest(test);
    made.says(&["Learning-rate range tests are not compared: `convsweep report made` shows"]);
}

#[test]
fn one_configuration_is_compared_with_nothing() {
    Made::new(PLAIN).with(&["plain"], &[0.70, 0.72, 0.71]).says(&[
        "plain reaches a validation accuracy of 71.00 % (95 % interval 68.52 to 73.48, 3 seeds). \
         It is the only configuration",
    ]);
    let other = Made::new(PLAIN)
        .with(&["plain"], &[0.70, 0.72])
        .with_runs(&["batch"], vec![ended(0, RunEnd::Waiting)]);
    other.says(&["No other configuration has a result yet"]);
}

#[test]
fn one_seed_says_nothing_of_configurations() {
    let made = Made::new(PLAIN)
        .with(&["plain"], &[0.5])
        .with(&["batch"], &[0.9]);
    made.says(&[
        "batch has the highest validation accuracy of 2 configurations: 90.00 % (1 seed).",
        "With one seed of each configuration nothing is known of how much seeds differ",
    ]);
}

#[test]
fn equal_results_are_called_equal() {
    let made = Made::new(PLAIN)
        .with(&["plain"], &[0.5, 0.5, 0.5])
        .with(&["batch"], &[0.5, 0.5, 0.5]);
    made.says(&["All 2 configurations have the same validation accuracy: 50.00 % (3 seeds)."]);
    let repeating = Made::new(PLAIN)
        .with(&["plain"], &[0.5, 0.5, 0.5])
        .with(&["batch"], &[0.6, 0.6, 0.6]);
    repeating.says(&["each gives the same result for every seed"]);
}

#[test]
fn numbers_of_seeds_may_differ() {
    let made = Made::new(PLAIN)
        .with(&["plain"], &[0.50, 0.52, 0.51, 0.53])
        .with(&["batch"], &[0.90]);
    made.says(&[
        "batch has the highest",
        "(1 seed)",
        "since batch has one seed only",
    ]);
    let pair = made.answers().pairs[0];
    assert_eq!(pair.runs, (1, 4));
    assert!(
        pair.result.interval.is_none(),
        "one variance teaches nothing about another"
    );
    // With a third configuration there is something to learn from.
    let axes: &[(&str, &[&str])] = &[("norm", &["plain", "batch", "group"])];
    let made = Made::new(axes)
        .with(&["plain"], &[0.50, 0.52, 0.51, 0.53])
        .with(&["batch"], &[0.90])
        .with(&["group"], &[0.60, 0.62, 0.61]);
    made.says(&["batch has the highest"]);
    assert!(made.answers().pairs[0].result.interval.is_some());
}

#[test]
fn a_baseline_without_a_result_is_no_comparison() {
    let mut made = Made::new(PLAIN)
        .with_runs(&["plain"], vec![ended(0, RunEnd::Failed)])
        .with(&["batch"], &[0.8, 0.81]);
    made.0.baseline = Some(ConfigurationId("c0".into()));
    made.says(&["batch reaches", "No other configuration has a result"]);
    let answers = made.answers();
    assert!(answers.without_result[0].is_baseline);
    let sentences = answers.sentences();
    let said = sentences.iter().filter(|s| s.contains("has no result"));
    assert_eq!(said.count(), 1, "{sentences:?}");
    assert_eq!(answers.without_result[0].failed, 1);
    made.0.baseline = Some(ConfigurationId("elsewhere".into()));
    assert_eq!(made.answers().baseline(), None);
}

#[test]
fn losses_are_better_where_they_are_smaller() {
    let mut made = Made::new(PLAIN)
        .with(&["plain"], &[1.20, 1.25, 1.22])
        .with(&["batch"], &[0.80, 0.83, 0.79]);
    made.0.metric = Metric::natural(VAL_LOSS);
    made.0.baseline = Some(ConfigurationId("c0".into()));
    made.says(&[
        "batch has the lowest validation loss of 2 configurations: 0.8067 (95 % interval",
        "It is better than plain",
        "batch beats the baseline, plain, by 0.4167 (95 % interval",
    ]);
    let pair = made.answers().pairs[0];
    assert!((pair.result.difference + 0.416_666).abs() < 1e-5);
    let (low, high) = pair.result.interval.expect("an interval");
    assert!(low < pair.result.difference && pair.result.difference < high && high < 0.0);
}

fn many(count: usize) -> Made {
    let labels: Vec<String> = (0..count).map(|i| i.to_string()).collect();
    let labels: Vec<&str> = labels.iter().map(String::as_str).collect();
    let mut made = Made::new(&[("units", &labels)]);
    for (i, label) in labels.iter().enumerate() {
        let base = 0.5 + 0.0003 * i as f64;
        let runs = (0..3).map(|seed| finished(seed, base + 0.001 * ((seed + i as u64) % 3) as f64));
        made = made.with_runs(&[label], runs.collect());
    }
    made
}

#[test]
fn a_thousand_configurations_keep_the_pairs_with_the_best() {
    let made = many(1000);
    let answers = made.answers();
    assert_eq!(answers.pairs_tested, 499_500);
    assert_eq!(answers.pairs.len(), 999);
    made.says(&["All 499,500 pairs of configurations were tested"]);
}

#[test]
fn of_ten_thousand_configurations_only_pairs_with_the_best_are_tested() {
    let made = many(10_000);
    let answers = made.answers();
    assert_eq!(answers.pairs_tested, 9_999);
    made.says(&["only the 9,999 pairs with the best and with the baseline were tested"]);
    let last = &answers.standings[9_999];
    assert!(!last.may_be_best && last.beaten_by == 1);
}
