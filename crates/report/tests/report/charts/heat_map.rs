//! The heat map of two axes.

use super::{chart_of, names};
use crate::marks::{fields, outlines, text};
use crate::synthetic::cases::{self, six};
use convsweep_report::answer::answer;
use convsweep_report::draw::color::{Color, GRID, INK};
use convsweep_report::draw::scene::Scene;
use convsweep_report::ranking::Ranking;
use convsweep_store::ExperimentRows;

/// Steps of the colour scale next to the fields.
const SCALE: usize = 48;

/// The fields without the colour scale.
fn field_colors(scene: &Scene) -> Vec<Color> {
    let wide = fields(scene).into_iter().filter(|(r, _)| r.width > 12.5);
    wide.map(|(_, color)| color).collect()
}

#[test]
fn every_pair_of_values_has_a_field() {
    let scene = chart_of(&six().rows(), "heatmap").scene;
    assert_eq!(field_colors(&scene).len(), 6);
    assert_eq!(fields(&scene).len(), 6 + SCALE);
    for label in [
        "max",
        "average",
        "strided",
        "sgd",
        "adam",
        "pool",
        "optimizer",
    ] {
        text(&scene, label);
    }
}

#[test]
fn the_best_field_is_framed_and_lightest() {
    let rows = six().rows();
    let scene = chart_of(&rows, "heatmap").scene;
    let [frame] = outlines(&scene, INK)[..] else {
        panic!("one frame");
    };
    let best = Ranking::new(&rows).best().and_then(|c| c.score);
    let mean = 100.0 * best.expect("a result").mean;
    let number = text(&scene, &format!("{mean:.2}"));
    assert!((frame.left..frame.left + frame.width).contains(&number.at.0));
    assert!((frame.top..frame.top + frame.height).contains(&number.at.1));
    let is_framed = |r: &crate::marks::Rectangle| {
        (r.left - frame.left).abs() < 1.0 && (r.top - frame.top).abs() < 1.0
    };
    let all = fields(&scene);
    let (_, color) = all.iter().find(|(r, _)| is_framed(r)).expect("a field");
    for other in field_colors(&scene) {
        assert!(other.luminance() <= color.luminance());
    }
}

#[test]
fn of_equal_fields_that_of_the_best_configuration_is_framed() {
    let mut rows = six().rows();
    // One is worse: where all are equal, the answer names none.
    for (place, configuration) in rows.configurations.iter_mut().enumerate() {
        let accuracy = if place == 2 { 0.25 } else { 0.5 };
        for job in &mut configuration.jobs {
            for epoch in &mut job.epochs {
                epoch.values.insert("val_accuracy".into(), accuracy);
            }
        }
    }
    check_frame_and_answer(&rows);
    // The order of the plan need not be that of the axes' values.
    rows.configurations.reverse();
    for (position, configuration) in (0..).zip(&mut rows.configurations) {
        configuration.member.position = position;
    }
    check_frame_and_answer(&rows);
}

/// The first configuration of the plan is named by the answer, and its field is framed.
fn check_frame_and_answer(rows: &ExperimentRows) {
    let ranking = Ranking::new(rows);
    let best = ranking.best().expect("a best");
    assert_eq!(best.row.member.position, 0);
    assert!(answer(&ranking)[0].contains(best.label()));
    let scene = chart_of(rows, "heatmap").scene;
    let [frame] = outlines(&scene, INK)[..] else {
        panic!("one frame");
    };
    for axis in &rows.revision.axes {
        let label = text(&scene, best.axis_label(&axis.path).expect("a value"));
        let is_above = (frame.left..frame.left + frame.width).contains(&label.at.0);
        let is_beside = (frame.top..frame.top + frame.height).contains(&label.at.1);
        assert!(is_above || is_beside, "{}: {:?}", axis.name, label.at);
    }
}

#[test]
fn a_missing_pair_is_an_empty_field() {
    let mut rows = six().rows();
    rows.configurations.remove(1);
    let scene = chart_of(&rows, "heatmap").scene;
    assert_eq!(field_colors(&scene).len(), 5);
    assert_eq!(outlines(&scene, GRID).len(), 1);
}

#[test]
fn at_most_three_pairs_of_axes_are_drawn() {
    let names = names(&cases::sixty().rows());
    let maps: Vec<&String> = names.iter().filter(|n| n.starts_with("heatmap")).collect();
    assert_eq!(maps, ["heatmap-1", "heatmap-2", "heatmap-3"]);
}
