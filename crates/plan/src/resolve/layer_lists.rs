//! The lists of layers in the table of a layer, which are resolved apart from its other keys.

use crate::source::tree::{Node, NodeValue, TableEntry};
use std::sync::Arc;

/// Keys of a layer that contain layers.
const KEYS: [&str; 4] = ["residual", "shortcut", "parallel", "layers"];

/// The table with every list of layers emptied, for a check of the other keys.
pub(super) fn without_lists(node: &Node) -> Node {
    let mut bare = node.clone();
    for entry in lists(node) {
        let empty = entry.node.with_value(NodeValue::List(Arc::default()));
        bare.insert(entry.with_node(empty));
    }
    bare
}

/// The same, where a parallel layer keeps one empty branch if it has any, so that it does not seem
/// to have none.
pub(super) fn without_lists_but_branches(node: &Node) -> Node {
    let mut bare = without_lists(node);
    if let Some(entry) = node.entry("parallel")
        && !entry.node.items().is_empty()
    {
        let branch = entry.node.with_value(NodeValue::List(Arc::default()));
        let branches = NodeValue::List(Arc::new(vec![branch]));
        bare.insert(entry.with_node(entry.node.with_value(branches)));
    }
    bare
}

/// `bare` with the lists of layers of `whole`.
pub(super) fn with_lists_of(mut bare: Node, whole: &Node) -> Node {
    for entry in lists(whole) {
        bare.insert(entry.clone());
    }
    bare
}

fn lists(node: &Node) -> impl Iterator<Item = &TableEntry> {
    let is_list = |entry: &&TableEntry| KEYS.contains(&&*entry.key) && entry.node.is_list();
    node.entries().iter().filter(is_list)
}
