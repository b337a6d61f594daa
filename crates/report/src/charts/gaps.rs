//! How far each choice is behind the best of each experiment.

use super::chart::{Chart, capitalised};
use super::heat_map::{self, HeatMap};
use super::rows::MAX_ROWS;
use crate::draw::scale::extent;
use crate::ranking::MetricFormat;
use convsweep_answers::{AcrossExperiments, ChoiceCell, ChoiceRow};

/// Name of its files.
pub(super) const NAME: &str = "gaps";
/// Choices that are put in words.
const SPOKEN: usize = 4;

/// A field for each choice and experiment; where the metrics differ, with the rank instead of the
/// distance.
pub(super) fn charts(across: &AcrossExperiments) -> Vec<Chart> {
    let Some(map) = map(across) else {
        return Vec::new();
    };
    let (title, of_what) = match across.has_one_metric() {
        true => (
            "How far behind the best is each choice in each experiment?",
            format!(
                "{}: the mean of each choice, compared with the best mean of the same experiment",
                capitalised(&map.metric)
            ),
        ),
        false => (
            "Which rank has each choice in each experiment?",
            "Rank within the experiment (the metrics differ, so that distances cannot be compared)"
                .into(),
        ),
    };
    let more = match across.choices.len() - map.down.1.len() {
        0 => String::new(),
        n => format!(" {n} more are in the table."),
    };
    let caption = format!(
        "{of_what}, over {} each; the best of each experiment is framed, an empty field has no \
         result.{more}",
        runs_in_words(across)
    );
    let mut scene = heat_map::scene(&map);
    scene.description = format!("{} for each choice and experiment", map.metric);
    vec![Chart::new(NAME, title, caption, scene).saying(figures(&map))]
}

/// `n = 3 runs`, `n = 2 to 5 runs`.
fn runs_in_words(across: &AcrossExperiments) -> String {
    let cells = across.choices.iter().flat_map(|choice| &choice.cells);
    let counts = cells.flatten().map(|cell| cell.runs as f64);
    match extent(counts) {
        Some((1.0, 1.0)) => "n = 1 run".into(),
        Some((least, most)) if least == most => format!("n = {least} runs"),
        Some((least, most)) => format!("n = {least} to {most} runs"),
        None => "no runs".into(),
    }
}

/// The fields; `None` with fewer than two choices, or if no choice has results in two experiments.
fn map(across: &AcrossExperiments) -> Option<HeatMap> {
    let shown = &across.choices[..across.choices.len().min(MAX_ROWS)];
    let experiments = across.experiments.iter();
    let first = MetricFormat::from(&across.experiments.first()?.metric);
    let (metric, most_places) = match across.has_one_metric() {
        true if first.is_share() => ("percentage points behind the best".into(), 2),
        true => (format!("{} behind the best", first.words()), 3),
        false => ("rank".into(), 1),
    };
    let is_shared = |choice: &ChoiceRow| choice.cells.iter().flatten().count() > 1;
    if shown.len() < 2 || !shown.iter().any(is_shared) {
        return None;
    }
    Some(HeatMap {
        metric,
        across: (
            "experiment".into(),
            experiments.map(|e| e.name.clone()).collect(),
        ),
        down: (
            "choice".into(),
            shown.iter().map(|choice| choice.label.clone()).collect(),
        ),
        fields: shown.iter().map(|choice| fields(across, choice)).collect(),
        larger_is_better: false,
        best: framed(shown),
        most_places,
        averaged: false,
    })
}

/// The places of the best of each experiment.
fn framed(shown: &[ChoiceRow]) -> Vec<(usize, usize)> {
    let mut places = Vec::new();
    for (row, choice) in shown.iter().enumerate() {
        for (column, cell) in choice.cells.iter().enumerate() {
            if cell.is_some_and(|cell| cell.is_best) {
                places.push((row, column));
            }
        }
    }
    places
}

/// The fields of a choice: distances to the best, or ranks.
fn fields(across: &AcrossExperiments, choice: &ChoiceRow) -> Vec<Option<f64>> {
    if !across.has_one_metric() {
        let ranks = (0..choice.cells.len()).map(|i| choice.ranks.get(i).copied());
        return ranks.collect();
    }
    let mut fields = Vec::with_capacity(choice.cells.len());
    for (i, cell) in choice.cells.iter().enumerate() {
        let metric = MetricFormat::from(&across.experiments[i].metric);
        let best = best_mean(across, i);
        let distance = cell.zip(best);
        let distance = distance.map(|(cell, best)| (best - cell.mean).abs() * metric.scale());
        fields.push(distance);
    }
    fields
}

/// The best mean of an experiment.
fn best_mean(across: &AcrossExperiments, experiment: usize) -> Option<f64> {
    let mut cells = across
        .choices
        .iter()
        .filter_map(|choice| choice.cells[experiment]);
    cells.find(|cell: &ChoiceCell| cell.is_best).map(|c| c.mean)
}

/// The first few choices in words.
fn figures(map: &HeatMap) -> String {
    let mut sentences = Vec::new();
    for (label, fields) in map.down.1.iter().zip(&map.fields).take(SPOKEN) {
        let mut parts = Vec::new();
        for (name, field) in map.across.1.iter().zip(fields).take(SPOKEN) {
            let places = map.most_places;
            parts.push(match field {
                Some(value) => format!("{value:.places$} in {name}"),
                None => format!("none in {name}"),
            });
        }
        sentences.push(format!("{label}: {}.", parts.join(", ")));
    }
    sentences.join(" ")
}
