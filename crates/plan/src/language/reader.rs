//! Typed reading of tables that have been checked, with the defaults of the language filled in.

use super::field::{Field, FieldDefault, Variants};
use crate::source::parse::parse_value;
use crate::source::span::Span;
use crate::source::tree::{Node, NodeValue, TableEntry};
use serde::de::DeserializeOwned;
use std::sync::Arc;

/// A checked table and its fields.
pub(crate) struct TableReader<'a> {
    node: &'a Node,
    fields: &'static [Field],
}

impl<'a> TableReader<'a> {
    pub(crate) fn new(node: &'a Node, fields: &'static [Field]) -> TableReader<'a> {
        TableReader { node, fields }
    }

    pub(crate) fn fields(&self) -> &'static [Field] {
        self.fields
    }

    /// What the file says.
    pub(crate) fn given(&self, key: &str) -> Option<&'a Node> {
        self.node.get(key)
    }

    /// What the file says, or the default; `None` if there is neither.
    pub(crate) fn node(&self, key: &str) -> Option<Node> {
        if let Some(node) = self.node.get(key) {
            return Some(node.clone());
        }
        match self.fields.iter().find(|f| f.key == key)?.default {
            FieldDefault::Value(text) => built_in(text),
            FieldDefault::Required | FieldDefault::Absent => None,
        }
    }

    pub(crate) fn u32(&self, key: &str) -> Option<u32> {
        u32::try_from(self.node(key)?.int()?).ok()
    }

    pub(crate) fn u64(&self, key: &str) -> Option<u64> {
        u64::try_from(self.node(key)?.int()?).ok()
    }

    pub(crate) fn f64(&self, key: &str) -> Option<f64> {
        self.node(key)?.float()
    }

    pub(crate) fn bool(&self, key: &str) -> Option<bool> {
        self.node(key)?.bool()
    }

    pub(crate) fn text(&self, key: &str) -> Option<String> {
        self.node(key)?.text().map(str::to_string)
    }

    /// A value of an enum of `spec` whose names are the language's.
    pub(crate) fn choice<T: DeserializeOwned>(&self, key: &str) -> Option<T> {
        choice(&self.node(key)?)
    }

    pub(crate) fn pair(&self, key: &str) -> Option<[u32; 2]> {
        pair(&self.node(key)?)
    }

    pub(crate) fn floats(&self, key: &str) -> Option<Vec<f64>> {
        self.node(key)?.items().iter().map(Node::float).collect()
    }
}

/// `[n, n]` for `n`, or the two numbers.
pub(crate) fn pair(node: &Node) -> Option<[u32; 2]> {
    match node.items() {
        [a, b] => Some([natural(a)?, natural(b)?]),
        _ => Some([natural(node)?; 2]),
    }
}

/// A number that fits into a `u32`.
pub(crate) fn natural(node: &Node) -> Option<u32> {
    u32::try_from(node.int()?).ok()
}

/// A value of an enum of `spec` whose names are the language's.
pub(crate) fn choice<T: DeserializeOwned>(node: &Node) -> Option<T> {
    serde_json::from_value(node.json()).ok()
}

/// The variant that a name, or a table with a name, means, with its options.
pub(crate) fn named<'a>(
    node: &'a Node,
    variants: &Variants,
) -> Option<(&'static str, TableReader<'a>)> {
    let variant = variants.find(node.name().or(variants.default)?)?;
    Some((variant.key, TableReader::new(node, variant.fields)))
}

/// A TOML value that the program fills in.
pub(crate) fn built_in(text: &str) -> Option<Node> {
    Some(relocated(&parse_value(text, 0, 0).ok()?, Span::BUILT_IN))
}

/// The node and everything in it at another place.
pub(crate) fn relocated(node: &Node, span: Span) -> Node {
    let value = match &node.value {
        NodeValue::List(items) => {
            let items = items.iter().map(|item| relocated(item, span));
            NodeValue::List(Arc::new(items.collect()))
        }
        NodeValue::Table(entries) => {
            let entries = entries.iter().map(|e| TableEntry {
                key: e.key.clone(),
                key_span: span,
                node: relocated(&e.node, span),
            });
            NodeValue::Table(Arc::new(entries.collect()))
        }
        value => value.clone(),
    };
    Node::new(value, span)
}
