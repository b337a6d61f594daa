//! What happens when a value comes over another: axes, overrides, named alternatives and phases.
//!
//! A table merges into the one that it overrides, key by key, unless its `name` or `preset`
//! changes: then it replaces it.

use crate::language::field::Variant;
use crate::language::suggest;
use crate::language::tables::{LOSSES, OPTIMIZERS, SCHEDULES, SOURCES};
use crate::source::problem::Problem;
use crate::source::tree::{Entry, Node, Origin, Value};
use std::sync::Arc;

/// Deepest path that a value can be set at.
pub(crate) const DEEPEST: usize = 16;

/// The file's named alternatives: `[models]`, `[augments]`, `[optimizers]`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Alternatives {
    pub models: Option<Node>,
    pub augments: Option<Node>,
    pub optimizers: Option<Node>,
}

impl Alternatives {
    /// The optimizer that a text names: of `[optimizers]`, else the built-in with its defaults.
    pub(crate) fn optimizer(&self, node: &Node) -> Node {
        let Some(name) = node.text() else {
            return node.clone();
        };
        let Some(found) = self.optimizers.as_ref().and_then(|o| o.get(name)) else {
            return node.clone();
        };
        let mut found = found.clone();
        if found.get("name").is_none() && OPTIMIZERS.find(name).is_some() {
            found.put(Entry {
                key: "name".into(),
                key_at: node.at,
                node: node.clone(),
            });
        }
        found
    }
}

/// The name that a table or a text at a place called `key` has.
fn name_of<'a>(node: &'a Node, key: &str) -> Option<&'a str> {
    let default = match key {
        "optimizer" => OPTIMIZERS.default,
        "schedule" => SCHEDULES.default,
        "loss" => LOSSES.default,
        _ => None,
    };
    node.text()
        .or_else(|| node.get("name").and_then(Node::text))
        .or(default)
}

/// `over` laid over `base` at a place called `key`.
pub(crate) fn overlay(base: Option<&Node>, over: &Node, key: &str) -> Node {
    let Some(base) = base.filter(|_| over.is_table()) else {
        return over.clone();
    };
    let renamed = over
        .get("name")
        .is_some_and(|n| n.text() != name_of(base, key));
    // A model has layers or a preset: whoever brings the other begins anew.
    let other_model = key == "model"
        && (over
            .get("preset")
            .is_some_and(|p| base.get("preset").is_none_or(|b| b.text() != p.text()))
            || (over.get("layers").is_some() && base.get("preset").is_some()));
    if renamed || other_model {
        return over.clone();
    }
    let Some(mut merged) = as_table(base) else {
        return over.clone();
    };
    for entry in over.entries() {
        let node = overlay(merged.get(&entry.key), &entry.node, &entry.key);
        merged.put(Entry {
            node,
            ..entry.clone()
        });
    }
    merged.at = over.at;
    merged
}

/// A table as it is; a text as the table that it is short for.
fn as_table(node: &Node) -> Option<Node> {
    if node.is_table() {
        return Some(node.clone());
    }
    node.text()?;
    let mut table = Node::table(node.at);
    table.put(Entry {
        key: "name".into(),
        key_at: node.at,
        node: node.clone(),
    });
    Some(table)
}

/// Sets `value` at `path` below `root`, which is a table that holds whole sections.
pub(crate) fn set(
    root: &mut Node,
    path: &[Arc<str>],
    value: &Node,
    at: Origin,
    others: &Alternatives,
) -> Result<(), Box<Problem>> {
    let whole = path.join(".");
    if let ([section], Some(name)) = (path, value.text()) {
        let (table, what) = match &**section {
            "model" => (&others.models, "models"),
            "augment" => (&others.augments, "augments"),
            _ => (&None, ""),
        };
        if !what.is_empty() {
            return alternative(root, section, (name, value), table.as_ref(), what, at);
        }
    }
    let value = if path.last().is_some_and(|k| &**k == "optimizer") {
        others.optimizer(value)
    } else {
        value.clone()
    };
    descend(root, path, &value, at, others, &whole)
}

fn alternative(
    root: &mut Node,
    section: &Arc<str>,
    (name, value): (&str, &Node),
    table: Option<&Node>,
    what: &str,
    at: Origin,
) -> Result<(), Box<Problem>> {
    if name == "base" {
        return Ok(());
    }
    let Some(found) = table.and_then(|t| t.get(name)) else {
        let mut names = vec!["base"];
        names.extend(table.iter().flat_map(|t| t.entries()).map(|e| &*e.key));
        let title = format!("there is no [{what}.{name}]");
        let help = suggest::remedy(name, &names);
        return Err(Box::new(
            Problem::new(value.at, title, "not defined").help(help),
        ));
    };
    let node = overlay(root.get(section), found, section);
    root.put(Entry {
        key: section.clone(),
        key_at: at,
        node,
    });
    Ok(())
}

