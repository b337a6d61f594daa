//! What learning curves say in words.

use super::curves::{CurvePanel, LearningCurves};
use crate::charts::chart::ChartData;
use crate::draw::numbers::short;
use convsweep_spec::words::counted;

/// What the marks mean, and how many runs they are of.
pub(super) fn caption(data: &ChartData, curves: &LearningCurves) -> String {
    let runs = data.ranking.runs_in_words();
    let mut caption = format!(
        "After each epoch: the mean of each configuration over its runs ({runs}), with a band of \
         ± one standard deviation"
    );
    if curves.has_runs() {
        caption += " and a faint line for every single run";
    }
    caption += ".";
    let (coloured, others) = curves.counts();
    if others > 0 {
        caption += &format!(
            " {coloured} of {} are coloured: the best, and the baseline if there is one. The \
             others are grey, without band and runs.",
            counted((coloured + others) as u64, "configuration")
        );
    }
    if !curves.phase_changes.is_empty() {
        caption += " Dotted lines mark changes of phase.";
    }
    caption
}

/// The first and the last mean of each coloured configuration.
pub(super) fn figures(data: &ChartData, curves: &LearningCurves) -> String {
    let panels = curves.panels.iter();
    let sentences: Vec<String> = panels.map(|panel| panel_figures(data, panel)).collect();
    sentences.join(" ")
}

fn panel_figures(data: &ChartData, panel: &CurvePanel) -> String {
    let mut parts = Vec::new();
    for (rank, curve) in panel.curves.iter().enumerate() {
        let (Some(first), Some(last)) = (curve.points.first(), curve.points.last()) else {
            continue;
        };
        if curve.style.highlighted {
            parts.push(format!(
                "{} from {} after epoch {} to {} after epoch {}",
                data.ranking.name(rank),
                short(first.sample.mean),
                first.epoch,
                short(last.sample.mean),
                last.epoch
            ));
        }
    }
    format!("{}: {}.", panel.name, parts.join("; "))
}
