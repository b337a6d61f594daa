//! The bars of trained and planned epochs.

use super::{chart_of, names};
use crate::marks::{bars, outlines, text};
use crate::synthetic::cases::{six, with_pruned_jobs};
use convsweep_report::charts::pruning::{Pruning, PruningRow};
use convsweep_report::draw::color::{FAINT, MUTED, SERIES};

fn row(label: &str, is_finished: bool, trained: usize) -> PruningRow {
    PruningRow {
        label: label.into(),
        color: is_finished.then_some(SERIES[0]),
        trained,
        planned: 36,
        pruned_jobs: 0,
        jobs: 4,
    }
}

#[test]
fn bars_are_as_long_as_what_was_trained() {
    let rows = vec![
        row("winner", true, 36),
        row("pruned half-way", true, 18),
        row("pruned after an epoch", false, 4),
    ];
    let scene = Pruning { rows }.scene();
    let planned = outlines(&scene, FAINT);
    assert_eq!(planned.len(), 3);
    assert!(planned.iter().all(|o| o.width == planned[0].width));
    let full = planned[0].width;
    let [winner, half] = bars(&scene, SERIES[0])[..] else {
        panic!("two bars of configurations with a result");
    };
    assert!((winner.width - full).abs() < 0.01);
    assert!((half.width - full / 2.0).abs() < 0.01);
    let [shortest] = bars(&scene, MUTED)[..] else {
        panic!("one bar of a configuration without a result");
    };
    assert!((shortest.width - full / 9.0).abs() < 0.01);
    assert_eq!(scene.collisions(), Vec::<String>::new());
}

#[test]
fn labels_and_figures_are_beside_their_bars() {
    let rows = vec![row("winner", true, 36), row("pruned", false, 4)];
    let scene = Pruning { rows }.scene();
    let bar = bars(&scene, MUTED)[0];
    for words in ["pruned", "4 of 36"] {
        let y = text(&scene, words).at.1;
        assert!((bar.top..bar.top + bar.height).contains(&y), "{words}");
    }
}

#[test]
fn the_caption_says_how_much_was_saved() {
    let mut rows = six().rows();
    assert!(!names(&rows).contains(&"sparing".into()));
    with_pruned_jobs(&mut rows);
    let caption = chart_of(&rows, "sparing").caption;
    // Four configurations train 3 × 15 epochs, one 3 × 5 and one 3 × 2.
    let expected = "201 of 270 in all, 26 % were saved; 6 of 18 jobs were pruned.";
    assert!(caption.contains(expected), "{caption}");
}
