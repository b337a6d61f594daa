//! The learning curves.

use super::chart_of;
use crate::marks::{lines, text, words};
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
