//! TOML as a tree with places.

use super::problem::{Problem, ProblemCode};
use super::span::Span;
use super::tree::{Node, NodeValue, TableEntry};
use std::sync::Arc;
use toml::de::{DeTable, DeValue};

/// Parses a whole document.
///
/// # Errors
/// Every error of its syntax.
pub(crate) fn parse_document(text: &str, number: u32) -> Result<Node, Vec<Problem>> {
    let mut converter = Converter {
        text: number,
        base: 0,
        problems: vec![],
    };
    let (table, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        return Err(converter.syntax_problems(text, &errors));
    }
    let root = converter.table(table.get_ref());
    converter.finish(Node::new(root, Span::new(number, 0, 0..0)))
}

/// Parses one value whose first byte is byte `base` of the text.
///
/// # Errors
/// The error of its syntax.
pub(crate) fn parse_value(text: &str, number: u32, base: usize) -> Result<Node, Vec<Problem>> {
    let mut converter = Converter {
        text: number,
        base,
        problems: vec![],
    };
    match DeValue::parse(text) {
        Ok(value) => {
            let span = converter.span(value.span());
            let node = converter.node(value.get_ref(), span);
            converter.finish(node)
        }
        Err(error) => Err(converter.syntax_problems(text, &[error])),
    }
}

struct Converter {
    text: u32,
    base: usize,
    problems: Vec<Problem>,
}

impl Converter {
    fn finish(self, node: Node) -> Result<Node, Vec<Problem>> {
        if self.problems.is_empty() {
            Ok(node)
        } else {
            Err(self.problems)
        }
    }

    fn span(&self, bytes: std::ops::Range<usize>) -> Span {
        Span::new(self.text, self.base, bytes)
    }

    fn table(&mut self, table: &DeTable) -> NodeValue {
        let mut entries = Vec::with_capacity(table.len());
        for (key, value) in table {
            let key_span = self.span(key.span());
            let mut span = self.span(value.span());
            if span.is_empty() {
                span = key_span;
            }
            entries.push(TableEntry {
                key: Arc::from(&**key.get_ref()),
                key_span,
                node: self.node(value.get_ref(), span),
            });
        }
        // The parser's tables are ordered by key, ours by place.
        entries.sort_by_key(|e| e.key_span);
        NodeValue::Table(Arc::new(entries))
    }

    fn node(&mut self, value: &DeValue, span: Span) -> Node {
        let value = match value {
            DeValue::String(text) => NodeValue::Text(Arc::from(&**text)),
            DeValue::Integer(n) => match i64::from_str_radix(n.as_str(), n.radix()) {
                Ok(n) => NodeValue::Int(n),
                Err(_) => {
                    let title = "this integer is too large";
                    let problem = Problem::at(ProblemCode::Syntax, span, title);
                    self.problems
                        .push(problem.label("does not fit into 64 bits"));
                    NodeValue::Int(0)
                }
            },
            DeValue::Float(x) => NodeValue::Float(x.as_str().parse().unwrap_or(f64::NAN)),
            DeValue::Boolean(b) => NodeValue::Bool(*b),
            DeValue::Datetime(_) => NodeValue::Time,
            DeValue::Array(items) => {
                let mut nodes = Vec::with_capacity(items.len());
                for item in items {
                    let own = self.span(item.span());
                    let place = if own.is_empty() { span } else { own };
                    nodes.push(self.node(item.get_ref(), place));
                }
                NodeValue::List(Arc::new(nodes))
            }
            DeValue::Table(table) => self.table(table),
        };
        Node::new(value, span)
    }

    /// The first error of each line: the others of a line are mostly consequences.
    fn syntax_problems(&self, text: &str, errors: &[toml::de::Error]) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut last_line = None;
        for error in errors {
            let bytes = error.span().unwrap_or(0..0);
            let before = text.as_bytes().iter().take(bytes.start);
            let line = before.filter(|b| **b == b'\n').count();
            if last_line == Some(line) {
                continue;
            }
            last_line = Some(line);
            problems.push(syntax_problem(error.message(), self.span(bytes)));
        }
        problems
    }
}

fn syntax_problem(message: &str, span: Span) -> Problem {
    let message = message.trim().replace(", expected nothing", "");
    let title = format!("this is not valid TOML: {message}");
    let problem = Problem::at(ProblemCode::Syntax, span, title);
    if message.contains("extend") {
        let help = "put the path into quotes if another path begins with it: \
                    \"model.parameters.width\" = …";
        problem.help(help)
    } else {
        problem
    }
}
