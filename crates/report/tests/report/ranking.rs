//! The order of configurations, and what is compared with what.

use crate::synthetic::Synthetic;
use crate::synthetic::cases::{self, six};
use convsweep_answers::PairMethod;
use convsweep_report::ranking::Ranking;
use convsweep_spec::metric::Direction;
use convsweep_store::ExperimentRows;

fn positions(rows: &ExperimentRows) -> Vec<u32> {
    let ranking = Ranking::new(rows);
    let configurations = ranking.configurations.iter();
    configurations.map(|c| c.row.member.position).collect()
}

fn means(rows: &ExperimentRows) -> Vec<f64> {
    let ranking = Ranking::new(rows);
    let scores = ranking.with_result().iter().filter_map(|c| c.score);
    scores.map(|score| score.mean).collect()
}

#[test]
fn order_is_by_the_validation_metric_whatever_the_test_accuracy() {
    let mut rows = six().rows();
    let before = positions(&rows);
    let jobs = rows.configurations.iter_mut().flat_map(|c| &mut c.jobs);
    for (i, job) in jobs.enumerate() {
        job.test.as_mut().expect("evaluated").accuracy = i as f64 / 100.0;
    }
    assert_eq!(positions(&rows), before);
}

#[test]
fn accuracy_is_ordered_from_high_to_low_and_loss_from_low_to_high() {
    let accuracies = means(&six().rows());
    assert_eq!(accuracies.len(), 6);
    assert!(accuracies.is_sorted_by(|a, b| a >= b), "{accuracies:?}");
    let by_loss = Synthetic {
        metric: ("val_loss", Direction::Min),
        ..six()
    };
    let losses = means(&by_loss.rows());
    assert!(losses.is_sorted(), "{losses:?}");
}

#[test]
fn all_pairs_are_compared_and_seeds_image_by_image() {
    let rows = six().rows();
    let ranking = Ranking::new(&rows);
    assert_eq!(ranking.answers.pairs.len(), 15);
    for pair in &ranking.answers.pairs {
        let (p, corrected) = (pair.result.p, pair.result.corrected);
        assert!(corrected.expect("corrected") >= p.expect("has a spread"));
        let images = ranking.image_tests(pair.first, pair.second);
        assert_eq!(images.len(), 3, "one for each seed");
    }
}

#[test]
fn different_images_are_not_compared_image_by_image() {
    let mut rows = cases::two().rows();
    let images = |rows: &ExperimentRows| Ranking::new(rows).image_tests(0, 1);
    assert_eq!(images(&rows).len(), 1);
    rows.configurations[1].member.resolved.data.limit = Some(100);
    assert_eq!(images(&rows), []);
}

#[test]
fn folds_are_paired() {
    let rows = cases::folds().rows();
    let pair = Ranking::new(&rows).answers.pairs[0];
    assert_eq!((pair.method, pair.runs), (PairMethod::Folds, (5, 5)));
}

#[test]
fn the_best_epoch_counts_where_it_was_recorded() {
    let mut rows = six().rows();
    cases::with_further_scores(&mut rows);
    let ranking = Ranking::new(&rows);
    for run in ranking.runs() {
        let twelfth = &run.job.epochs[11];
        assert_eq!(run.value, Some(twelfth.values["val_accuracy"]));
    }
}
