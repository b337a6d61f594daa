//! The best value of each axis compared with the others.

use super::chart_of;
use crate::marks::{lines, words};
use crate::synthetic::cases::{six, twenty_four};
use convsweep_report::charts::contrasts::Contrasts;
use convsweep_report::draw::color::MUTED;
use convsweep_report::ranking::Ranking;

#[test]
fn the_best_value_comes_first_whichever_way_the_answers_have_it() {
    let rows = six().rows();
    let ranking = Ranking::new(&rows);
    let contrasts = Contrasts::new(&ranking).expect("two axes");
    // Two others than the best of three, and one of two.
    assert_eq!(contrasts.rows.len(), 2 + 1);
    for row in &contrasts.rows {
        assert!(row.difference >= 0.0, "{row:?}");
        let (low, high) = row.interval.expect("three seeds");
        assert!((low..=high).contains(&row.difference), "{row:?}");
    }
    for axis in &ranking.answers.axes {
        for contrast in &axis.contrasts {
            let size = 100.0 * contrast.difference.abs();
            let shown = contrasts
                .rows
                .iter()
                .filter(|row| row.label.starts_with(&axis.name));
            let best = shown.clone().map(|row| row.difference).fold(0.0, f64::max);
            assert!(
                size <= best + 1e-9,
                "the largest contrast is that of the best value"
            );
        }
    }
}

#[test]
fn zero_is_marked_and_every_row_says_its_n() {
    let scene = chart_of(&twenty_four().rows(), "contrasts").scene;
    let zero = lines(&scene).filter(|line| line.color == MUTED && line.width == 1.2);
    assert_eq!(zero.count(), 1);
    let figures = words(&scene);
    let figures = figures.iter().filter(|word| word.contains(", n = "));
    assert_eq!(figures.count(), 2 + 3 + 1);
}
