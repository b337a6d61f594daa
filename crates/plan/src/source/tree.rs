//! The file as a tree in which every key and every value knows where it stands.
//!
//! Children are shared, so that a configuration costs only what it changes.

use crate::source::problem::Problem;
use std::sync::Arc;
use toml::de::{DeTable, DeValue};

/// A place in one of the sources of a plan: the file (source 0), or an override of the command
/// line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Origin {
    pub source: u32,
    pub start: u32,
    pub end: u32,
}

impl Origin {
    /// Of values that the program fills in.
    pub(crate) const DEFAULT: Origin = Origin {
        source: u32::MAX,
        start: 0,
        end: 0,
    };

    fn new(source: u32, base: usize, span: std::ops::Range<usize>) -> Origin {
        let clamp = |n: usize| u32::try_from(base + n).unwrap_or(u32::MAX);
        Origin {
            source,
            start: clamp(span.start),
            end: clamp(span.end),
        }
    }

    fn is_empty(self) -> bool {
        self.start >= self.end
    }
}

/// A value and its place.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub value: Value,
    pub at: Origin,
    /// Where `$name` stood, if the value came in its place.
    pub via: Option<Origin>,
}

#[derive(Clone, Debug)]
pub(crate) enum Value {
    Text(Arc<str>),
    Int(i64),
    Float(f64),
    Bool(bool),
    Time,
    List(Arc<Vec<Node>>),
    Table(Arc<Vec<Entry>>),
}

/// A key of a table with its value.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub key: Arc<str>,
    pub key_at: Origin,
    pub node: Node,
}

impl Node {
    pub(crate) fn new(value: Value, at: Origin) -> Node {
        Node {
            value,
            at,
            via: None,
        }
    }

    /// A table without entries.
    pub(crate) fn table(at: Origin) -> Node {
        Node::new(Value::Table(Arc::default()), at)
    }

    /// Entries of a table; none of anything else.
    pub(crate) fn entries(&self) -> &[Entry] {
        match &self.value {
            Value::Table(entries) => entries,
            _ => &[],
        }
    }

    /// Items of a list; none of anything else.
    pub(crate) fn items(&self) -> &[Node] {
        match &self.value {
            Value::List(items) => items,
            _ => &[],
        }
    }

    pub(crate) fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries().iter().find(|e| &*e.key == key)
    }

    pub(crate) fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|e| &e.node)
    }

    pub(crate) fn is_table(&self) -> bool {
        matches!(self.value, Value::Table(_))
    }

    pub(crate) fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn bool(&self) -> Option<bool> {
        match self.value {
            Value::Bool(b) => Some(b),
            _ => None,
        }
    }

    pub(crate) fn float(&self) -> Option<f64> {
        match self.value {
            Value::Int(n) => Some(n as f64),
            Value::Float(x) => Some(x),
            _ => None,
        }
    }

    /// The number if it is whole; `1e3` is.
    pub(crate) fn int(&self) -> Option<i64> {
        match self.value {
            Value::Int(n) => Some(n),
            Value::Float(x) if x.fract() == 0.0 && x.abs() < 9e15 => Some(x as i64),
            _ => None,
        }
    }

    /// Sets an entry of a table, or adds it at the end; does nothing to anything else.
    pub(crate) fn put(&mut self, entry: Entry) {
        if let Value::Table(entries) = &mut self.value {
            let entries = Arc::make_mut(entries);
            match entries.iter_mut().find(|e| e.key == entry.key) {
                Some(old) => *old = entry,
                None => entries.push(entry),
            }
        }
    }

    pub(crate) fn remove(&mut self, key: &str) {
        if let Value::Table(entries) = &mut self.value {
            Arc::make_mut(entries).retain(|e| &*e.key != key);
        }
    }

    /// Equal in meaning: `1` equals `1.0`, the order of keys does not matter, places do not.
    pub(crate) fn same(&self, other: &Node) -> bool {
        self.meaning() == other.meaning()
    }

    /// One spelling for all values that are [`same`](Node::same).
    pub(crate) fn meaning(&self) -> String {
        match &self.value {
            Value::List(items) => format!(
                "[{}]",
                items
                    .iter()
                    .map(Node::meaning)
                    .collect::<Vec<_>>()
                    .join(",")
            ),
            Value::Table(entries) => {
                let mut parts: Vec<_> = entries
                    .iter()
                    .map(|e| format!("{:?}:{}", e.key, e.node.meaning()))
                    .collect();
                parts.sort();
                format!("{{{}}}", parts.join(","))
            }
            Value::Text(text) => format!("{text:?}"),
            // Beyond 2^53 integers are no longer exact as floats.
            Value::Int(n) if n.unsigned_abs() > 1 << 53 => n.to_string(),
            _ => self
                .float()
                .map_or_else(|| self.json().to_string(), |x| format!("{x:e}")),
        }
    }

    /// The value as JSON, as it was written.
    pub(crate) fn json(&self) -> serde_json::Value {
        match &self.value {
            Value::Text(text) => serde_json::Value::from(&**text),
            Value::Int(n) => (*n).into(),
            Value::Float(x) if x.is_finite() => (*x).into(),
            Value::Float(x) => x.to_string().into(),
            Value::Bool(b) => (*b).into(),
            Value::Time => serde_json::Value::Null,
            Value::List(items) => items.iter().map(Node::json).collect(),
            Value::Table(entries) => entries
                .iter()
                .map(|e| (e.key.to_string(), e.node.json()))
                .collect(),
        }
    }

    /// What it is, in words.
    pub(crate) fn type_name(&self) -> &'static str {
        match self.value {
            Value::Text(_) => "a text",
            Value::Int(_) => "an integer",
            Value::Float(_) => "a number",
            Value::Bool(_) => "true or false",
            Value::Time => "a date",
            Value::List(_) => "a list",
            Value::Table(_) => "a table",
        }
    }
}

