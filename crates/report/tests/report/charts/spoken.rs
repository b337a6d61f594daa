//! What a screen reader says of each chart.

use super::charts_of;
use crate::synthetic::cases::{self, six};
use convsweep_report::draw::render::svg;

#[test]
fn every_chart_says_its_main_numbers() {
    for case in cases::all() {
        let mut rows = case.experiment.rows();
        (case.edit)(&mut rows);
        for chart in charts_of(&rows) {
            let spoken = chart.scene.spoken();
            let place = format!("{} of {}: {spoken:?}", chart.name, case.experiment.name);
            assert!(spoken.len() > chart.scene.description.len() + 20, "{place}");
            assert!(spoken.contains(|c: char| c.is_ascii_digit()), "{place}");
            assert!(spoken.len() < 1500, "{place}");
            assert!(
                !spoken.contains("NaN") && !spoken.contains("inf"),
                "{place}"
            );
        }
    }
}

#[test]
fn every_title_asks_what_the_chart_answers() {
    for chart in charts_of(&six().rows()) {
        assert!(chart.title.contains('?'), "{}", chart.title);
    }
}

#[test]
fn the_leaderboard_says_means_and_numbers_of_runs() {
    let charts = charts_of(&six().rows());
    let spoken = charts[0].scene.spoken();
    assert_eq!(spoken.matches("n = 3").count(), 6, "{spoken}");
    let document = svg(&charts[0].scene).expect("renders");
    assert!(document.contains("role=\"img\" aria-label=\"Leaderboard by "));
    assert!(document.contains("n = 3"), "the figures are in the file");
}
