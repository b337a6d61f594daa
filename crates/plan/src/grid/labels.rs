//! Short names of axes, values and configurations, as charts and tables need them.

use super::axis::{GridAxis, GridValue};
use super::differences::Differences;
use super::name_counts::NameCounts;
use super::point::GridPoint;
use super::value_text::{LONGEST_LABEL, value_text};
use crate::source::tree::{Node, NodeValue};
use convsweep_spec::words::printable;
use std::collections::HashMap;

/// Gives each axis its name and, if the file does not, each value its label. Labels can be printed
/// anywhere, whatever the file says.
pub(super) fn assign(axes: &mut [GridAxis]) {
    name_axes(axes);
    for axis in axes {
        label_values(&mut axis.values);
        for value in &mut axis.values {
            value.label = printable(&value.label).into_owned();
        }
    }
}

/// Names each axis by the end of its path, longer where that is the end of another's too.
fn name_axes(axes: &mut [GridAxis]) {
    let names: Vec<String> = axes.iter().map(|axis| name(axis, axes)).collect();
    for (axis, name) in axes.iter_mut().zip(names) {
        axis.name = name;
    }
}

fn name(axis: &GridAxis, axes: &[GridAxis]) -> String {
    for length in 1..axis.segments.len() {
        let end = path_end(axis, length);
        let mut others = axes.iter().filter(|other| other.path != axis.path);
        if others.all(|other| path_end(other, length) != end) {
            return end;
        }
    }
    path_end(axis, axis.segments.len())
}

/// The last segments of an axis's path.
fn path_end(axis: &GridAxis, length: usize) -> String {
    let first = axis.segments.len().saturating_sub(length);
    axis.segments[first..].join(".")
}

fn label_values(values: &mut [GridValue]) {
    let nodes: Vec<Node> = values.iter().map(|v| v.node.clone()).collect();
    let mut used: HashMap<String, u32> = HashMap::new();
    for value in values.iter().filter(|v| v.labelled) {
        *used.entry(value.label.clone()).or_default() += 1;
    }
    // Values that fit into a label are written in full; the others are compared with each other.
    let long: Vec<Node> = nodes.iter().filter(|n| is_long(n)).cloned().collect();
    let differences = Differences::of(&long);
    let names = NameCounts::of(&nodes);
    for value in values.iter_mut().filter(|v| !v.labelled) {
        let label = label(&value.node, &names, &differences);
        let count = used.entry(label.clone()).or_default();
        *count += 1;
        value.label = if *count == 1 {
            label
        } else {
            format!("{label} ({count})")
        };
    }
}

/// The label of a value among the values of its axis.
fn label(node: &Node, names: &NameCounts, differences: &Differences) -> String {
    let text = match node.name() {
        Some(name) => names.label(node, name),
        None => value_text(node),
    };
    if text.is_empty() {
        "empty".into()
    } else if text.chars().count() <= LONGEST_LABEL {
        text
    } else {
        shortened(&differences.label(node).unwrap_or(text))
    }
}

fn is_long(node: &Node) -> bool {
    value_text(node).chars().count() > LONGEST_LABEL
}

fn shortened(text: &str) -> String {
    if text.chars().count() <= LONGEST_LABEL {
        return text.into();
    }
    text.chars().take(LONGEST_LABEL - 1).chain(['…']).collect()
}

/// The label of a configuration: labels that speak for themselves, and numbers with the name of
/// their axis. `named`: all with the name of their axis.
pub(crate) fn configuration_label(axes: &[GridAxis], point: &GridPoint, named: bool) -> String {
    let mut parts = Vec::with_capacity(point.len());
    for choice in point {
        let axis = &axes[choice.axis as usize];
        let value = &axis.values[choice.value as usize];
        parts.push(if !named && speaks_for_itself(value, axis) {
            value.label.clone()
        } else {
            format!("{}={}", axis.name, value.label)
        });
    }
    parts.join(", ")
}

fn speaks_for_itself(value: &GridValue, axis: &GridAxis) -> bool {
    match &value.node.value {
        _ if value.labelled => true,
        // Among numbers, as for `clip_norm`, it does not say what is turned off.
        NodeValue::Text(text) if &**text == "none" => {
            let mut values = axis.values.iter();
            !values.any(|other| other.node.float().is_some())
        }
        NodeValue::Text(_) | NodeValue::List(_) | NodeValue::Table(_) => true,
        NodeValue::Int(_) | NodeValue::Float(_) | NodeValue::Bool(_) | NodeValue::Time => false,
    }
}
