//! Where each value of a configuration comes from: the sections of its point, walked along the
//! tables of the language.

use crate::document::documents::Documents;
use crate::document::parameters::substitute;
use crate::grid::axes::Axes;
use crate::grid::point::GridPoint;
use crate::grid::value_text::value_text;
use crate::language::check::{fits, named_variants};
use crate::language::field::{Field, FieldDefault, ValueKind, Variants};
use crate::language::reader::{built_in, named};
use crate::language::tables::{self, AXIS_SECTIONS, EXCLUSIVE_KEYS};
use crate::resolve::CheckedFile;
use crate::source::problem::ProblemSink;
use crate::source::span::Span;
use crate::source::tree::Node;
use serde::Serialize;
use std::fmt;

/// A value of a configuration and where it comes from.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Provenance {
    /// Dotted path of the value in the file.
    pub path: String,
    /// The value in short.
    pub value: String,
    /// Where it comes from.
    #[serde(rename = "whence")]
    pub origin: ValueOrigin,
    /// File and line of the `"$name"` that the value replaced, for the value of a parameter.
    #[serde(rename = "used")]
    pub used_at: Option<(String, usize)>,
}

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "from", rename_all = "kebab-case")]
pub enum ValueOrigin {
    /// A default of the language.
    Default,
    /// A line of a file.
    File {
        /// The file.
        file: String,
        /// Line, from 1.
        line: usize,
    },
    /// A value of an axis.
    Axis {
        /// Dotted path of the axis.
        axis: String,
        /// The file.
        file: String,
        /// Line, from 1.
        line: usize,
    },
    /// An override of the command line.
    Override {
        /// As written.
        set: String,
    },
}

impl fmt::Display for ValueOrigin {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            ValueOrigin::Default => f.write_str("default"),
            ValueOrigin::File { file, line } => write!(f, "{file}:{line}"),
            ValueOrigin::Axis { axis, file, line } => write!(f, "axis {axis}, {file}:{line}"),
            ValueOrigin::Override { set } => write!(f, "--set {set}"),
        }
    }
}

/// Every value of the sections at `point`.
pub(crate) fn provenance(
    file: &CheckedFile,
    point: &GridPoint,
    documents: &Documents,
) -> Vec<Provenance> {
    let mut walk = ProvenanceWalk {
        axes: &file.axes,
        point,
        documents,
        found: vec![],
    };
    let sections = file.sections();
    for field in tables::FILE {
        if !AXIS_SECTIONS.contains(&field.key) {
            continue;
        }
        let mut sink = ProblemSink::default();
        let Some(section) = sections.section(field.key, point, &mut sink) else {
            continue;
        };
        let section = match (field.key, section.get("parameters")) {
            ("model", Some(parameters)) => substitute(&section, parameters),
            ("train", _) => file.alternatives.with_optimizers(&section),
            _ => section,
        };
        walk.value(&section, &field.kind, field.key, true);
    }
    walk.found
}

struct ProvenanceWalk<'a> {
    axes: &'a Axes,
    point: &'a GridPoint,
    documents: &'a Documents,
    found: Vec<Provenance>,
}

impl ProvenanceWalk<'_> {
    /// Adds a value and what it consists of. `whole`: keys that are left out have their defaults.
    fn value(&mut self, node: &Node, kind: &ValueKind, path: &str, whole: bool) {
        match kind {
            ValueKind::Table(fields) => self.table(node, fields, path, whole),
            ValueKind::Named(variants) => self.named(node, variants, path, whole),
            ValueKind::Keyed(variants) => match named_variants(node, variants)[..] {
                [variant] => self.table(node, variant.fields, path, whole),
                _ => self.leaf(node, path),
            },
            ValueKind::List {
                of: of @ (ValueKind::Keyed(_) | ValueKind::Table(_) | ValueKind::Named(_)),
                ..
            } => self.list(node, of, path, whole),
            ValueKind::Either(kinds) => match kinds.iter().find(|kind| fits(node, kind)) {
                Some(kind) => self.value(node, kind, path, whole),
                None => self.leaf(node, path),
            },
            ValueKind::Part(kind) => self.value(node, kind, path, false),
            ValueKind::Any if node.is_table() => {
                for entry in node.entries() {
                    self.value(&entry.node, kind, &format!("{path}.{}", entry.key), whole);
                }
            }
            _ => self.leaf(node, path),
        }
    }

    fn list(&mut self, node: &Node, of: &ValueKind, path: &str, whole: bool) {
        if node.items().is_empty() {
            self.leaf(node, path);
        }
        for (i, item) in node.items().iter().enumerate() {
            self.value(item, of, &format!("{path}.{i}"), whole);
        }
    }

    fn named(&mut self, node: &Node, variants: &Variants, path: &str, whole: bool) {
        let name = node.get("name").unwrap_or(node);
        match (named(node, variants), name.text()) {
            (Some((_, options)), Some(_)) => {
                self.leaf(name, path);
                self.table(node, options.fields(), path, whole);
            }
            (Some((default, options)), None) if whole => {
                self.leaf(&Node::text_at(default, Span::BUILT_IN), path);
                self.table(node, options.fields(), path, true);
            }
            // Changes to something whose name is given elsewhere.
            _ => {
                for entry in node.entries() {
                    self.leaf(&entry.node, &format!("{path}.{}", entry.key));
                }
            }
        }
    }

    fn table(&mut self, node: &Node, fields: &[Field], path: &str, whole: bool) {
        for field in fields {
            let path = format!("{path}.{}", field.key);
            if let Some(given) = node.get(field.key) {
                self.value(given, &field.kind, &path, whole);
            } else if let FieldDefault::Value(text) = field.default
                && whole
                && !is_excluded(field.key, node)
                && let Some(default) = built_in(text)
            {
                self.value(&default, &field.kind, &path, true);
            }
        }
    }

    fn leaf(&mut self, node: &Node, path: &str) {
        let provenance = Provenance {
            path: path.to_string(),
            value: value_text(node),
            origin: self.origin(node.span),
            used_at: node.used_at.and_then(|span| self.file_and_line(span)),
        };
        self.found.push(provenance);
    }

    fn origin(&self, span: Span) -> ValueOrigin {
        let Some((file, line)) = self.file_and_line(span) else {
            return ValueOrigin::Default;
        };
        for choice in self.point {
            let axis = &self.axes.all[choice.axis as usize];
            if axis.values[choice.value as usize].node.span.contains(span) {
                return ValueOrigin::Axis {
                    axis: axis.path.clone(),
                    file,
                    line,
                };
            }
        }
        if self.documents.is_override(span) {
            let set = self.documents.texts[span.text as usize].text.clone();
            return ValueOrigin::Override { set };
        }
        ValueOrigin::File { file, line }
    }

    fn file_and_line(&self, span: Span) -> Option<(String, usize)> {
        let text = self.documents.texts.get(span.text as usize)?;
        Some((text.name.clone(), text.line_and_column(span).0))
    }
}

/// Whether the table has a key that excludes this one, so that its default does not apply.
fn is_excluded(key: &str, node: &Node) -> bool {
    EXCLUSIVE_KEYS.iter().any(|[a, b]| {
        let other = if *a == key { b } else { a };
        (*a == key || *b == key) && node.get(other).is_some()
    })
}
