//! Paths and what is written for them, below `grid`, `zip`, `exclude`, `labels`, a baseline or a
//! priority.

use crate::source::problem::{Problem, ProblemCode, ProblemSink};
use crate::source::span::Span;
use crate::source::tree::{Node, TableEntry};

/// A path and what is written for it.
#[derive(Clone, Debug)]
pub(crate) struct PathValue {
    pub path: String,
    pub span: Span,
    pub node: Node,
}

/// Reads a table of paths, which may be written with quotes (`"train.epochs"`) or without. Tables
/// on the way are part of the path, unless they are a range or `is_axis` recognises the path.
pub(crate) fn path_values(
    node: Option<&Node>,
    is_axis: &dyn Fn(&str) -> bool,
    sink: &mut ProblemSink,
) -> Vec<PathValue> {
    let mut found = Vec::new();
    let Some(node) = node else { return found };
    if node.is_table() {
        collect(node, "", is_axis, &mut found);
    } else {
        let title = format!("this must be a table of axes, not {}", node.type_name());
        let problem = Problem::of(ProblemCode::WrongType, node, title);
        sink.report(problem.help("\"train.optimizer.lr\" = [0.1, 0.01]"));
    }
    found
}

fn collect(node: &Node, prefix: &str, is_axis: &dyn Fn(&str) -> bool, found: &mut Vec<PathValue>) {
    for TableEntry {
        key,
        key_span,
        node,
    } in node.entries()
    {
        let path = if prefix.is_empty() {
            key.to_string()
        } else {
            format!("{prefix}.{key}")
        };
        let leads_on = node.is_table() && !node.entries().is_empty() && !is_range(node);
        if leads_on && !is_axis(&path) {
            collect(node, &path, is_axis, found);
        } else {
            found.push(PathValue {
                path,
                span: *key_span,
                node: node.clone(),
            });
        }
    }
}

fn is_range(node: &Node) -> bool {
    let keys = ["from", "to", "steps"];
    keys.iter().any(|key| node.get(key).is_some())
}
