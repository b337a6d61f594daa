//! No chart has labels that overlap or leave the picture, however long or many they are.

use super::charts_of;
use crate::synthetic::Synthetic;
use crate::synthetic::cases::{self, six};
use convsweep_spec::metric::Direction;
use convsweep_store::ExperimentRows;

fn check(experiment: Synthetic) {
    check_rows(&experiment.rows());
}

fn check_rows(rows: &ExperimentRows) {
    for chart in charts_of(rows) {
        let found = chart.scene.collisions();
        let (name, axes) = (&chart.name, &rows.revision.axes);
        assert!(found.is_empty(), "{name} with axes {axes:?}: {found:#?}");
    }
}

#[test]
fn no_labels_overlap_in_any_case() {
    for case in cases::all() {
        let mut rows = case.experiment.rows();
        (case.edit)(&mut rows);
        check_rows(&rows);
    }
}

#[test]
fn no_labels_overlap_with_long_names() {
    let long = "rotate 15°, scale 0.9–1.1, flip horizontally, crop by 4";
    let mut experiment = cases::twenty_four();
    experiment.axes[2].1[1] = long;
    experiment.seeds = 3;
    check(experiment);
}

#[test]
fn no_labels_overlap_with_folds_and_a_loss() {
    check(Synthetic {
        folds: Some(5),
        seeds: 2,
        metric: ("val_loss", Direction::Min),
        ..six()
    });
}

#[test]
fn no_labels_overlap_with_many_configurations() {
    check(Synthetic {
        axes: vec![("a", vec!["x"; 60])],
        ..Synthetic::default()
    });
}

#[test]
fn no_labels_overlap_with_many_classes() {
    for count in [40, 100] {
        check(Synthetic {
            classes: (0..count)
                .map(|i| format!("a class with a long name {i}"))
                .collect(),
            ..Synthetic::default()
        });
    }
}
