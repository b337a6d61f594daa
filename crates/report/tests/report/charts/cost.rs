//! Accuracy against cost.

use super::chart_of;
use crate::marks::{lines, markers, text, words};
use crate::synthetic::cases::{six, twenty_four};
use convsweep_report::charts::cost::{CostPanel, CostPoint};
use convsweep_report::draw::color::{INK, MUTED};
use convsweep_report::draw::style::{DOTTED, SeriesStyle};
use convsweep_report::ranking::Ranking;

fn point(cost: f64, value: f64) -> CostPoint {
    CostPoint {
        rank: 0,
        style: SeriesStyle::BACKGROUND,
        cost,
        value,
        sd: 0.0,
    }
}

#[test]
fn the_front_has_what_no_other_beats_at_equal_or_lower_cost() {
    let panel = CostPanel {
        name: "parameters".into(),
        points: vec![
            point(3.0, 90.0),
            point(1.0, 70.0),
            point(2.0, 65.0),
            point(3.0, 80.0),
            point(1.0, 60.0),
        ],
    };
    let places = |larger_is_better| -> Vec<(f64, f64)> {
        let front = panel.front(larger_is_better).into_iter();
        front.map(|p| (p.cost, p.value)).collect()
    };
    assert_eq!(places(true), [(1.0, 70.0), (3.0, 90.0)]);
    assert_eq!(places(false), [(1.0, 60.0)]);
}

#[test]
fn every_cost_has_a_panel_with_every_configuration() {
    let scene = chart_of(&six().rows(), "cost").scene;
    for cost in ["parameters", "MACs per image", "training time (s)"] {
        assert!(words(&scene).contains(&cost), "{cost}");
    }
    let baseline = markers(&scene, INK);
    assert_eq!(baseline.len(), 3 + 1, "a mark in each panel and the legend");
    let fronts = lines(&scene).filter(|line| line.dash == DOTTED);
    assert_eq!(fronts.count(), 3);
}

#[test]
fn costs_that_do_not_differ_are_left_out() {
    let mut rows = six().rows();
    for configuration in &mut rows.configurations {
        configuration.member.macs = 1_000_000;
    }
    let scene = chart_of(&rows, "cost").scene;
    assert!(!words(&scene).contains(&"MACs per image"));
}

#[test]
fn members_of_the_front_are_ringed_and_named() {
    let rows = six().rows();
    let ranking = Ranking::new(&rows);
    let chart = chart_of(&rows, "cost");
    let best = ranking.best().expect("a best").label();
    let fronts = chart.caption.split("Front by ").skip(1);
    let fronts: Vec<&str> = fronts.collect();
    assert_eq!(fronts.len(), 3, "{}", chart.caption);
    for front in &fronts[..2] {
        assert!(front.contains(best), "{front}");
    }
    let rings = markers(&chart.scene, MUTED).len();
    let members: usize = fronts
        .iter()
        .filter_map(|front| front.split(". ").next())
        .map(|front| front.matches("; ").count() + 1)
        .sum();
    assert_eq!(rings, members);
}

#[test]
fn a_cost_that_spans_a_decade_is_on_a_logarithmic_scale() {
    let mut rows = twenty_four().rows();
    for configuration in &mut rows.configurations {
        configuration.member.parameters = 1000 * (1 + u64::from(configuration.member.position));
        configuration.member.macs = 1000 * (3 + u64::from(configuration.member.position));
    }
    let scene = chart_of(&rows, "cost").scene;
    text(&scene, "parameters, logarithmic");
    text(&scene, "MACs per image");
}
