//! Sets a value at a path, as axes and overrides do.

use super::alternatives::Alternatives;
use super::overlay::{as_table, overlay};
use crate::language::suggest;
use crate::source::problem::{Problem, ProblemCode};
use crate::source::span::Span;
use crate::source::tree::{Node, NodeValue, TableEntry};
use std::sync::Arc;

/// Sets `value` at `path` below `root`, which is a table of whole sections. `span` is where the
/// path is written.
///
/// # Errors
/// A path that leads nowhere, or the name of an alternative that does not exist.
pub(crate) fn set_value(
    root: &mut Node,
    path: &[Arc<str>],
    value: &Node,
    span: Span,
    alternatives: &Alternatives,
) -> Result<(), Box<Problem>> {
    if let ([section], Some(name)) = (path, value.text()) {
        let (defined, plural) = match &**section {
            "model" => (&alternatives.models, "models"),
            "augment" => (&alternatives.augments, "augments"),
            _ => (&None, ""),
        };
        if !plural.is_empty() {
            if name != "base" {
                let found = alternative(defined.as_ref(), plural, name, value)?;
                let node = overlay(root.get(section), &found, section);
                root.insert(TableEntry {
                    key: section.clone(),
                    key_span: span,
                    node,
                });
            }
            return Ok(());
        }
    }
    let is_optimizer = path.last().is_some_and(|key| &**key == "optimizer");
    let value = if is_optimizer {
        alternatives.optimizer(value)
    } else {
        value.clone()
    };
    let setter = Setter {
        value: &value,
        span,
        alternatives,
        whole_path: path.join("."),
    };
    setter.set(root, "", path)
}

/// The alternative of this name in `[models]` or `[augments]`.
fn alternative(
    defined: Option<&Node>,
    plural: &str,
    name: &str,
    value: &Node,
) -> Result<Node, Box<Problem>> {
    if let Some(found) = defined.and_then(|table| table.get(name)) {
        return Ok(found.clone());
    }
    let mut names = vec!["base"];
    if let Some(defined) = defined {
        names.extend(defined.entries().iter().map(|e| &*e.key));
    }
    let title = format!("there is no [{plural}.{name}]");
    let problem = Problem::of(ProblemCode::UnknownName, value, title);
    let help = suggest::remedy(name, &names);
    Err(Box::new(problem.label("not defined").help(help)))
}

struct Setter<'a> {
    value: &'a Node,
    span: Span,
    alternatives: &'a Alternatives,
    whole_path: String,
}

impl Setter<'_> {
    /// Sets the value at `path` below `node`, which is the value of `own_key`.
    fn set(&self, node: &mut Node, own_key: &str, path: &[Arc<str>]) -> Result<(), Box<Problem>> {
        let Some((key, rest)) = path.split_first() else {
            return Ok(());
        };
        if let NodeValue::List(items) = &mut node.value {
            let count = items.len();
            let Some(index) = key.parse::<usize>().ok().filter(|i| *i < count) else {
                return Err(self.no_such_item(key, count));
            };
            let item = &mut Arc::make_mut(items)[index];
            if rest.is_empty() {
                *item = overlay(Some(item), self.value, "");
                return Ok(());
            }
            return self.set(item, "", rest);
        }
        *node = self.table_at(node, own_key, key)?;
        let mut child = match node.entry(key) {
            Some(entry) => entry.clone(),
            None => TableEntry {
                key: key.clone(),
                key_span: self.span,
                node: Node::empty_table(self.span),
            },
        };
        if rest.is_empty() {
            child.node = overlay(node.get(key), self.value, key);
            // The value comes from where the path is written.
            child.key_span = self.span;
        } else {
            if &**key == "optimizer" {
                child.node = self.alternatives.optimizer(&child.node);
            }
            self.set(&mut child.node, key, rest)?;
        }
        node.insert(child);
        Ok(())
    }

    /// The table that the path goes on in. A name that does not stand for a table, as in
    /// `early_stopping = "none"`, gives way to a new one.
    fn table_at(&self, node: &Node, own_key: &str, key: &str) -> Result<Node, Box<Problem>> {
        if let Some(table) = as_table(node, own_key) {
            return Ok(table);
        }
        if node.text().is_some() {
            return Ok(Node::empty_table(node.span));
        }
        let path = &self.whole_path;
        let title = format!("`{path}` looks for `{key}` in {}", node.type_name());
        let help = "paths lead only through tables and lists";
        Err(self.dead_end(title, help.into()))
    }

    fn no_such_item(&self, key: &str, count: usize) -> Box<Problem> {
        let path = &self.whole_path;
        let title = format!("`{path}` looks for item `{key}` in a list of {count}");
        let help = match count {
            0 => "the list is empty".into(),
            _ => format!("items are numbered from 0 to {}", count - 1),
        };
        self.dead_end(title, help)
    }

    fn dead_end(&self, title: String, help: String) -> Box<Problem> {
        let problem = Problem::at(ProblemCode::UnknownKey, self.span, title);
        Box::new(problem.label("leads nowhere").help(help))
    }
}
