//! What values an axis takes in a block: a list, the points of a range, or draws.

use crate::grid::axes::Leaf;
use crate::grid::sample::{Interval, Sample};
use crate::language::check::{Sink, table};
use crate::language::reader::Reader;
use crate::language::tables;
use crate::source::tree::{Node, Value};

/// Values of an axis at most.
const MOST_VALUES: usize = 10_000;

/// Values of an axis.
pub(crate) struct Values {
    pub nodes: Vec<Node>,
    /// For each drawn point the number of its value; none where the block takes every combination.
    pub drawn: Vec<u32>,
}

/// The values that stand at `leaf`, the dimension `number` of its block.
pub(crate) fn values(
    leaf: &Leaf,
    number: u32,
    sample: Option<&Sample>,
    sink: &mut Sink,
) -> Option<Values> {
    let nodes = match &leaf.node.value {
        Value::List(items) if items.is_empty() => {
            sink.at(
                &leaf.node,
                format!("axis `{}` has no values", leaf.path),
                "",
                "give it at least one".into(),
            );
            return None;
        }
        Value::List(items) if items.len() > MOST_VALUES => {
            let title = format!("axis `{}` has {} values", leaf.path, items.len());
            sink.at(&leaf.node, title, "", format!("{MOST_VALUES} at most"));
            return None;
        }
        Value::List(items) => items.to_vec(),
        Value::Table(_) => match (range(&leaf.node, &leaf.path, sink)?, sample) {
            (Range::Steps(nodes), _) => nodes,
            (Range::Interval(interval), Some(sample)) => {
                let nodes = sample
                    .coordinates(number, &leaf.path)
                    .into_iter()
                    .map(|u| interval.value(u))
                    .collect();
                return Some(Values {
                    nodes,
                    drawn: (0..sample.count).collect(),
                });
            }
            (Range::Interval(_), None) => {
                let title = format!("`{}` is a range without `steps`", leaf.path);
                let help = "steps = 5 for five values, or sample = { method = \"sobol\", count = 40 } in this [[sweep]]";
                sink.at(&leaf.node, title, "how many values?", help.into());
                return None;
            }
        },
        _ => {
            let title = format!(
                "axis `{}` has {} where a list of values is needed",
                leaf.path,
                leaf.node.type_name()
            );
            let help = "a list [a, b, c], or a range { from = 1e-4, to = 1e-1, steps = 4, scale = \"log\" }";
            sink.at(&leaf.node, title, "", help.into());
            return None;
        }
    };
    let drawn = sample.map_or(vec![], |s| s.steps(number, &leaf.path, nodes.len()));
    Some(Values { nodes, drawn })
}

enum Range {
    Steps(Vec<Node>),
    Interval(Interval),
}

/// Points of a range, both ends counted, rounded to 12 digits; all of it where it has no steps.
fn range(node: &Node, path: &str, sink: &mut Sink) -> Option<Range> {
    if !table(node, tables::RANGE, &[], path, sink) {
        return None;
    }
    let reader = Reader::new(node, tables::RANGE);
    let (from, to) = (reader.f64("from")?, reader.f64("to")?);
    let log = reader.text("scale")? == "log";
    if log && (from <= 0.0 || to <= 0.0) {
        let help = "both ends of a logarithmic range must be above 0; scale = \"linear\" takes any";
        sink.at(
            node,
            format!(
                "`{path}` has a logarithmic range that reaches {}",
                from.min(to)
            ),
            "",
            help.into(),
        );
        return None;
    }
    let integer = |key: &str| matches!(reader.node(key).map(|n| n.value), Some(Value::Int(_)));
    let whole = integer("from") && integer("to");
    let Some(steps) = reader.u32("steps") else {
        return Some(Range::Interval(Interval {
            from,
            to,
            log,
            whole,
            at: node.at,
        }));
    };
    let point = |i: u32| {
        let share = f64::from(i) / f64::from(steps - 1);
        let x = match (i, log) {
            (0, _) => from,
            (i, _) if i == steps - 1 => to,
            (_, true) => (from.ln() + (to.ln() - from.ln()) * share).exp(),
            (_, false) => from * (1.0 - share) + to * share,
        };
        let x = rounded(x);
        let value = if whole && x.fract() == 0.0 && x.abs() < 9e15 {
            Value::Int(x as i64)
        } else {
            Value::Float(x)
        };
        Node::new(value, node.at)
    };
    Some(Range::Steps((0..steps).map(point).collect()))
}

fn rounded(x: f64) -> f64 {
    format!("{x:.11e}").parse().unwrap_or(x)
}
