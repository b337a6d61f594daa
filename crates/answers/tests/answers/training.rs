//! Seeds that do not train, and seeds that diverge.

use crate::made::{Made, ended, finished};
use convsweep_answers::{RunEnd, Verdict};

const DEPTHS: &[(&str, &[&str])] = &[("depth", &["2", "4", "8", "16"])];

#[test]
fn seeds_at_the_chance_level_are_counted_and_not_averaged_away() {
    let made = Made::new(DEPTHS)
        .with(&["2"], &[0.70, 0.71, 0.69, 0.70, 0.72])
        .with(&["4"], &[0.75, 0.10, 0.76, 0.10, 0.10])
        .with(&["8"], &[0.10, 0.10, 0.10, 0.10, 0.10])
        .with(&["16"], &[0.10, 0.11, 0.10, 0.09, 0.10]);
    made.says(&["4 trains with 2 of 5 seeds", "8 and 16 never train"]);
    let answers = made.answers();
    let trained: Vec<usize> = answers.standings.iter().map(|s| s.trained).collect();
    assert_eq!(trained, [5, 2, 0, 0]);
    assert_eq!(answers.standings[0].label, "2");
    // When both train, the deeper one is better, and that is told as such.
    let pair = answers.pair(0, 1).expect("compared");
    assert_eq!(
        pair.when_trained.expect("both train").verdict,
        Verdict::Worse
    );
    assert_ne!(pair.result.verdict, Verdict::Worse);
    let trains = answers
        .pair(0, 2)
        .and_then(|pair| pair.trains)
        .expect("compared");
    assert_eq!(trains.verdict, Verdict::Better);
}

/// All that trained are alike: without recognising the chance level a t-test would find a
/// difference between a constant and almost anything.
#[test]
fn three_seeds_at_chance_are_no_constant() {
    let made = Made::new(DEPTHS)
        .with(&["2"], &[0.10, 0.10, 0.10])
        .with(&["4"], &[0.10, 0.45, 0.10])
        .with(&["8"], &[0.10, 0.10, 0.40])
        .with(&["16"], &[0.43, 0.10, 0.10]);
    let answers = made.answers();
    let is_open = |pair: &convsweep_answers::ComparedPair| pair.result.verdict == Verdict::Unknown;
    assert!(answers.pairs.iter().all(is_open));
}

#[test]
fn a_diverged_seed_counts_at_the_chance_level() {
    let diverging = vec![
        finished(0, 0.80),
        ended(1, RunEnd::Diverged),
        finished(2, 0.82),
    ];
    let made = Made::new(DEPTHS)
        .with(&["2"], &[0.70, 0.71, 0.69])
        .with_runs(&["4"], diverging);
    made.says(&[
        "2 has the highest",
        "4 trains with 2 of 3 seeds",
        "1 run diverged and counts as not trained, with a validation accuracy of 10.00 %",
    ]);
    let second = &made.answers().standings[1];
    assert!((second.mean - (0.80 + 0.82 + 0.10) / 3.0).abs() < 1e-12);
    assert_eq!((second.runs, second.trained, second.diverged), (3, 2, 1));
    let all = Made::new(DEPTHS)
        .with(&["2"], &[0.70, 0.71, 0.69])
        .with_runs(
            &["4"],
            vec![ended(0, RunEnd::Diverged), ended(1, RunEnd::Diverged)],
        );
    all.says(&["4 never trains"]);
}

/// Runs that a rule stopped or that failed say nothing about training.
#[test]
fn stopped_and_failed_runs_are_missing() {
    let made = Made::new(DEPTHS)
        .with(&["2"], &[0.70, 0.71, 0.69])
        .with_runs(
            &["4"],
            vec![
                finished(0, 0.6),
                ended(1, RunEnd::Failed),
                ended(2, RunEnd::Stopped),
            ],
        );
    assert_eq!(made.answers().standings[1].runs, 1);
    assert!(!made.answers().some_do_not_train);
}
