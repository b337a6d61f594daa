//! What distinguishes long values of an axis, such as lists of augmentation steps or whole models.

use super::value_text::{LONGEST_LABEL, option_text, value_text};
use crate::source::tree::{Node, TableEntry};
use std::collections::{HashMap, HashSet};

/// The long lists and tables of an axis by their parts.
pub(super) struct Differences {
    /// For each part, in how many of the values it occurs.
    counts: HashMap<String, usize>,
    /// All parts in the order of their first occurrence.
    parts: Vec<ValuePart>,
    /// Number of lists and tables.
    values: usize,
}

/// An item of a list or an entry of a table.
#[derive(Clone)]
struct ValuePart {
    /// Equal for equal parts.
    canonical: String,
    text: String,
    /// What it is, without its options.
    name: String,
}

impl Differences {
    pub(super) fn of(nodes: &[Node]) -> Differences {
        let mut differences = Differences {
            counts: HashMap::new(),
            parts: vec![],
            values: 0,
        };
        for node in nodes.iter().filter(|n| n.is_table() || n.is_list()) {
            differences.values += 1;
            for part in distinct_parts(node) {
                let count = differences.counts.entry(part.canonical.clone());
                let count = count.or_default();
                *count += 1;
                if *count == 1 {
                    differences.parts.push(part);
                }
            }
        }
        differences
    }

    /// The parts of a value that not all values have: `… + erase=[0.02, 0.3]`; for a value without
    /// such parts, what it lacks: `without erase`. `None` if there are no differences.
    pub(super) fn label(&self, node: &Node) -> Option<String> {
        let parts = distinct_parts(node);
        let has_common = parts.iter().any(|part| self.is_common(part));
        let own: Vec<_> = parts.iter().filter(|part| !self.is_common(part)).collect();
        if !own.is_empty() {
            let prefix = if has_common { "… + " } else { "" };
            return Some(joined(prefix, &own, " + "));
        }
        let has: HashSet<_> = parts.iter().map(|part| &part.canonical).collect();
        let missing = self
            .parts
            .iter()
            .filter(|part| !has.contains(&part.canonical));
        let missing: Vec<_> = missing.collect();
        (!missing.is_empty()).then(|| joined("without ", &missing, ", "))
    }

    /// Whether all of several values have this part.
    fn is_common(&self, part: &ValuePart) -> bool {
        self.values > 1 && self.counts.get(&part.canonical) == Some(&self.values)
    }
}

/// The parts in full if they fit into a label, or else their names.
fn joined(prefix: &str, parts: &[&ValuePart], separator: &str) -> String {
    let join = |words: Vec<&str>| format!("{prefix}{}", words.join(separator));
    let full = join(parts.iter().map(|part| part.text.as_str()).collect());
    if full.chars().count() <= LONGEST_LABEL {
        return full;
    }
    join(parts.iter().map(|part| part.name.as_str()).collect())
}

/// The parts of a value, each once.
fn distinct_parts(node: &Node) -> Vec<ValuePart> {
    let mut parts = Vec::new();
    collect(node, "", &mut parts);
    let mut seen = HashSet::new();
    parts.retain(|part: &ValuePart| seen.insert(part.canonical.clone()));
    parts
}

/// Adds the parts of the value of `key`: items that are tables, and entries with other values.
fn collect(node: &Node, key: &str, parts: &mut Vec<ValuePart>) {
    for item in node.items() {
        let first = item.entries().first();
        let text = value_text(item);
        parts.push(ValuePart {
            canonical: format!("{key}:{}", item.canonical()),
            name: first.map_or(text.clone(), name),
            text,
        });
    }
    for entry in node.entries() {
        if entry.node.items().iter().any(Node::is_table) {
            collect(&entry.node, &entry.key, parts);
        } else {
            let text = option_text(entry);
            parts.push(ValuePart {
                canonical: format!("{key}:{text}"),
                name: text.clone(),
                text,
            });
        }
    }
}

/// What a step or layer is: `rotate`, `flip=horizontal`.
fn name(first: &TableEntry) -> String {
    match first.node.text() {
        Some(_) => option_text(first),
        None => first.key.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::Differences;
    use crate::source::parse::parse_value;

    fn check(values: &[&str], labels: &[&str]) {
        let nodes: Vec<_> = values
            .iter()
            .map(|toml| parse_value(toml, 0, 0).expect("TOML"))
            .collect();
        let differences = Differences::of(&nodes);
        let found: Vec<_> = nodes.iter().filter_map(|n| differences.label(n)).collect();
        assert_eq!(found, labels);
    }

    #[test]
    fn lists_are_told_apart_by_their_own_items() {
        check(
            &[
                "[{ rotate = 15 }, { scale = [0.9, 1.1] }]",
                "[{ rotate = 15 }, { scale = [0.9, 1.1] }, { flip = \"horizontal\" }]",
                "[{ rotate = 15 }, { scale = [0.9, 1.1] }, { erase = [0.02, 0.3] }]",
            ],
            &[
                "without flip=horizontal, erase",
                "… + flip=horizontal",
                "… + erase=[0.02, 0.3]",
            ],
        );
    }

    #[test]
    fn models_are_told_apart_by_their_layers() {
        check(
            &[
                "{ layers = [{ conv = 8, kernel = 3 }, { flatten = true }] }",
                "{ layers = [{ conv = 8, kernel = 5 }, { flatten = true }] }",
            ],
            &["… + conv=8 kernel=3", "… + conv=8 kernel=5"],
        );
    }

    #[test]
    fn many_differences_are_named_in_short() {
        check(
            &[
                "[{ rotate = 15, fill = \"reflect\" }, { scale = [0.9, 1.1], p = 0.5 }]",
                "[{ translate = 0.1, fill = \"reflect\" }]",
            ],
            &["rotate + scale", "translate=0.1 fill=reflect"],
        );
    }
}