/// Parses a whole document; every error of its syntax is a problem.
pub(crate) fn parse_document(text: &str, source: u32) -> Result<Node, Vec<Problem>> {
    let (table, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        return Err(syntax_problems(text, &errors, source, 0));
    }
    let mut problems = Vec::new();
    let root = Node::new(
        convert_table(table.get_ref(), source, 0, &mut problems),
        Origin::new(source, 0, 0..0),
    );
    if problems.is_empty() {
        Ok(root)
    } else {
        Err(problems)
    }
}

/// Parses one value that begins at byte `base` of its source.
pub(crate) fn parse_value(text: &str, source: u32, base: usize) -> Result<Node, Vec<Problem>> {
    let value = DeValue::parse(text).map_err(|e| syntax_problems(text, &[e], source, base))?;
    let mut problems = Vec::new();
    let node = convert(
        value.get_ref(),
        Origin::new(source, base, value.span()),
        source,
        base,
        &mut problems,
    );
    if problems.is_empty() {
        Ok(node)
    } else {
        Err(problems)
    }
}

/// One problem a line: what follows on a line is a consequence of the first.
fn syntax_problems(
    text: &str,
    errors: &[toml::de::Error],
    source: u32,
    base: usize,
) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut told = None;
    for error in errors {
        let span = error.span().unwrap_or(0..0);
        let line = text
            .as_bytes()
            .iter()
            .take(span.start)
            .filter(|b| **b == b'\n')
            .count();
        if told == Some(line) {
            continue;
        }
        told = Some(line);
        let message = error.message().trim().replace(", expected nothing", "");
        let at = Origin::new(source, base, span);
        let problem = Problem::new(at, format!("this is not TOML: {message}"), "");
        let extends = message.contains("extend");
        let help = "a path of which another is the beginning must be in quotes: \"model.parameters.width\" = …";
        problems.push(if extends { problem.help(help) } else { problem });
    }
    problems
}

fn convert_table(table: &DeTable, source: u32, base: usize, problems: &mut Vec<Problem>) -> Value {
    let mut entries: Vec<Entry> = table
        .iter()
        .map(|(key, value)| {
            let key_at = Origin::new(source, base, key.span());
            let mut at = Origin::new(source, base, value.span());
            if at.is_empty() {
                at = key_at;
            }
            let node = convert(value.get_ref(), at, source, base, problems);
            Entry {
                key: Arc::from(&**key.get_ref()),
                key_at,
                node,
            }
        })
        .collect();
    entries.sort_by_key(|e| e.key_at);
    Value::Table(Arc::new(entries))
}

fn convert(
    value: &DeValue,
    at: Origin,
    source: u32,
    base: usize,
    problems: &mut Vec<Problem>,
) -> Node {
    let value = match value {
        DeValue::String(text) => Value::Text(Arc::from(&**text)),
        DeValue::Integer(n) => match i64::from_str_radix(n.as_str(), n.radix()) {
            Ok(n) => Value::Int(n),
            Err(_) => {
                problems.push(Problem::new(
                    at,
                    "an integer that is too large",
                    "does not fit 64 bits",
                ));
                Value::Int(0)
            }
        },
        DeValue::Float(x) => Value::Float(x.as_str().parse().unwrap_or(f64::NAN)),
        DeValue::Boolean(b) => Value::Bool(*b),
        DeValue::Datetime(_) => Value::Time,
        DeValue::Array(items) => {
            let convert = |item: &toml::Spanned<DeValue>, problems: &mut Vec<Problem>| {
                let place = Origin::new(source, base, item.span());
                convert(
                    item.get_ref(),
                    if place.is_empty() { at } else { place },
                    source,
                    base,
                    problems,
                )
            };
            Value::List(Arc::new(
                items.iter().map(|i| convert(i, problems)).collect(),
            ))
        }
        DeValue::Table(table) => convert_table(table, source, base, problems),
    };
    Node::new(value, at)
}
