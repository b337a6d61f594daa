//! The comparison for a terminal.

use super::comparison::{ChoiceComparison, ImageGroup};
use crate::commands::verdict::text::{difference_column, interval, pair_columns, pair_row, table};
use convsweep_answers::{KeyDifference, MetricFormat};
use convsweep_spec::words::shortened;
use serde_json::Value;

/// Characters of a value at most, beyond which it is cut.
const WIDEST: usize = 48;
const MISSING: &str = "–";

/// The sentences, then the tables, then the notes.
pub fn text(comparison: &ChoiceComparison) -> String {
    let mut parts = vec![comparison.sentences().join("\n\n")];
    parts.extend(keys(comparison));
    parts.push(results(comparison));
    for group in &comparison.groups {
        parts.extend(pairs(comparison, group));
    }
    parts.extend(agreements(comparison));
    for note in &comparison.notes {
        parts.push(format!("Note: {note}"));
    }
    parts.join("\n\n")
}

/// The keys that differ; none, if the resolved files are equal.
fn keys(comparison: &ChoiceComparison) -> Option<String> {
    let mut columns = vec!["key"];
    columns.extend(comparison.choices.iter().map(|choice| choice.name.as_str()));
    let mut rows: Vec<Vec<String>> = comparison.keys.iter().map(key).collect();
    let hashes: Vec<&str> = comparison
        .choices
        .iter()
        .map(|c| c.results.data_hash.as_str())
        .collect();
    if hashes.iter().any(|hash| *hash != hashes[0]) {
        let mut row = vec!["hash of the image set".to_string()];
        row.extend(hashes.iter().map(|hash| shortened(hash, 13).into_owned()));
        rows.push(row);
    }
    (!rows.is_empty()).then(|| table(&columns, rows))
}

fn key(difference: &KeyDifference) -> Vec<String> {
    let mut row = vec![difference.key.clone()];
    row.extend(difference.values.iter().map(value));
    row
}

/// A value as JSON writes it, but texts without quotation marks.
fn value(value: &Option<Value>) -> String {
    let text = match value {
        None => return MISSING.into(),
        Some(Value::String(text)) => text.clone(),
        Some(value) => value.to_string(),
    };
    shortened(&text, WIDEST).into_owned()
}

fn results(comparison: &ChoiceComparison) -> String {
    let metric = MetricFormat::from(&comparison.metric);
    let label = metric.label();
    let columns = ["choice", &label, "sd", "95 % interval", "runs", "seeds"];
    let mut rows = Vec::with_capacity(comparison.choices.len());
    for (i, choice) in comparison.choices.iter().enumerate() {
        let runs = &choice.results.runs;
        let seeds: Vec<String> = runs.iter().map(|run| run.seed.to_string()).collect();
        let mut seeds: Vec<&str> = seeds.iter().map(String::as_str).collect();
        seeds.dedup();
        let seeds = shortened(&seeds.join(" "), WIDEST / 2).into_owned();
        let name = match choice.job {
            Some(_) => format!("{} ({})", choice.name, choice.results.label),
            None => choice.name.clone(),
        };
        let mut row = vec![name];
        row.extend(match comparison.standing(i) {
            Some(standing) => [
                metric.number(standing.mean),
                standing.sd.map_or(MISSING.into(), |sd| metric.number(sd)),
                interval(&metric, standing.interval),
                format!("{}/{}", standing.runs, runs.len()),
            ],
            None => [
                MISSING.into(),
                MISSING.into(),
                MISSING.into(),
                format!("0/{}", runs.len()),
            ],
        });
        row.push(seeds);
        rows.push(row);
    }
    table(&columns, rows)
}

/// The pairs of a group that has some.
fn pairs(comparison: &ChoiceComparison, group: &ImageGroup) -> Option<String> {
    let metric = MetricFormat::from(&comparison.metric);
    let name = |choice: usize| comparison.choices[choice].name.as_str();
    let mut rows = Vec::new();
    for (a, b) in group.ranked_pairs() {
        let Some(pair) = group.pair(a, b) else {
            continue;
        };
        rows.push(pair_row(&metric, [name(a), name(b)], pair));
    }
    let difference = difference_column(&metric);
    (!rows.is_empty()).then(|| table(&pair_columns(&difference), rows))
}

/// Image by image, where there is more than one pair; of one, a sentence says it.
fn agreements(comparison: &ChoiceComparison) -> Option<String> {
    if comparison.agreements.len() < 2 {
        return None;
    }
    let mut rows = Vec::new();
    for ((a, b), agreement) in &comparison.agreements {
        rows.push(vec![
            comparison.choices[*a].name.clone(),
            comparison.choices[*b].name.clone(),
            agreement.only_first.to_string(),
            agreement.only_second.to_string(),
            agreement.both.to_string(),
            agreement.neither.to_string(),
            agreement.images.to_string(),
        ]);
    }
    let columns = [
        "most runs right of",
        "and of",
        "only the first",
        "only the second",
        "both",
        "neither",
        "images",
    ];
    Some(table(&columns, rows))
}
