//! The learning curves.

use super::chart_of;
use crate::marks::{faint_lines, lines, text, words};
use crate::synthetic::Synthetic;
use crate::synthetic::cases::{self, six};
use convsweep_report::draw::color::{FAINT, MUTED, SERIES};
use convsweep_report::draw::scene::{Scene, SceneItem};
use convsweep_report::draw::style::DOTTED;

/// Opacity of a band.
const BAND: f64 = 0.14;

fn bands(scene: &Scene) -> usize {
    let is_band =
        |item: &&SceneItem| matches!(item, SceneItem::Polygon { alpha, .. } if *alpha == BAND);
    scene.items.iter().filter(is_band).count()
}

#[test]
fn every_configuration_has_a_curve_with_a_band() {
    let scene = chart_of(&six().rows(), "curves-accuracy").scene;
    let curves: Vec<_> = lines(&scene)
        .filter(|line| line.points.len() == 15)
        .collect();
    assert_eq!(curves.len(), 6, "a point for each epoch");
    assert_eq!(bands(&scene), 6);
    for curve in curves {
        let (first, last) = (curve.points[0], curve.points[14]);
        assert!(last.1 < first.1, "the accuracy rises");
    }
}

#[test]
fn the_loss_has_a_panel_for_each_part() {
    let scene = chart_of(&six().rows(), "curves-loss").scene;
    assert_eq!(bands(&scene), 12);
    assert!(text(&scene, "training loss").at.0 < text(&scene, "validation loss").at.0);
}

#[test]
fn a_change_of_phase_is_marked_at_its_epoch() {
    let scene = chart_of(&six().rows(), "curves-accuracy").scene;
    let change = lines(&scene)
        .find(|line| line.dash == DOTTED && line.color == MUTED)
        .expect("a change after the tenth epoch");
    let curve = lines(&scene)
        .find(|line| line.points.len() == 15)
        .expect("a curve");
    assert_eq!(change.points[0].0, curve.points[9].0);
    text(&scene, "next phase");
}

#[test]
fn one_seed_has_curves_without_bands() {
    let scene = chart_of(&cases::two().rows(), "curves-accuracy").scene;
    assert_eq!(bands(&scene), 0);
}

#[test]
fn many_configurations_stay_in_the_background() {
    let scene = chart_of(&cases::twenty_four().rows(), "curves-accuracy").scene;
    let curves = || lines(&scene).filter(|line| line.points.len() == 15);
    assert_eq!(curves().count(), 24);
    assert_eq!(curves().filter(|line| line.color == FAINT).count(), 18);
    assert!(words(&scene).contains(&"18 others"));
}

#[test]
fn a_run_that_explodes_does_not_flatten_the_others() {
    let mut rows = Synthetic::default().rows();
    for job in &mut rows.configurations[1].jobs {
        job.epochs[14].values.insert("val_loss".into(), 1e6);
    }
    let scene = chart_of(&rows, "curves-loss").scene;
    let curves: Vec<_> = lines(&scene)
        .filter(|line| line.points.len() == 15 && line.color == SERIES[1])
        .collect();
    let validation = curves.last().expect("the worse configuration");
    let fall = validation.points[5].1 - validation.points[0].1;
    assert!(fall > 20.0, "{fall} pixels");
}

#[test]
fn every_seed_is_a_faint_line_under_its_configuration() {
    let scene = chart_of(&six().rows(), "curves-accuracy").scene;
    let runs: Vec<_> = faint_lines(&scene).collect();
    assert_eq!(runs.len(), 6 * 3);
    assert!(runs.iter().all(|run| run.points.len() == 15));
    for color in [SERIES[0], SERIES[4]] {
        let of_configuration = runs.iter().filter(|run| run.color == color);
        assert_eq!(of_configuration.count(), 3);
    }
    // The mean is that of its three runs, and drawn after them.
    let mean = lines(&scene).find(|line| line.points.len() == 15 && line.color == SERIES[0]);
    let mean = mean.expect("a mean").points[14].1;
    let of_best = runs.iter().filter(|run| run.color == SERIES[0]);
    let ends: f64 = of_best.map(|run| run.points[14].1).sum();
    assert!((ends / 3.0 - mean).abs() < 1e-6);
}

#[test]
fn of_many_configurations_only_the_coloured_show_their_runs_and_the_caption_says_so() {
    let chart = chart_of(&cases::twenty_four().rows(), "curves-accuracy");
    // Five are the best, one is the baseline.
    assert_eq!(faint_lines(&chart.scene).count(), 6 * 5);
    let said = "6 of 24 configurations are coloured";
    assert!(chart.caption.contains(said), "{}", chart.caption);
    let two = chart_of(&cases::two().rows(), "curves-accuracy");
    assert_eq!(faint_lines(&two.scene).count(), 0);
    assert!(!two.caption.contains("faint"), "{}", two.caption);
}
