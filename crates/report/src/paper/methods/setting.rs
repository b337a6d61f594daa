//! Settings that all configurations share or that an axis decides.

use super::variants::variants;
use crate::ranking::{RankedConfiguration, Ranking};
use crate::tables::escaped;
use std::collections::BTreeSet;

/// More values of an axis than this are not told one by one.
const MOST_TOLD: usize = 8;

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
    let is_short = phrases.len() <= MOST_TOLD;
    is_short.then(|| variants(&escaped(&axis.name), &phrases))
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
