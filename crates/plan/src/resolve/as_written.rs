//! The sections as they are written, before any axis: everything that is wrong whatever the values
//! of the axes are.

use crate::document::alternatives::Alternatives;
use crate::grid::axes::Axes;
use crate::language::check::{Checker, MAX_UNKNOWN, is_misspelt, unknown_key};
use crate::language::field::ValueKind;
use crate::language::tables;
use crate::language::value_path::ValuePath;
use crate::source::problem::{Problem, ProblemCode, ProblemSink};
use crate::source::tree::{Node, TableEntry};

/// Checks the sections of a file. Nothing is required yet, since an axis may bring it.
pub(crate) fn check_as_written(root: &Node, alternatives: &Alternatives, sink: &mut ProblemSink) {
    let mut unknown = 0;
    for entry in root.entries() {
        let Some(field) = tables::FILE.iter().find(|f| f.key == &*entry.key) else {
            unknown += 1;
            if unknown <= MAX_UNKNOWN {
                let path = ValuePath::root();
                sink.report(unknown_key(entry, tables::FILE, &[], &path));
            }
            continue;
        };
        let section = match field.key {
            // No axis changes them: they have been checked as a whole.
            "experiment" | "run" | "search" => continue,
            "train" => alternatives.with_optimizers(&entry.node),
            _other => entry.node.clone(),
        };
        let path = ValuePath::of(field.key);
        Checker::partial(sink).value(&section, &field.kind, &path, field.doc);
    }
    for kind in NAMED_SECTIONS {
        if let Some(section) = root.get(kind.plural) {
            kind.check(section, sink);
        }
    }
}

/// A section of things whose names the user chooses.
struct NamedSection {
    plural: &'static str,
    /// The section that one of them can stand for.
    singular: Option<&'static str>,
    kind: ValueKind,
}

const NAMED_SECTIONS: [NamedSection; 4] = [
    NamedSection {
        plural: "blocks",
        singular: None,
        kind: ValueKind::Table(tables::BLOCK),
    },
    NamedSection {
        plural: "models",
        singular: Some("model"),
        kind: ValueKind::Table(tables::MODEL),
    },
    NamedSection {
        plural: "augments",
        singular: Some("augment"),
        kind: ValueKind::Table(tables::AUGMENT),
    },
    NamedSection {
        plural: "optimizers",
        singular: None,
        kind: ValueKind::Named(&tables::OPTIMIZERS),
    },
];

impl NamedSection {
    fn check(&self, section: &Node, sink: &mut ProblemSink) {
        let plural = self.plural;
        if !section.is_table() {
            let title = format!("`{plural}` must be a table, not {}", section.type_name());
            let problem = Problem::of(ProblemCode::WrongType, section, title);
            sink.report(problem.help(format!("[{plural}.NAME]")));
        }
        for entry in section.entries() {
            if entry.node.is_table() {
                let path = self.path(&entry.key);
                Checker::partial(sink).value(&entry.node, &self.kind, &path, "");
                sink.problems.extend(self.reserved_name(entry));
            } else {
                let found = entry.node.type_name();
                let title = format!("[{plural}.{}] must be a table, not {found}", entry.key);
                let problem = Problem::of(ProblemCode::WrongType, &entry.node, title);
                sink.report(problem.help(format!("begin it with [{plural}.{}]", entry.key)));
            }
        }
    }

    fn path(&self, name: &str) -> ValuePath {
        match (self.plural, self.singular) {
            ("blocks", _) => ValuePath::of_block(name),
            (_, Some(singular)) => ValuePath::of(singular),
            (plural, None) => ValuePath::of(plural).key(name),
        }
    }

    fn reserved_name(&self, entry: &TableEntry) -> Option<Problem> {
        let singular = self.singular.filter(|_| &*entry.key == "base")?;
        let title = format!("[{}.base] cannot be defined", self.plural);
        let problem = Problem::at(ProblemCode::Conflict, entry.key_span, title);
        let help = format!("\"base\" is the [{singular}] of the file: choose another name");
        Some(problem.help(help))
    }
}

/// Reports sections that are required and that no axis brings as a whole.
pub(crate) fn check_missing(root: &Node, axes: &Axes, sink: &mut ProblemSink) {
    for field in tables::FILE.iter().filter(|f| f.is_required()) {
        let is_there = root.get(field.key).is_some() || axes.has_path(field.key);
        if !is_there && !is_misspelt(root, field, tables::FILE) {
            let title = format!("section [{}] is missing", field.key);
            let problem = Problem::nowhere(ProblemCode::Missing, title);
            sink.report(problem.help(format!("[{}]: {}", field.key, field.doc)));
        }
    }
}

/// Notes about alternatives that no axis chooses.
pub(crate) fn unused_alternatives(alternatives: &Alternatives, axes: &Axes) -> Vec<String> {
    let sections = [
        ("models", "model", &alternatives.models),
        ("augments", "augment", &alternatives.augments),
    ];
    let mut notes = Vec::new();
    for (plural, path, section) in sections {
        for entry in section.iter().flat_map(Node::entries) {
            let mut axes = axes.all.iter().filter(|axis| axis.path == path);
            let is_chosen = axes.any(|axis| {
                let mut values = axis.values.iter();
                values.any(|value| value.node.text() == Some(&entry.key))
            });
            if !is_chosen {
                notes.push(format!(
                    "[{plural}.{}] is not chosen by any axis",
                    entry.key
                ));
            }
        }
    }
    notes
}
