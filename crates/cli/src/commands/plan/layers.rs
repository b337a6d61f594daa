//! The layer tables of a plan: the first architecture as a whole, of the others what differs.

use super::groups::{ConfigurationGroup, groups};
use crate::output::table::plain;
use convsweep_plan::{Plan, Planned};
use convsweep_spec::shape::{LayerSummary, ModelSummary};
use convsweep_spec::words::{counted, counted_as, thousands};
use std::collections::HashMap;
use std::sync::Arc;

const COLUMNS: [&str; 6] = [
    "layer",
    "what",
    "output",
    "parameters",
    "MACs",
    "receptive field",
];

/// The layer tables, at most `most` of them; with `complete`, each as a whole.
pub fn layer_tables(plan: &Plan, most: usize, complete: bool) -> String {
    let architectures = architectures(plan);
    let mut text = String::new();
    for (number, group) in architectures.iter().take(most).enumerate() {
        text += "\n\n";
        text += &match architectures.first() {
            Some(first) if number > 0 && !complete => differences(first, group),
            Some(_) | None => complete_table(group),
        };
    }
    let left = architectures.len().saturating_sub(most);
    if left > 0 {
        let left = counted(left as u64, "more architecture");
        text += &format!("\n\nand {left} (--all shows them)");
    }
    if architectures.len() > 1 && !complete {
        text += "\n\n--layers shows all layers of every architecture";
    }
    text
}

/// An architecture and its number, from 1.
type NumberedArchitecture<'a> = (usize, &'a Arc<ModelSummary>);

/// Each distinct architecture with the configurations that have it.
fn architectures(plan: &Plan) -> Vec<ConfigurationGroup<'_>> {
    // Only architectures with equal counts are compared layer by layer: there may be thousands.
    let mut known: HashMap<(u64, u64), Vec<NumberedArchitecture>> = HashMap::new();
    let mut number = 0;
    groups(plan, |planned| {
        let summary = &planned.summary;
        let alike = known.entry((summary.parameters, summary.macs)).or_default();
        for (number, other) in alike.iter() {
            if Arc::ptr_eq(other, summary) || other.layers == summary.layers {
                return *number;
            }
        }
        number += 1;
        alike.push((number, summary));
        number
    })
}

fn complete_table(group: &ConfigurationGroup) -> String {
    let planned = group.first;
    let rows: Vec<_> = planned.summary.layers.iter().map(row).collect();
    format!(
        "layers of {}: {}\n{}",
        group.names,
        ends(planned),
        plain(&COLUMNS, &rows)
    )
}

/// The layers of `other` that `first` does not have or that differ from it, and the names of those
/// that only `first` has.
fn differences(first: &ConfigurationGroup, other: &ConfigurationGroup) -> String {
    let (first, planned) = (&first.first.summary.layers, other.first);
    let layers = &planned.summary.layers;
    let by_name: HashMap<&str, &LayerSummary> =
        first.iter().map(|layer| (&*layer.name, layer)).collect();
    let differs = |layer: &&LayerSummary| {
        let counterpart = by_name.get(&*layer.name);
        counterpart.is_none_or(|counterpart| row(counterpart) != row(layer))
    };
    let rows: Vec<_> = layers.iter().filter(differs).map(row).collect();
    let mut text = format!("layers of {}: {}", other.names, ends(planned));
    if rows.len() < layers.len() {
        text += &format!(", {} of {} differ", rows.len(), layers.len());
    }
    text += "\n";
    text += &plain(&COLUMNS, &rows);
    let is_missing = |layer: &&LayerSummary| layers.iter().all(|other| other.name != layer.name);
    let missing: Vec<&str> = first
        .iter()
        .filter(is_missing)
        .map(|layer| &*layer.name)
        .collect();
    if !missing.is_empty() {
        text += &format!("\nwithout {}", missing.join(", "));
    }
    text
}

/// Input shape and number of classes.
fn ends(planned: &Planned) -> String {
    let classes = planned.facts.classes.len() as u64;
    let classes = counted_as(classes, "class", "classes");
    format!("{} → {classes}", planned.summary.input)
}

fn row(layer: &LayerSummary) -> Vec<String> {
    vec![
        layer.name.clone(),
        layer.description.clone(),
        layer.output.to_string(),
        thousands(layer.parameters),
        thousands(layer.macs),
        receptive_field(layer.receptive_field),
    ]
}

/// A receptive field in pixels: `7`, or `7×5` if it is not square.
pub fn receptive_field(field: Option<[u32; 2]>) -> String {
    match field {
        None => "–".into(),
        Some([height, width]) if height == width => height.to_string(),
        Some([height, width]) => format!("{height}×{width}"),
    }
}
