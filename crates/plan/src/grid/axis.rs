//! An axis and its values.

use crate::source::span::Span;
use crate::source::tree::Node;
use std::collections::HashMap;
use std::sync::Arc;

/// A dotted path with all values that any block gives it.
#[derive(Clone, Debug)]
pub(crate) struct GridAxis {
    pub path: String,
    pub segments: Vec<Arc<str>>,
    /// Where its key is written first.
    pub span: Span,
    /// Short name for charts and labels.
    pub name: String,
    pub values: Vec<GridValue>,
    /// Numbers of the values by their canonical spelling.
    numbers: HashMap<String, u32>,
}

/// A value of an axis.
#[derive(Clone, Debug)]
pub(crate) struct GridValue {
    pub node: Node,
    pub label: String,
    /// Whether the label comes from the file.
    pub labelled: bool,
}

impl GridAxis {
    pub(crate) fn new(path: String, segments: Vec<Arc<str>>, span: Span) -> GridAxis {
        GridAxis {
            path,
            segments,
            span,
            name: String::new(),
            values: vec![],
            numbers: HashMap::new(),
        }
    }

    /// The section that its path begins with.
    pub(crate) fn section(&self) -> &str {
        &self.segments[0]
    }

    /// Number of the value that is equal to `wanted`, or whose label from the file is `wanted`.
    pub(crate) fn number_of(&self, wanted: &Node) -> Option<u32> {
        if let Some(number) = self.numbers.get(&wanted.canonical()) {
            return Some(*number);
        }
        let text = wanted.text()?;
        let mut values = self.values.iter();
        let position = values.position(|v| v.labelled && v.label == text)?;
        u32::try_from(position).ok()
    }

    /// Number of the value, which is added if it is new.
    pub(super) fn add(&mut self, node: Node, label: Option<String>) -> u32 {
        let next = u32::try_from(self.values.len()).unwrap_or(u32::MAX);
        let number = *self.numbers.entry(node.canonical()).or_insert(next);
        if number == next {
            self.values.push(GridValue {
                node,
                label: String::new(),
                labelled: false,
            });
        }
        let value = &mut self.values[number as usize];
        if let Some(label) = label.filter(|_| !value.labelled) {
            value.label = label;
            value.labelled = true;
        }
        number
    }
}
