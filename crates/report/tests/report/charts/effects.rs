//! The effects of the axes.

use super::chart_of;
use crate::marks::{discs, lines, text};
use crate::synthetic::cases::{self, six};
use convsweep_report::charts::effects::Effects;
use convsweep_report::draw::color::FAINT;
use convsweep_report::ranking::Ranking;

#[test]
fn values_are_averaged_over_the_other_axes() {
    let rows = six().rows();
    let ranking = Ranking::new(&rows);
    let effects = Effects::new(&ranking).expect("axes");
    let optimizer = &effects.axes[1];
    assert_eq!(optimizer.axis, "optimizer");
    assert_eq!(optimizer.traces.len(), 3, "a trace for each pool");
    let sgd = &optimizer.values[0];
    assert_eq!((sgd.label.as_str(), sgd.sample.n), ("sgd", 3));
    let configurations = ranking.with_result().iter();
    let with_sgd = configurations.filter(|c| c.label().contains("sgd"));
    let means: Vec<f64> = with_sgd.filter_map(|c| Some(c.score?.mean)).collect();
    let mean = 100.0 * means.iter().sum::<f64>() / 3.0;
    assert!((sgd.sample.mean - mean).abs() < 1e-9);
}

#[test]
fn every_value_has_a_mark_beside_its_label() {
    let rows = six().rows();
    let scene = chart_of(&rows, "effects").scene;
    let effects = Effects::new(&Ranking::new(&rows)).expect("axes");
    let marks = discs(&scene);
    assert_eq!(marks.len(), 5, "three pools and two optimizers");
    let values = effects.axes.iter().flat_map(|axis| &axis.values);
    let mut by_mean = Vec::new();
    for (value, (at, _)) in values.zip(&marks) {
        let label = text(&scene, &value.label);
        assert!((label.at.1 - at.1).abs() < 6.0, "{}", value.label);
        by_mean.push((value.sample.mean, at.0));
    }
    by_mean.sort_by(|a, b| a.0.total_cmp(&b.0));
    assert!(by_mean.is_sorted_by_key(|(_, x)| *x), "{by_mean:?}");
}

#[test]
fn traces_join_configurations_that_differ_in_one_axis() {
    let scene = chart_of(&six().rows(), "effects").scene;
    let traces: Vec<usize> = lines(&scene)
        .filter(|line| line.color == FAINT)
        .map(|line| line.points.len())
        .collect();
    assert_eq!(traces, [3, 3, 2, 2, 2]);
}

#[test]
fn a_single_axis_has_no_traces() {
    let chart = chart_of(&cases::two().rows(), "effects");
    assert_eq!(chart.title, "What does pool change?");
    assert!(lines(&chart.scene).all(|line| line.color != FAINT));
}
