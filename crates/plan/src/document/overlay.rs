//! What a table becomes when another is laid over it: by an axis, an override, a named alternative,
//! a phase, or a file that includes it.

use crate::language::tables::{LOSSES, OPTIMIZERS, SCHEDULES};
use crate::source::span::Span;
use crate::source::tree::{Node, TableEntry};

/// Keys whose value may be a name alone or a table with that `name`.
pub(crate) const NAMED_KEYS: &[&str] = &[
    "source",
    "kind",
    "metric",
    "loss",
    "optimizer",
    "schedule",
    "norm",
];

/// `over` laid over `base`, both values of `key`. Tables are merged key by key, unless the name of
/// what they describe changes; anything else is replaced.
pub(crate) fn overlay(base: Option<&Node>, over: &Node, key: &str) -> Node {
    let Some(base) = base.filter(|_| over.is_table()) else {
        return over.clone();
    };
    if is_renamed(base, over, key) || (key == "model" && is_other_model(base, over)) {
        return over.clone();
    }
    let Some(mut merged) = as_table(base, key) else {
        return over.clone();
    };
    for entry in over.entries() {
        let node = overlay(merged.get(&entry.key), &entry.node, &entry.key);
        merged.insert(entry.with_node(node));
    }
    merged.span = over.span;
    merged
}

fn is_renamed(base: &Node, over: &Node, key: &str) -> bool {
    match over.get("name") {
        Some(name) => name.text() != name_of(base, key),
        None => false,
    }
}

/// A model has either layers or a preset: one that brings the other replaces the whole model.
fn is_other_model(base: &Node, over: &Node) -> bool {
    let preset = base.get("preset");
    match over.get("preset") {
        Some(new) => preset.is_none_or(|old| old.text() != new.text()),
        None => preset.is_some() && over.get("layers").is_some(),
    }
}

/// The name of what a value of `key` describes, with the default of the language.
fn name_of<'a>(node: &'a Node, key: &str) -> Option<&'a str> {
    node.name().or(match key {
        "optimizer" => OPTIMIZERS.default,
        "schedule" => SCHEDULES.default,
        "loss" => LOSSES.default,
        _ => None,
    })
}

/// The table that a value of `key` is or, for a name alone, stands for.
pub(crate) fn as_table(node: &Node, key: &str) -> Option<Node> {
    if node.is_table() {
        return Some(node.clone());
    }
    if node.text().is_none() || !NAMED_KEYS.contains(&key) {
        return None;
    }
    Some(named(node, node.span))
}

/// A table whose name is `name`.
fn named(name: &Node, span: Span) -> Node {
    let mut table = Node::empty_table(span);
    table.insert(TableEntry::new("name", name.clone()));
    table
}

#[cfg(test)]
mod tests {
    use super::NAMED_KEYS;
    use crate::language::field::{Field, ValueKind, Variants};
    use crate::language::tables::FILE;
    use std::collections::BTreeSet;

    #[test]
    fn named_keys_are_those_of_the_language() {
        let mut found = NamedKeys::default();
        found.fields(FILE);
        let known: BTreeSet<_> = NAMED_KEYS.iter().copied().collect();
        assert_eq!(found.keys, known);
    }

    /// Keys whose values may be a table with a `name`.
    #[derive(Default)]
    struct NamedKeys {
        keys: BTreeSet<&'static str>,
        seen: BTreeSet<&'static str>,
    }

    impl NamedKeys {
        fn fields(&mut self, fields: &'static [Field]) {
            for field in fields {
                self.kind(field.key, &field.kind);
            }
        }

        fn kind(&mut self, key: &'static str, kind: &'static ValueKind) {
            match kind {
                ValueKind::Named(variants) => {
                    self.keys.insert(key);
                    self.variants(variants);
                }
                ValueKind::Keyed(variants) => self.variants(variants),
                ValueKind::Either(kinds) => {
                    for kind in *kinds {
                        if let ValueKind::Table(fields) = kind
                            && fields.iter().any(|f| f.key == "name")
                        {
                            self.keys.insert(key);
                        }
                        self.kind(key, kind);
                    }
                }
                ValueKind::List { of, .. } | ValueKind::Part(of) => self.kind(key, of),
                ValueKind::Table(fields) => self.fields(fields),
                _ => {}
            }
        }

        fn variants(&mut self, variants: &'static Variants) {
            if self.seen.insert(variants.noun) {
                variants.list.iter().for_each(|v| self.fields(v.fields));
            }
        }
    }
}