fn descend(
    node: &mut Node,
    path: &[Arc<str>],
    value: &Node,
    at: Origin,
    others: &Alternatives,
    whole: &str,
) -> Result<(), Box<Problem>> {
    let Some((key, rest)) = path.split_first() else {
        return Ok(());
    };
    let wrong = |title: String, help: &str| {
        Err(Box::new(
            Problem::new(at, title, "does not lead anywhere").help(help),
        ))
    };
    if let Value::List(items) = &mut node.value {
        let count = items.len();
        let Some(index) = key.parse::<usize>().ok().filter(|i| *i < count) else {
            let help = format!("its items are 0 to {}", count.saturating_sub(1));
            return wrong(
                format!("`{whole}` leads to item `{key}` of a list of {count}"),
                &help,
            );
        };
        let item = &mut Arc::make_mut(items)[index];
        if rest.is_empty() {
            *item = overlay(Some(item), value, "");
            return Ok(());
        }
        return descend(item, rest, value, at, others, whole);
    }
    if !node.is_table() {
        let Some(table) = as_table(node) else {
            let title = format!("`{whole}` leads to `{key}` in {}", node.type_name());
            return wrong(title, "a path leads through tables and lists only");
        };
        *node = table;
    }
    let mut child = match node.entry(key) {
        Some(entry) => entry.clone(),
        None => Entry {
            key: key.clone(),
            key_at: at,
            node: Node::table(at),
        },
    };
    if rest.is_empty() {
        child.node = overlay(node.get(key), value, key);
        // The place of the key is where the value came from.
        child.key_at = at;
    } else {
        if &**key == "optimizer" {
            child.node = others.optimizer(&child.node);
        }
        descend(&mut child.node, rest, value, at, others, whole)?;
    }
    node.put(child);
    Ok(())
}

/// Takes a value out again that an axis has set on a named thing that has no such option, but whose
/// relatives have (momentum under Adam): it cannot change anything.
pub(crate) fn drop_without_effect(node: &mut Node, path: &[Arc<str>]) {
    let Some((key, rest)) = path.split_first() else {
        return;
    };
    let leaf = match rest {
        [leaf] => Some(leaf),
        _ => None,
    };
    let family = match &**key {
        "optimizer" => Some(&OPTIMIZERS),
        "schedule" => Some(&SCHEDULES),
        "source" => Some(&SOURCES),
        _ => None,
    };
    let mut entry = match (&mut node.value, key.parse::<usize>()) {
        (Value::List(items), Ok(index)) if index < items.len() => {
            return drop_without_effect(&mut Arc::make_mut(items)[index], rest);
        }
        (Value::Table(_), _) => match node.entry(key) {
            Some(entry) => entry.clone(),
            None => return,
        },
        _ => return,
    };
    if let (Some(leaf), Some(family)) = (leaf, family) {
        let has = |v: &Variant| v.fields.iter().any(|f| f.key == &**leaf);
        let chosen = name_of(&entry.node, key).and_then(|n| family.find(n));
        if chosen.is_some_and(|v| !has(v)) && family.variants.iter().any(has) {
            entry.node.remove(leaf);
        }
    } else {
        drop_without_effect(&mut entry.node, rest);
    }
    node.put(entry);
}

/// Splits a dotted path; too deep or empty ones are problems.
pub(crate) fn split_path(text: &str, at: Origin) -> Result<Vec<Arc<str>>, Box<Problem>> {
    let parts: Vec<Arc<str>> = text
        .split('.')
        .map(|p| Arc::from(p.trim()))
        .take(DEEPEST + 1)
        .collect();
    if parts.iter().any(|p| p.is_empty()) || parts.len() > DEEPEST {
        let help = "a path is names with dots between, as \"train.optimizer.lr\"";
        return Err(Box::new(
            Problem::new(at, "this is no path of the file", "no path").help(help),
        ));
    }
    Ok(parts)
}

/// Replaces every `"$name"` below `node` by the parameter of that name.
pub(crate) fn substitute(
    node: &Node,
    parameters: &Node,
    used: &mut impl FnMut(&str, &Node),
) -> Node {
    match &node.value {
        Value::Text(text) => match text.strip_prefix('$') {
            Some(name) => {
                used(name, node);
                match parameters.get(name) {
                    Some(value) => Node {
                        via: Some(node.at),
                        ..value.clone()
                    },
                    None => node.clone(),
                }
            }
            None => node.clone(),
        },
        Value::List(items) => {
            let items = items
                .iter()
                .map(|i| substitute(i, parameters, used))
                .collect();
            Node {
                value: Value::List(Arc::new(items)),
                ..node.clone()
            }
        }
        Value::Table(entries) => {
            let entry = |e: &Entry| Entry {
                node: substitute(&e.node, parameters, used),
                ..e.clone()
            };
            let entries = entries.iter().map(entry).collect::<Vec<_>>();
            Node {
                value: Value::Table(Arc::new(entries)),
                ..node.clone()
            }
        }
        _ => node.clone(),
    }
}
