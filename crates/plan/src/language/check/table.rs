//! Checks the keys of a table.

use super::checker::Checker;
use crate::language::field::{Field, keys};
use crate::language::suggest;
use crate::language::value_path::ValuePath;
use crate::source::problem::{Problem, ProblemCode};
use crate::source::tree::{Node, TableEntry};

/// Unknown keys of one table that are reported at most.
pub(crate) const MAX_UNKNOWN: usize = 100;

impl Checker<'_> {
    /// Whether the table has the keys that `fields` say, with the right values. `others` are
    /// further keys that are read elsewhere.
    pub(crate) fn table(
        &mut self,
        node: &Node,
        fields: &[Field],
        others: &[&str],
        path: &ValuePath,
    ) -> bool {
        let mut right = true;
        let mut unknown = 0;
        for entry in node.entries() {
            if let Some(field) = fields.iter().find(|f| f.key == &*entry.key) {
                right &= self.value(&entry.node, &field.kind, &path.key(field.key), field.doc);
            } else if !others.contains(&&*entry.key) {
                right = false;
                unknown += 1;
                if unknown <= MAX_UNKNOWN {
                    self.sink.report(unknown_key(entry, fields, others, path));
                }
            }
        }
        if self.partial {
            return right;
        }
        for field in fields.iter().filter(|f| f.is_required()) {
            if node.get(field.key).is_none() && !is_misspelt(node, field, fields) {
                let title = format!("{path} has no `{}`", field.key);
                let problem = Problem::of(ProblemCode::Missing, node, title).about(field.key);
                right = self.reject(problem.help(format!("{}: {}", field.key, field.doc)));
            }
        }
        right
    }
}

/// Whether an unknown key of the table was probably meant to be `field`, so that a message about
/// the unknown key is enough.
pub(crate) fn is_misspelt(node: &Node, field: &Field, fields: &[Field]) -> bool {
    let keys = keys(fields);
    let unknown = node.entries().iter().filter(|e| !keys.contains(&&*e.key));
    unknown
        .take(MAX_UNKNOWN)
        .any(|entry| suggest::nearest(&entry.key, &keys) == Some(field.key))
}

/// The problem of an unknown key, with what was probably meant.
pub(crate) fn unknown_key(
    entry: &TableEntry,
    fields: &[Field],
    others: &[&str],
    path: &ValuePath,
) -> Problem {
    let key = &*entry.key;
    let known = [&keys(fields), others].concat();
    let title = if !path.is_root() {
        format!("unknown key `{key}` in {path}")
    } else if entry.node.is_table() {
        format!("unknown section [{key}]")
    } else {
        format!("`{key}` is outside any section")
    };
    let help = match (suggest::nearest(key, &known), suggest::home_of(key)) {
        (None, Some(home)) if !path.starts_with(&home) => format!("`{key}` belongs in [{home}]"),
        _ => suggest::remedy(key, &known),
    };
    Problem::at(ProblemCode::UnknownKey, entry.key_span, title)
        .about(key)
        .label("not known here")
        .help(help)
}
