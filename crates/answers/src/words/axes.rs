//! Which axis matters, and by how much.

use super::writing::Words;
use crate::axes::{AxisAnswer, AxisBasis, AxisContrast};
use crate::pairs::Verdict;

/// The effects of the axes, the largest first; `None` with fewer than two axes, where the
/// comparison of configurations says the same.
pub(super) fn what_matters(words: &Words) -> Option<String> {
    let axes = &words.answers.axes;
    let [most, others @ ..] = axes.as_slice() else {
        return None;
    };
    if most.largest().is_none() {
        return explained(words);
    }
    if others.is_empty() {
        return None;
    }
    Some(match most.basis {
        AxisBasis::Runs => by_runs(words, axes),
        AxisBasis::AdditiveModel | AxisBasis::Nothing => by_single_runs(words, axes),
    })
}

/// What the spread between runs says.
fn by_runs(words: &Words, axes: &[AxisAnswer]) -> String {
    let (name, largest) = (&axes[0].name, axes[0].largest());
    let rest: String = axes[1..]
        .iter()
        .filter_map(|axis| smaller(words, axis))
        .map(|axis| format!("; {axis}"))
        .collect();
    let Some(largest) = largest else {
        return String::new();
    };
    let (better, worse) = turned(words, largest);
    let difference = words.difference(largest.difference, largest.interval);
    match is_sure(largest) {
        true => format!(
            "{name} matters most: {better} rather than {worse} is better by {difference} over the \
             other choices{rest}."
        ),
        false => format!(
            "No axis has an effect that is surely more than chance; the largest is that of \
             {name}, {better} rather than {worse}: {difference}."
        ),
    }
}

/// With one run of each configuration: the effects, and what they stand on.
fn by_single_runs(words: &Words, axes: &[AxisAnswer]) -> String {
    let mut effects = Vec::new();
    for axis in axes {
        let Some(largest) = axis.largest() else {
            continue;
        };
        let (better, worse) = turned(words, largest);
        let difference = words.difference(largest.difference, largest.interval);
        effects.push(format!(
            "{}, {better} rather than {worse}, by {difference}",
            axis.name
        ));
    }
    let unit = words.answers.unit.name();
    let assumption = match axes[0].basis {
        AxisBasis::AdditiveModel => format!(
            "the intervals assume that effects add up, and nothing shows whether another {unit} \
             would agree"
        ),
        _ => format!("nothing shows whether another {unit} would agree"),
    };
    format!(
        "With this one {unit}, the axes move it as follows: {}; {assumption}.",
        effects.join("; ")
    )
}

/// Where no two configurations differ in one axis alone: what a forest says over the points.
fn explained(words: &Words) -> Option<String> {
    let mut parts = Vec::new();
    let mut predicts = 0.0;
    for axis in &words.answers.axes {
        let share = axis.share?;
        predicts = share.forest_explains?;
        parts.push((axis.name.as_str(), 100.0 * share.share));
    }
    let [(first, share), rest @ ..] = parts.as_slice() else {
        return None;
    };
    let rest: String = rest
        .iter()
        .map(|(name, share)| format!(", {name} {share:.0} %"))
        .collect();
    Some(format!(
        "Over the {} configurations that were sampled, {first} explains {share:.0} % of the \
         variance{rest} (by a random forest, which predicts {:.0} % of it).",
        words.answers.standings.len(),
        100.0 * predicts
    ))
}

fn is_sure(contrast: &AxisContrast) -> bool {
    matches!(contrast.verdict, Verdict::Better | Verdict::Worse)
}

/// The values of a contrast, the better one first.
fn turned<'a>(words: &Words, contrast: &'a AxisContrast) -> (&'a str, &'a str) {
    match words.metric.gain(contrast.difference) >= 0.0 {
        true => (&contrast.first, &contrast.second),
        false => (&contrast.second, &contrast.first),
    }
}

/// An axis that matters less.
fn smaller(words: &Words, axis: &AxisAnswer) -> Option<String> {
    let largest = axis.largest()?;
    let (better, worse) = turned(words, largest);
    let name = &axis.name;
    let difference = words.metric.difference(largest.difference);
    Some(match is_sure(largest) {
        true => format!("{name}, {better} rather than {worse}, by {difference}"),
        false => format!("the effect of {name} ({difference}) may be chance"),
    })
}
