//! Ranges as the values of an axis.

use super::fractions::takes_fractions;
use super::path_values::PathValue;
use super::sample::Interval;
use crate::language::check::Checker;
use crate::language::reader::TableReader;
use crate::language::tables;
use crate::source::problem::{Problem, ProblemCode, ProblemSink};
use crate::source::tree::{Node, NodeValue};

/// What a range stands for.
pub(super) enum RangeValues {
    /// Its points, both ends included.
    Points(Vec<Node>),
    /// All of it, for a range without steps.
    Interval(Interval),
}

/// Reads a range. `root` is the file, which says whether a parameter takes integers only.
pub(super) fn range(path: &PathValue, root: &Node, sink: &mut ProblemSink) -> Option<RangeValues> {
    let node = &path.node;
    if !Checker::whole(sink).section(node, tables::RANGE, &path.path) {
        return None;
    }
    let reader = TableReader::new(node, tables::RANGE);
    let (from, to) = (reader.f64("from")?, reader.f64("to")?);
    let log = reader.text("scale")? == "log";
    if log && (from <= 0.0 || to <= 0.0) {
        let lowest = from.min(to);
        let title = format!("the logarithmic range of `{}` reaches {lowest}", path.path);
        let help = "both ends of a logarithmic range must be above 0; scale = \"linear\" takes any \
                    number";
        let problem = Problem::of(ProblemCode::WrongValue, node, title);
        sink.report(problem.help(help));
        return None;
    }
    let interval = Interval {
        from,
        to,
        log,
        integers: is_integer(&reader, "from") && is_integer(&reader, "to"),
        span: node.span,
    };
    Some(match reader.u32("steps") {
        None => RangeValues::Interval(interval),
        Some(steps) => RangeValues::Points(points(&interval, steps, &path.path, root)),
    })
}

fn is_integer(reader: &TableReader, key: &str) -> bool {
    let node = reader.given(key);
    node.is_some_and(|node| matches!(node.value, NodeValue::Int(_)))
}

/// The points of a range with this many steps.
fn points(interval: &Interval, steps: u32, path: &str, root: &Node) -> Vec<Node> {
    let numbers: Vec<f64> = (0..steps).map(|i| point(interval, i, steps)).collect();
    let all_whole = numbers.iter().all(|x| x.fract() == 0.0);
    let round = interval.integers && !all_whole && !takes_fractions(path, root);
    let mut nodes = Vec::with_capacity(numbers.len());
    for x in numbers {
        let x = if round { x.round() } else { x };
        let value = if interval.integers && x.fract() == 0.0 && x.abs() < 9e15 {
            NodeValue::Int(x as i64)
        } else {
            NodeValue::Float(x)
        };
        nodes.push(Node::new(value, interval.span));
    }
    nodes
}

/// Point `i` of a range, to 12 digits.
fn point(interval: &Interval, i: u32, steps: u32) -> f64 {
    let Interval { from, to, log, .. } = *interval;
    let share = f64::from(i) / f64::from(steps - 1);
    let x = if i == 0 {
        from
    } else if i == steps - 1 {
        to
    } else if log {
        (from.ln() + (to.ln() - from.ln()) * share).exp()
    } else {
        from * (1.0 - share) + to * share
    };
    format!("{x:.11e}").parse().unwrap_or(x)
}
