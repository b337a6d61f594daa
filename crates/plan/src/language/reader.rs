//! Typed reading of tables that have been checked, with the defaults of the language filled in.

use crate::language::field::{Default, Family, Field, Variant};
use crate::source::tree::{Node, Origin, parse_value};
use serde::de::DeserializeOwned;

/// A checked table and its fields.
pub(crate) struct Reader<'a> {
    node: &'a Node,
    fields: &'static [Field],
}

impl<'a> Reader<'a> {
    pub(crate) fn new(node: &'a Node, fields: &'static [Field]) -> Reader<'a> {
        Reader { node, fields }
    }

    pub(crate) fn fields(&self) -> &'static [Field] {
        self.fields
    }

    /// What stands in the file.
    pub(crate) fn given(&self, key: &str) -> Option<&'a Node> {
        self.node.get(key)
    }

    /// What stands in the file, or the default; `None` where there is neither.
    pub(crate) fn node(&self, key: &str) -> Option<Node> {
        if let Some(node) = self.node.get(key) {
            return Some(node.clone());
        }
        match self.fields.iter().find(|f| f.key == key)?.default {
            Default::Value(text) => constant(text),
            Default::Required | Default::None => None,
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
    let number = |n: &Node| u32::try_from(n.int()?).ok();
    match node.items() {
        [a, b] => Some([number(a)?, number(b)?]),
        _ => Some([number(node)?; 2]),
    }
}

pub(crate) fn choice<T: DeserializeOwned>(node: &Node) -> Option<T> {
    serde_json::from_value(node.json()).ok()
}

/// The variant that a name or a table with a name means, with its options.
pub(crate) fn named<'a>(node: &'a Node, family: &Family) -> Option<(&'static str, Reader<'a>)> {
    let name = node
        .text()
        .or_else(|| node.get("name").and_then(Node::text))
        .or(family.default)?;
    let variant: &'static Variant = family.find(name)?;
    Some((variant.key, Reader::new(node, variant.fields)))
}

/// A value of the language's own tables.
pub(crate) fn constant(text: &str) -> Option<Node> {
    let mut node = parse_value(text, 0, 0).ok()?;
    mark(&mut node);
    Some(node)
}

fn mark(node: &mut Node) {
    node.at = Origin::DEFAULT;
}
