//! The ticked configurations beside each other.

use crate::view::View;
use convsweep_answers::ComparedPair;
use convsweep_report::{LiveConfiguration, LiveReport};
use convsweep_spec::words::counted;
use maud::{Markup, html};

/// In what the ticked configurations differ and which is better; empty below two.
pub fn compared(report: &LiveReport, view: &View) -> Markup {
    let mut ticked = Vec::new();
    for (rank, configuration) in report.configurations.iter().enumerate() {
        if view.ticked.contains(&configuration.id.0) {
            ticked.push((rank, configuration));
        }
    }
    if ticked.len() < 2 {
        return Markup::default();
    }
    html! {
        section {
            h2 { "The ticked configurations" }
            div class="wide" tabindex="0" role="group" aria-label="ticked configurations" {
                table {
                    thead { tr {
                        th scope="col" { "" }
                        @for (_, configuration) in &ticked { th scope="col" { (configuration.label) } }
                    } }
                    tbody { (differences(report, &ticked)) (results(report, &ticked)) }
                }
            }
            ul { @for words in verdicts(report, &ticked) { li { (words) } } }
            p class="caption" {
                "The same words as in the answer: corrected for all comparisons of the experiment. "
                code { "convsweep compare " (report.answers.experiment) ":1 …" }
                " compares in every key, image by image, and with other experiments."
            }
        }
    }
}

type Ticked<'a> = (usize, &'a LiveConfiguration);

/// A row for each axis in which they differ.
fn differences(report: &LiveReport, ticked: &[Ticked]) -> Markup {
    html! {
        @for axis in &report.axes {
            @let labels: Vec<&str> = ticked.iter().map(|(_, c)| value(c, &axis.path)).collect();
            @if labels.iter().any(|label| *label != labels[0]) {
                tr { th scope="row" { (axis.name) } @for label in labels { td { (label) } } }
            }
        }
    }
}

fn value<'a>(configuration: &'a LiveConfiguration, path: &str) -> &'a str {
    let mut values = configuration.values.iter();
    let found = values.find(|(axis, _)| axis == path);
    found.map_or("–", |(_, label)| label)
}

/// The columns of the leaderboard as rows.
fn results(report: &LiveReport, ticked: &[Ticked]) -> Markup {
    let columns = report.leaderboard.columns.iter().enumerate();
    html! {
        @for (i, column) in columns.filter(|(i, _)| *i != 1) {
            tr {
                th scope="row" { @if i == 0 { "place" } @else { (column) } }
                @for (rank, _) in ticked { td { (report.leaderboard.rows[*rank][i]) } }
            }
        }
    }
}

/// What is known of each pair.
fn verdicts(report: &LiveReport, ticked: &[Ticked]) -> Vec<String> {
    let mut words = Vec::new();
    for (i, (a, first)) in ticked.iter().enumerate() {
        for (b, second) in &ticked[i + 1..] {
            let pair = report.answers.pair(*a, *b);
            words.extend(pair.map(|pair| verdict(report, pair, (&first.label, &second.label))));
        }
    }
    words
}

fn verdict(report: &LiveReport, pair: &ComparedPair, (first, second): (&str, &str)) -> String {
    let difference = report.metric.signed(pair.result.difference);
    let more = match pair.more_runs {
        Some(runs) => format!(
            "; about {} of each would tell, if it is as large as it looks",
            counted(runs as u64, "more run")
        ),
        None => String::new(),
    };
    let phrase = pair.result.verdict.phrase();
    format!("{first} {phrase} {second}: {difference}{more}")
}
