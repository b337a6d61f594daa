//! Who beats whom.

use super::{chart_of, names};
use crate::marks::{fields, words};
use crate::synthetic::Synthetic;
use crate::synthetic::cases::{self, six};
use convsweep_answers::Verdict;
use convsweep_report::charts::verdicts::VerdictMatrix;
use convsweep_report::draw::color::SERIES;
use convsweep_report::ranking::Ranking;

#[test]
fn fields_are_the_verdicts_of_the_answers_in_both_directions() {
    let rows = Synthetic {
        noise: 0.004,
        ..six()
    }
    .rows();
    let ranking = Ranking::new(&rows);
    let matrix = VerdictMatrix::new(&ranking).expect("pairs");
    assert_eq!(matrix.labels.len(), 6);
    let mut better = 0;
    for pair in &ranking.answers.pairs {
        let there = matrix.fields[pair.first][pair.second].expect("compared");
        let back = matrix.fields[pair.second][pair.first].expect("compared");
        assert_eq!(there.verdict, pair.result.verdict);
        assert_eq!(back.difference, -pair.result.difference);
        if there.verdict == Verdict::Better {
            assert_eq!(back.verdict, Verdict::Worse);
            better += 1;
        }
    }
    assert!(better > 0, "some pair is decided");
    let scene = chart_of(&rows, "verdicts").scene;
    let count = |color| fields(&scene).iter().filter(|(_, c)| *c == color).count();
    assert_eq!((count(SERIES[0]), count(SERIES[4])), (better, better));
    let signs = |sign: &str| words(&scene).iter().filter(|word| **word == sign).count();
    assert_eq!((signs("+"), signs("−")), (better, better));
}

#[test]
fn the_best_thirty_are_shown() {
    let chart = chart_of(&cases::sixty().rows(), "verdicts");
    let end = "30 further configurations are not shown.";
    assert!(chart.caption.ends_with(end), "{}", chart.caption);
    assert_eq!(chart.scene.collisions(), Vec::<String>::new());
}

#[test]
fn one_configuration_has_none() {
    assert!(!names(&cases::one().rows()).contains(&"verdicts".to_string()));
}
