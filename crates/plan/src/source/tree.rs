//! A file as a tree in which every key and every value knows its location.
//!
//! Children are shared, so that copying a tree to change one value costs only the way to it.

use super::span::Span;
use std::sync::Arc;

/// A value and its place.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub value: NodeValue,
    pub span: Span,
    /// For the value of a parameter: location of the `"$name"` that it replaced.
    pub used_at: Option<Span>,
}

#[derive(Clone, Debug)]
pub(crate) enum NodeValue {
    Text(Arc<str>),
    Int(i64),
    Float(f64),
    Bool(bool),
    /// A date or a time, which no key takes.
    Time,
    List(Arc<Vec<Node>>),
    Table(Arc<Vec<TableEntry>>),
}

/// A key of a table with its value.
#[derive(Clone, Debug)]
pub(crate) struct TableEntry {
    pub key: Arc<str>,
    pub key_span: Span,
    pub node: Node,
}

impl Node {
    pub(crate) fn new(value: NodeValue, span: Span) -> Node {
        Node {
            value,
            span,
            used_at: None,
        }
    }

    pub(crate) fn text_at(text: &str, span: Span) -> Node {
        Node::new(NodeValue::Text(text.into()), span)
    }

    pub(crate) fn empty_table(span: Span) -> Node {
        Node::new(NodeValue::Table(Arc::default()), span)
    }

    /// The same place with another value.
    pub(crate) fn with_value(&self, value: NodeValue) -> Node {
        Node {
            value,
            ..self.clone()
        }
    }

    /// Entries of a table; none of anything else.
    pub(crate) fn entries(&self) -> &[TableEntry] {
        match &self.value {
            NodeValue::Table(entries) => entries,
            _ => &[],
        }
    }

    /// Items of a list; none of anything else.
    pub(crate) fn items(&self) -> &[Node] {
        match &self.value {
            NodeValue::List(items) => items,
            _ => &[],
        }
    }

    /// The items of a list, or the value itself if it is not a list.
    pub(crate) fn one_or_many(&self) -> &[Node] {
        match &self.value {
            NodeValue::List(items) => items,
            _ => std::slice::from_ref(self),
        }
    }

    pub(crate) fn entry(&self, key: &str) -> Option<&TableEntry> {
        self.entries().iter().find(|e| &*e.key == key)
    }

    pub(crate) fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|e| &e.node)
    }

    pub(crate) fn is_table(&self) -> bool {
        matches!(self.value, NodeValue::Table(_))
    }

    pub(crate) fn is_list(&self) -> bool {
        matches!(self.value, NodeValue::List(_))
    }

    pub(crate) fn text(&self) -> Option<&str> {
        match &self.value {
            NodeValue::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The name of what a value describes: its text, or the text of its `name`.
    pub(crate) fn name(&self) -> Option<&str> {
        self.text()
            .or_else(|| self.get("name").and_then(Node::text))
    }

    pub(crate) fn bool(&self) -> Option<bool> {
        match self.value {
            NodeValue::Bool(b) => Some(b),
            _ => None,
        }
    }

    pub(crate) fn float(&self) -> Option<f64> {
        match self.value {
            NodeValue::Int(n) => Some(n as f64),
            NodeValue::Float(x) => Some(x),
            _ => None,
        }
    }

    /// A whole number, which may be written as a float: `1e3`.
    pub(crate) fn int(&self) -> Option<i64> {
        match self.value {
            NodeValue::Int(n) => Some(n),
            NodeValue::Float(x) if x.fract() == 0.0 && x.abs() < 9e15 => Some(x as i64),
            _ => None,
        }
    }

    /// Sets an entry of a table, in the place of the old one or at the end; of anything else
    /// nothing changes.
    pub(crate) fn insert(&mut self, entry: TableEntry) {
        if let NodeValue::Table(entries) = &mut self.value {
            let entries = Arc::make_mut(entries);
            match entries.iter_mut().find(|e| e.key == entry.key) {
                Some(old) => *old = entry,
                None => entries.push(entry),
            }
        }
    }

    pub(crate) fn remove(&mut self, key: &str) {
        if let NodeValue::Table(entries) = &mut self.value {
            Arc::make_mut(entries).retain(|e| &*e.key != key);
        }
    }

    /// Whether both mean the same: `1` equals `1.0`, and neither the order of keys nor places
    /// matter.
    pub(crate) fn same(&self, other: &Node) -> bool {
        self.canonical() == other.canonical()
    }

    /// One spelling for all values that are [`same`](Node::same).
    pub(crate) fn canonical(&self) -> String {
        match &self.value {
            NodeValue::List(items) => {
                let items: Vec<_> = items.iter().map(Node::canonical).collect();
                format!("[{}]", items.join(","))
            }
            NodeValue::Table(entries) => {
                let mut parts: Vec<_> = entries.iter().map(TableEntry::canonical).collect();
                parts.sort();
                format!("{{{}}}", parts.join(","))
            }
            NodeValue::Text(text) => format!("{text:?}"),
            // Beyond 2^53 integers are no longer exact as floats.
            NodeValue::Int(n) if n.unsigned_abs() > 1 << 53 => n.to_string(),
            NodeValue::Int(n) => format!("{:e}", *n as f64),
            NodeValue::Float(x) => format!("{x:e}"),
            NodeValue::Bool(_) | NodeValue::Time => self.json().to_string(),
        }
    }

    /// The value as JSON.
    pub(crate) fn json(&self) -> serde_json::Value {
        match &self.value {
            NodeValue::Text(text) => serde_json::Value::from(&**text),
            NodeValue::Int(n) => (*n).into(),
            NodeValue::Float(x) if x.is_finite() => (*x).into(),
            NodeValue::Float(x) => x.to_string().into(),
            NodeValue::Bool(b) => (*b).into(),
            NodeValue::Time => serde_json::Value::Null,
            NodeValue::List(items) => items.iter().map(Node::json).collect(),
            NodeValue::Table(entries) => {
                let pairs = entries.iter().map(|e| (e.key.to_string(), e.node.json()));
                pairs.collect()
            }
        }
    }

    /// Its type in words, with an article.
    pub(crate) fn type_name(&self) -> &'static str {
        match self.value {
            NodeValue::Text(_) => "a string",
            NodeValue::Int(_) => "an integer",
            NodeValue::Float(_) => "a number",
            NodeValue::Bool(_) => "true or false",
            NodeValue::Time => "a date",
            NodeValue::List(_) => "a list",
            NodeValue::Table(_) => "a table",
        }
    }
}

impl TableEntry {
    /// An entry whose key has the location of its value.
    pub(crate) fn new(key: &str, node: Node) -> TableEntry {
        TableEntry {
            key: key.into(),
            key_span: node.span,
            node,
        }
    }

    /// The same key with another value.
    pub(crate) fn with_node(&self, node: Node) -> TableEntry {
        TableEntry {
            key: self.key.clone(),
            key_span: self.key_span,
            node,
        }
    }

    fn canonical(&self) -> String {
        format!("{:?}:{}", self.key, self.node.canonical())
    }
}
