//! Short names for axes, values and configurations, as charts and tables need them.

use crate::grid::axes::Axis;
use crate::source::tree::{Node, Value};
use std::collections::HashMap;

/// Longest label that is made here, in characters.
const LONGEST: usize = 40;

/// Gives each axis its name and each value its label, where the file gave none.
pub(crate) fn assign(axes: &mut [Axis]) {
    name_axes(axes);
    for axis in axes {
        let nodes: Vec<_> = axis.values.iter().map(|v| v.node.clone()).collect();
        let mut seen: HashMap<String, u32> = HashMap::new();
        for value in axis.values.iter_mut().filter(|v| v.given) {
            *seen.entry(value.label.clone()).or_default() += 1;
        }
        for value in axis.values.iter_mut().filter(|v| !v.given) {
            // Two values that look the same in short are numbered.
            let label = shortened(&among(&value.node, &nodes));
            let count = seen.entry(label.clone()).or_default();
            *count += 1;
            value.label = if *count == 1 {
                label
            } else {
                format!("{label} ({count})")
            };
        }
    }
}

/// The end of the path, longer where two axes would have the same.
fn name_axes(axes: &mut [Axis]) {
    let tail = |axis: &Axis, n: usize| {
        let from = axis.segments.len().saturating_sub(n);
        axis.segments[from..].join(".")
    };
    let names: Vec<String> = axes
        .iter()
        .map(|axis| {
            let alone = |n: &usize| {
                axes.iter()
                    .filter(|other| tail(other, *n) == tail(axis, *n))
                    .count()
                    == 1
            };
            let length = (1..=axis.segments.len())
                .find(alone)
                .unwrap_or(axis.segments.len());
            tail(axis, length)
        })
        .collect();
    axes.iter_mut()
        .zip(names)
        .for_each(|(axis, name)| axis.name = name);
}

/// Label of a value beside the others of its axis: for tables with a name, the name and what the
/// name does not tell.
fn among(node: &Node, all: &[Node]) -> String {
    let Some(name) = node.get("name").and_then(Node::text) else {
        return text(node);
    };
    let others: Vec<_> = all.iter().filter(|n| name_of(n) == Some(name)).collect();
    let telling = |key: &str| others.iter().any(|o| !same(o.get(key), node.get(key)));
    let options: Vec<_> = node
        .entries()
        .iter()
        .filter(|e| &*e.key != "name" && telling(&e.key))
        .map(option)
        .collect();
    [name.to_string()]
        .into_iter()
        .chain(options)
        .collect::<Vec<_>>()
        .join(" ")
}

fn name_of(node: &Node) -> Option<&str> {
    node.text()
        .or_else(|| node.get("name").and_then(Node::text))
}

fn same(a: Option<&Node>, b: Option<&Node>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => a.same(b),
        (a, b) => a.is_none() && b.is_none(),
    }
}

fn option(entry: &crate::source::tree::Entry) -> String {
    format!("{}={}", entry.key, text(&entry.node))
}

/// A value in short.
pub(crate) fn text(node: &Node) -> String {
    match &node.value {
        Value::Text(text) => text.to_string(),
        Value::Int(n) => n.to_string(),
        Value::Float(x) => float(*x),
        Value::Bool(b) => b.to_string(),
        Value::Time => "date".into(),
        Value::List(items) if items.is_empty() => "none".into(),
        Value::List(items) => items.iter().map(text).collect::<Vec<_>>().join(" + "),
        Value::Table(entries) => entries.iter().map(option).collect::<Vec<_>>().join(" "),
    }
}

/// `0.001`, but `1e-4`; points of a range, which have many digits, with three of them.
fn float(x: f64) -> String {
    let short: f64 = format!("{x:.2e}").parse().unwrap_or(x);
    let x = if x.to_string().len().min(format!("{x:e}").len()) > 7 {
        short
    } else {
        x
    };
    if x == 0.0 || (1e-3..1e6).contains(&x.abs()) {
        x.to_string()
    } else {
        format!("{x:e}")
    }
}

fn shortened(text: &str) -> String {
    match text.chars().count() {
        0 => "empty".into(),
        n if n <= LONGEST => text.into(),
        _ => text.chars().take(LONGEST - 1).chain(['…']).collect(),
    }
}

/// Label of a configuration: what speaks for itself as it is, numbers with their axis's name.
pub(crate) fn configuration(axes: &[Axis], point: &[(u32, u32)], named: bool) -> String {
    let part = |&(axis, value): &(u32, u32)| {
        let axis = &axes[axis as usize];
        let value = &axis.values[value as usize];
        let speaks = value.given
            || matches!(
                value.node.value,
                Value::Text(_) | Value::List(_) | Value::Table(_)
            );
        if speaks && !named {
            value.label.clone()
        } else {
            format!("{}={}", axis.name, value.label)
        }
    };
    point.iter().map(part).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::float;

    #[test]
    fn floats_are_short() {
        let check = |x: f64, label: &str| assert_eq!(float(x), label);
        check(0.001, "0.001");
        check(1e-4, "1e-4");
        check(3.16227766017e-4, "3.16e-4");
        check(0.0316227766017, "0.0316");
        check(2.5e7, "2.5e7");
        check(0.0, "0");
        check(-1.0, "-1");
        check(1234.5, "1234.5");
    }
}
