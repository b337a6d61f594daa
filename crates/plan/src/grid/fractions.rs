//! Whether an axis takes numbers with fractions, so that the points of a range need not be rounded.

use crate::document::parameters::{ParameterUse, uses};
use crate::language::field::{Field, ValueKind, Variants};
use crate::language::presets;
use crate::language::tables;
use crate::source::tree::Node;
use std::collections::BTreeSet;

/// Whether the key at the end of the path takes fractions. For a parameter, this depends on the
/// keys that it is used for in the file.
pub(crate) fn takes_fractions(path: &str, root: &Node) -> bool {
    let segments: Vec<&str> = path.split('.').collect();
    let (Some(section), Some(key)) = (segments.first(), segments.last()) else {
        return false;
    };
    let is_parameter = segments.contains(&"parameters");
    match kinds_of(key, section) {
        kinds if kinds.is_empty() || is_parameter => {
            let trees = trees_with_uses(root);
            let all_uses: Vec<_> = trees.iter().flat_map(uses).collect();
            parameter_takes_fractions(key, &all_uses, &mut BTreeSet::new())
        }
        kinds => kinds.into_iter().any(has_fractions),
    }
}

/// Whether the parameter is used for a key that takes fractions, directly or through parameters of
/// blocks.
fn parameter_takes_fractions(
    name: &str,
    all_uses: &[ParameterUse],
    seen: &mut BTreeSet<String>,
) -> bool {
    if !seen.insert(name.into()) {
        return false;
    }
    for used in all_uses.iter().filter(|used| used.name == name) {
        let kinds = kinds_of(used.key, "model");
        let is_fractional = if kinds.is_empty() {
            parameter_takes_fractions(used.key, all_uses, seen)
        } else {
            kinds.into_iter().any(has_fractions)
        };
        if is_fractional {
            return true;
        }
    }
    false
}

/// The parts of the file, and the presets that it names, in which parameters are used.
fn trees_with_uses(root: &Node) -> Vec<Node> {
    let mut trees: Vec<Node> = ["model", "models", "blocks"]
        .iter()
        .filter_map(|section| root.get(section).cloned())
        .collect();
    let alternatives = root.get("models").into_iter().flat_map(Node::entries);
    let models = alternatives.map(|e| &e.node).chain(root.get("model"));
    let names = models.filter_map(|model| model.get("preset")?.text());
    let presets: Vec<Node> = names.filter_map(presets::parsed).collect();
    trees.extend(presets);
    trees
}

/// The kinds of value that the section's keys of this name take.
fn kinds_of(key: &str, section: &str) -> Vec<&'static ValueKind> {
    let mut search = KeySearch {
        key,
        found: vec![],
        seen: vec![],
    };
    // Blocks consist of layers, as a model does.
    let section = if section == "blocks" {
        "model"
    } else {
        section
    };
    if let Some(field) = tables::FILE.iter().find(|f| f.key == section) {
        search.kind(&field.kind);
    }
    search.found
}

struct KeySearch<'a> {
    key: &'a str,
    found: Vec<&'static ValueKind>,
    /// Nouns of variants that have been searched, since layers contain layers.
    seen: Vec<&'static str>,
}

impl KeySearch<'_> {
    fn fields(&mut self, fields: &'static [Field]) {
        for field in fields {
            if field.key == self.key {
                self.found.push(&field.kind);
            }
            self.kind(&field.kind);
        }
    }

    fn kind(&mut self, kind: &'static ValueKind) {
        match kind {
            ValueKind::Table(fields) => self.fields(fields),
            ValueKind::Named(variants) | ValueKind::Keyed(variants) => self.variants(variants),
            ValueKind::List { of, .. } | ValueKind::Part(of) => self.kind(of),
            ValueKind::Either(kinds) => kinds.iter().for_each(|kind| self.kind(kind)),
            _ => {}
        }
    }

    fn variants(&mut self, variants: &'static Variants) {
        if !self.seen.contains(&variants.noun) {
            self.seen.push(variants.noun);
            variants.list.iter().for_each(|v| self.fields(v.fields));
        }
    }
}

fn has_fractions(kind: &ValueKind) -> bool {
    match kind {
        ValueKind::Float(_) => true,
        ValueKind::Either(kinds) => kinds.iter().any(has_fractions),
        ValueKind::Part(kind) => has_fractions(kind),
        _ => false,
    }
}
