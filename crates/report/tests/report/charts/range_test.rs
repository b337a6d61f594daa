//! The curves of learning-rate range tests.

use super::{chart_of, range_tests};
use crate::marks::{lines, markers, text};
use crate::synthetic::cases::range_test;
use convsweep_report::draw::color::SERIES;

#[test]
fn every_job_has_a_curve_and_the_rate_that_it_suggests() {
    let rows = range_test().rows();
    let scene = chart_of(&rows, "range-test").scene;
    for (color, label) in [(SERIES[0], "pool=max"), (SERIES[1], "pool=average")] {
        let curves = lines(&scene).filter(|l| l.color == color && l.points.len() > 20);
        assert_eq!(curves.count(), 2, "{label}: one for each seed");
        assert_eq!(markers(&scene, color).len(), 2 + 1, "and one in the legend");
        text(&scene, label);
    }
}

#[test]
fn marks_are_further_right_where_the_suggested_rate_is_higher() {
    let rows = range_test().rows();
    let scene = chart_of(&rows, "range-test").scene;
    let tests = range_tests(&rows);
    let mut places = Vec::new();
    for (test, color) in tests.iter().zip(SERIES) {
        for (result, at) in test.results.iter().zip(markers(&scene, color)) {
            places.push((result.steepest.expect("the loss falls"), at.0));
        }
    }
    places.sort_by(|a, b| a.0.total_cmp(&b.0));
    assert!(places.is_sorted_by_key(|(_, x)| *x), "{places:?}");
}

#[test]
fn an_explosion_ends_at_the_top_of_the_axis() {
    let scene = chart_of(&range_test().rows(), "range-test").scene;
    let curve = lines(&scene)
        .find(|l| l.color == SERIES[0] && l.points.len() > 20)
        .expect("a curve");
    let (_, last) = curve.points.last().expect("points");
    let highest = curve.points.iter().map(|p| p.1).fold(f64::MAX, f64::min);
    assert_eq!(*last, highest);
    assert!(curve.points.len() < 100, "what follows is left out");
}
