//! What a comparison has to say of where the results come from.

use super::choices::metric_key;
use super::comparison::ChoiceComparison;
use convsweep_answers::{MetricFormat, RunEnd};
use convsweep_spec::words::counted;
use convsweep_store::{Database, StoreError, TrainingOrigin};
use std::collections::{BTreeMap, BTreeSet};

/// One part of where a job was trained.
type OriginPart = fn(&TrainingOrigin) -> &str;

/// Values that a note lists.
const MOST_LISTED: usize = 5;

/// The notes, each a sentence or two.
pub fn notes(
    database: &Database,
    comparison: &ChoiceComparison,
) -> Result<Vec<String>, StoreError> {
    let mut notes = Vec::new();
    notes.extend(metrics(comparison));
    notes.extend(classes(comparison));
    notes.extend(chosen(comparison));
    notes.extend(unfinished(comparison));
    notes.extend(correction(comparison));
    notes.extend(origins(database, comparison)?);
    Ok(notes)
}

fn metrics(comparison: &ChoiceComparison) -> Option<String> {
    let choices = comparison.choices.iter();
    let own: BTreeSet<(&str, bool)> = choices.map(|c| metric_key(&c.own_metric.0)).collect();
    let names: Vec<String> = own
        .iter()
        .map(|(name, _)| MetricFormat::named(name).words())
        .collect();
    (own.len() > 1).then(|| {
        format!(
            "The experiments are compared by different metrics ({}); here {} is used.",
            names.join(", "),
            MetricFormat::from(&comparison.metric).words()
        )
    })
}

fn classes(comparison: &ChoiceComparison) -> Option<String> {
    let first = &comparison.choices[0];
    let other = comparison
        .choices
        .iter()
        .find(|c| c.classes != first.classes)?;
    let count = |n: usize| format!("{n} classes");
    let (x, y) = (first.classes.len(), other.classes.len());
    let which = match x == y {
        true => format!(
            "{} and {} tell {} apart, but not the same ones",
            first.name,
            other.name,
            count(x)
        ),
        false => format!(
            "{} tells {} apart, and {} {}",
            first.name,
            count(x),
            other.name,
            count(y)
        ),
    };
    Some(format!(
        "{which}: these are different tasks, and a difference between their results says \
        nothing of \
         the choices."
    ))
}

/// Which choices were not named, but chosen by the results that are compared.
fn chosen(comparison: &ChoiceComparison) -> Vec<String> {
    let mut notes = Vec::new();
    for choice in &comparison.choices {
        if let Some(from) = choice.chosen_from.filter(|from| *from > 1) {
            notes.push(format!(
                "{} stands for {} as the best of its {from} configurations, chosen by these same \
                 results: choosing flatters it.",
                choice.name, choice.named
            ));
        }
    }
    notes
}

/// Jobs without a result, and diverged ones.
fn unfinished(comparison: &ChoiceComparison) -> Vec<String> {
    let mut notes = Vec::new();
    for choice in &comparison.choices {
        let ended = |ends: &[RunEnd]| {
            let runs = choice.results.runs.iter();
            runs.filter(|run| ends.contains(&run.end)).count() as u64
        };
        let missing = ended(&[RunEnd::Failed, RunEnd::Stopped, RunEnd::Waiting]);
        let diverged = ended(&[RunEnd::Diverged]);
        let of = counted(choice.results.runs.len() as u64, "run");
        if missing > 0 {
            notes.push(format!(
                "Of {of} of {}, {missing} have no result.",
                choice.name
            ));
        }
        if diverged > 0 {
            notes.push(format!(
                "Of {of} of {}, {diverged} diverged; each counts at the chance level.",
                choice.name
            ));
        }
    }
    notes
}

/// Over which comparisons the statements are corrected.
fn correction(comparison: &ChoiceComparison) -> Vec<String> {
    let mut notes = Vec::new();
    for group in &comparison.groups {
        let answers = &group.answers;
        if group.is_whole_experiment() && group.choices.len() > 1 {
            notes.push(format!(
                "As `convsweep verdict {}` says: corrected over all {} of the experiment.",
                answers.experiment,
                counted(answers.pairs_tested as u64, "comparison")
            ));
        }
    }
    notes
}

/// Versions, machines and devices, where there are several.
fn origins(database: &Database, comparison: &ChoiceComparison) -> Result<Vec<String>, StoreError> {
    let mut found: BTreeMap<&str, BTreeSet<TrainingOrigin>> = BTreeMap::new();
    for choice in &comparison.choices {
        for run in &choice.results.runs {
            let origins = database.training_origins(&run.job)?;
            found.entry(&choice.name).or_default().extend(origins);
        }
    }
    let mut notes = Vec::new();
    let of: [(&str, OriginPart); 3] = [
        ("by different versions of the program", |o| &o.program),
        ("on different machines", |o| &o.host),
        ("on different devices", |o| &o.device),
    ];
    for (words, value) in of {
        notes.extend(several(&found, words, value));
    }
    Ok(notes)
}

/// What each choice was trained with, if that is not the same everywhere.
fn several(
    found: &BTreeMap<&str, BTreeSet<TrainingOrigin>>,
    words: &str,
    value: OriginPart,
) -> Option<String> {
    let all: BTreeSet<&str> = found.values().flatten().map(value).collect();
    if all.len() < 2 {
        return None;
    }
    let mut parts = Vec::new();
    for (name, origins) in found {
        let values: BTreeSet<&str> = origins.iter().map(value).collect();
        let shown: Vec<&str> = values.iter().take(MOST_LISTED).copied().collect();
        parts.push(format!("{name}: {}", shown.join(" and ")));
    }
    Some(format!(
        "The runs were trained {words} ({}): what they change is part of the difference.",
        parts.join("; ")
    ))
}
