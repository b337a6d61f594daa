//! Parameters: `"$name"` stands for the value of the parameter called `name`.

use crate::source::tree::{Node, NodeValue, TableEntry};
use std::sync::Arc;

/// The name of the parameter that a value stands for.
pub(crate) fn parameter_name(node: &Node) -> Option<&str> {
    node.text()?.strip_prefix('$')
}

/// The tree with every `"$name"` replaced by the parameter of that name, if there is one.
pub(crate) fn substitute(node: &Node, parameters: &Node) -> Node {
    match &node.value {
        NodeValue::Text(_) => match parameter_name(node).and_then(|name| parameters.get(name)) {
            Some(value) => Node {
                used_at: Some(node.span),
                ..value.clone()
            },
            None => node.clone(),
        },
        NodeValue::List(items) => {
            let items = items.iter().map(|item| substitute(item, parameters));
            node.with_value(NodeValue::List(Arc::new(items.collect())))
        }
        NodeValue::Table(entries) => {
            let entries = entries.iter().map(|entry| substitute_in(entry, parameters));
            node.with_value(NodeValue::Table(Arc::new(entries.collect())))
        }
        NodeValue::Int(_) | NodeValue::Float(_) | NodeValue::Bool(_) | NodeValue::Time => {
            node.clone()
        }
    }
}

fn substitute_in(entry: &TableEntry, parameters: &Node) -> TableEntry {
    entry.with_node(substitute(&entry.node, parameters))
}

/// A use of a parameter: the name, the place, and the key whose value it is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ParameterUse<'a> {
    pub name: &'a str,
    pub node: &'a Node,
    pub key: &'a str,
}

/// All uses of parameters in a tree, in its order.
pub(crate) fn uses(node: &Node) -> Vec<ParameterUse<'_>> {
    let mut found = Vec::new();
    collect(node, "", &mut found);
    found
}

fn collect<'a>(node: &'a Node, key: &'a str, found: &mut Vec<ParameterUse<'a>>) {
    if let Some(name) = parameter_name(node) {
        found.push(ParameterUse { name, node, key });
    }
    for item in node.items() {
        collect(item, key, found);
    }
    for entry in node.entries() {
        collect(&entry.node, &entry.key, found);
    }
}
