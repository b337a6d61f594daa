//! Parallel coordinates.

use super::{chart_of, names};
use crate::marks::{faint_lines, lines, text};
use crate::synthetic::Synthetic;
use crate::synthetic::cases::{six, sixty, twenty_four};
use convsweep_spec::metric::Direction;

#[test]
fn every_configuration_is_a_line_over_all_axes_to_its_result() {
    let chart = chart_of(&twenty_four().rows(), "parallel");
    let scene = &chart.scene;
    let on_all_axes = |count: usize| count == 3 + 1;
    assert_eq!(
        faint_lines(scene)
            .filter(|l| on_all_axes(l.points.len()))
            .count(),
        18
    );
    assert_eq!(
        lines(scene).filter(|l| on_all_axes(l.points.len())).count(),
        6
    );
    for axis in ["width", "lr", "augment", "validation accuracy (%)"] {
        text(scene, axis);
    }
    assert!(
        chart.caption.contains("24 configurations"),
        "{}",
        chart.caption
    );
}

#[test]
fn the_best_is_highest_at_the_metric_also_where_less_is_better() {
    for metric in [
        ("val_accuracy", Direction::Max),
        ("val_loss", Direction::Min),
    ] {
        let rows = Synthetic { metric, ..sixty() }.rows();
        let scene = chart_of(&rows, "parallel").scene;
        let ends = |points: &[(f64, f64)]| points[points.len() - 1].1;
        let best = lines(&scene)
            .filter(|l| l.points.len() == 5)
            .map(|l| ends(l.points));
        let others = faint_lines(&scene).map(|l| ends(l.points));
        let lowest_of_best = best.fold(0.0, f64::max);
        assert!(others.fold(f64::MAX, f64::min) >= lowest_of_best);
    }
}

#[test]
fn two_axes_have_none() {
    assert!(!names(&six().rows()).contains(&"parallel".to_string()));
}
