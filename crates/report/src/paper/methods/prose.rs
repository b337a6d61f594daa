//! Sentences in LaTeX: numbers, lists, and settings that all configurations share or that an axis
//! decides.

use crate::ranking::{RankedConfiguration, Ranking};
use crate::tables::escaped;
use convsweep_spec::words::{short, thousands};
use std::collections::BTreeSet;

/// More values of an axis than this are not told one by one.
const MOST_TOLD: usize = 8;

/// A number with at most six significant digits: `0.005`, `$10^{-4}$`.
pub(super) fn number(value: f64) -> String {
    let text = short(value);
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, ""));
    match (mantissa, exponent) {
        (_, "") => text.replace('-', "$-$"),
        ("1", exponent) => format!("$10^{{{exponent}}}$"),
        (mantissa, exponent) => format!("${mantissa} \\cdot 10^{{{exponent}}}$"),
    }
}

/// A share as a percentage: `20~\%`.
pub(super) fn percent(share: f64) -> String {
    format!("{}~\\%", number(100.0 * share))
}

/// A count with its noun: `1 epoch`, `1,000 epochs`.
pub(super) fn count(n: u64, noun: &str) -> String {
    let plural = if n == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", thousands(n))
}

/// `a`, `a and b`, `a, b and c`.
pub(super) fn list(parts: &[String], conjunction: &str) -> String {
    match parts {
        [] => String::new(),
        [one] => one.clone(),
        [others @ .., last] => format!("{} {conjunction} {last}", others.join(", ")),
    }
}

/// The smallest and the largest: `5`, or `5 to 7`.
pub(super) fn range(values: impl Iterator<Item = u64>) -> Option<String> {
    let mut ends: Option<(u64, u64)> = None;
    for value in values {
        let (least, most) = ends.unwrap_or((value, value));
        ends = Some((least.min(value), most.max(value)));
    }
    let (least, most) = ends?;
    Some(match least == most {
        true => thousands(least),
        false => format!("{} to {}", thousands(least), thousands(most)),
    })
}

/// What is said of a setting that all configurations share, or that a single axis decides: then it
/// is told for each of its values. Of a setting that varies otherwise only `name` is told.
///
/// `phrase` says it of one configuration, in LaTeX; `sentence` makes a sentence of it. `None` if
/// nothing is known of it.
pub(super) fn setting(
    ranking: &Ranking,
    name: &str,
    phrase: impl Fn(&RankedConfiguration) -> Option<String>,
    sentence: impl Fn(&str) -> String,
) -> Option<String> {
    let configurations = ranking.configurations.iter();
    let known: Vec<_> = configurations
        .filter_map(|c| Some((c, phrase(c)?)))
        .collect();
    let distinct: BTreeSet<&str> = known.iter().map(|(_, phrase)| phrase.as_str()).collect();
    match (distinct.len(), distinct.first()) {
        (1, Some(one)) => Some(sentence(one)),
        (0, _) | (_, None) => None,
        (variants, _) => Some(match by_axis(ranking, &known) {
            Some(told) => sentence(&told),
            None => {
                format!("The {name} differed between the configurations ({variants} variants).")
            }
        }),
    }
}

/// The phrase for each value of the axis that decides it; `None` if no single one does, or it has
/// many values.
fn by_axis(ranking: &Ranking, known: &[(&RankedConfiguration, String)]) -> Option<String> {
    let mut axes = ranking.revision.axes.iter();
    let (axis, phrases) =
        axes.find_map(|axis| Some((axis, phrases_of(&axis.path, &axis.labels, known)?)))?;
    let name = escaped(&axis.name);
    let told = phrases.iter().map(|(label, phrase)| {
        let label = escaped(label);
        format!("{phrase} ({name}: {label})")
    });
    let is_short = phrases.len() <= MOST_TOLD;
    is_short.then(|| Vec::from_iter(told).join("; or "))
}

/// The phrase for each label of the axis; `None` if configurations of one label differ in it.
fn phrases_of<'a>(
    path: &str,
    labels: &'a [String],
    known: &'a [(&RankedConfiguration, String)],
) -> Option<Vec<(&'a str, &'a str)>> {
    let mut phrases = Vec::new();
    for label in labels {
        let having = known
            .iter()
            .filter(|(c, _)| c.axis_label(path) == Some(label));
        let mut having = having.map(|(_, phrase)| phrase.as_str());
        let Some(phrase) = having.next() else {
            continue;
        };
        if having.any(|other| other != phrase) {
            return None;
        }
        phrases.push((label.as_str(), phrase));
    }
    let is_told = |c: &RankedConfiguration| c.axis_label(path).is_some();
    known.iter().all(|(c, _)| is_told(c)).then_some(phrases)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_latex() {
        assert_eq!(number(0.005), "0.005");
        assert_eq!(number(1e-4), "$10^{-4}$");
        assert_eq!(number(-2.5e-7), "$-2.5 \\cdot 10^{-7}$");
        assert_eq!(percent(0.2), "20~\\%");
        assert_eq!(count(1, "epoch"), "1 epoch");
        assert_eq!(count(2000, "image"), "2,000 images");
    }

    #[test]
    fn lists_and_ranges_read_as_english() {
        let parts = ["a", "b", "c"].map(String::from);
        assert_eq!(list(&parts, "and"), "a, b and c");
        assert_eq!(list(&parts[..1], "and"), "a");
        assert_eq!(range([7, 5, 5].into_iter()).as_deref(), Some("5 to 7"));
        assert_eq!(range([5, 5].into_iter()).as_deref(), Some("5"));
        assert_eq!(range([].into_iter()), None);
    }
}
