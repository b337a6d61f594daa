//! The values of an axis in a block: a list, the points of a range, or draws.

use super::path_values::PathValue;
use super::range::{RangeValues, range};
use super::sample::Sampling;
use crate::source::problem::{Problem, ProblemCode, ProblemSink};
use crate::source::tree::{Node, NodeValue};

/// Values of an axis at most.
const MAX_VALUES: usize = 10_000;

/// The values of an axis.
pub(super) struct AxisValues {
    pub nodes: Vec<Node>,
    /// For each drawn point, the number of its value; empty if every combination is taken.
    pub drawn: Vec<u32>,
}

/// The values of dimension `number` of a block. `root` is the file, which says whether a parameter
/// takes integers only.
pub(super) fn values(
    path: &PathValue,
    number: u32,
    sampling: Option<&Sampling>,
    root: &Node,
    sink: &mut ProblemSink,
) -> Option<AxisValues> {
    if path.node.is_table()
        && let Some(sampling) = sampling
        && let RangeValues::Interval(interval) = range(path, root, sink)?
    {
        let coordinates = sampling.coordinates(number, &path.path).into_iter();
        return Some(AxisValues {
            nodes: coordinates.map(|u| interval.value(u)).collect(),
            drawn: (0..sampling.count).collect(),
        });
    }
    let mut nodes = listed_values(path, root, sink)?;
    if path.node.is_table() {
        // Rounded to integers, neighbouring points of a range may be equal.
        nodes.dedup_by(|a, b| a.same(b));
    }
    let drawn = sampling.map(|s| s.steps(number, &path.path, nodes.len()));
    Some(AxisValues {
        nodes,
        drawn: drawn.unwrap_or_default(),
    })
}

/// The values of a list, or all points of a range.
pub(super) fn listed_values(
    path: &PathValue,
    root: &Node,
    sink: &mut ProblemSink,
) -> Option<Vec<Node>> {
    let name = &path.path;
    let problem = match &path.node.value {
        NodeValue::List(items) if items.is_empty() => {
            let title = format!("axis `{name}` has no values");
            let problem = Problem::of(ProblemCode::Missing, &path.node, title);
            problem.help("give it at least one")
        }
        NodeValue::List(items) if items.len() > MAX_VALUES => {
            let title = format!("axis `{name}` has {} values", items.len());
            let problem = Problem::of(ProblemCode::TooMany, &path.node, title);
            problem.help(format!("an axis has at most {MAX_VALUES} values"))
        }
        NodeValue::List(items) => return Some(items.to_vec()),
        NodeValue::Table(_) => match range(path, root, sink)? {
            RangeValues::Points(nodes) => return Some(nodes),
            RangeValues::Interval(_) => {
                let title = format!("`{name}` is a range without `steps`");
                let help = "steps = 5 for five values, or sample = { method = \"sobol\", count = \
                            40 } in this block";
                let problem = Problem::of(ProblemCode::Missing, &path.node, title);
                problem.label("how many values?").help(help)
            }
        },
        _ => {
            let found = path.node.type_name();
            let title = format!("axis `{name}` needs a list of values, not {found}");
            let help = "a list [a, b, c], or a range { from = 1e-4, to = 1e-1, steps = 4, scale = \
                        \"log\" }";
            Problem::of(ProblemCode::WrongType, &path.node, title).help(help)
        }
    };
    sink.report(problem);
    None
}
