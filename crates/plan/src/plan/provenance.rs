//! Where each value of a configuration comes from: a walk over the language's tables beside the
//! merged sections.

use crate::document::files::Sources;
use crate::document::merge::{Alternatives, substitute};
use crate::grid::axes::{Axes, SECTIONS};
use crate::grid::labels;
use crate::grid::points::Point;
use crate::language::check::{self, Sink};
use crate::language::field::{Default, Field, Kind};
use crate::language::reader::{constant, named};
use crate::language::tables::{self, APART};
use crate::resolve::resolver::Points;
use crate::resolve::train::with_optimizers;
use crate::source::tree::{Node, Origin, Value};
use serde::Serialize;

/// A value and where it comes from.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Origins {
    /// Dotted path of the file.
    pub path: String,
    /// The value in short.
    pub value: String,
    /// Where it comes from.
    pub whence: Whence,
    /// Where `"$name"` stands, if the value came in its place: file and line.
    pub used: Option<(String, usize)>,
}

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "from", rename_all = "kebab-case")]
pub enum Whence {
    /// The language's own default.
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

impl std::fmt::Display for Whence {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        match self {
            Whence::Default => f.write_str("default"),
            Whence::File { file, line } => write!(f, "{file}:{line}"),
            Whence::Axis { axis, file, line } => write!(f, "axis {axis}, {file}:{line}"),
            Whence::Override { set } => write!(f, "--set {set}"),
        }
    }
}

/// Every value of the sections at `point`.
pub(crate) fn of(
    resolver: &Points,
    point: &Point,
    axes: &Axes,
    others: &Alternatives,
    sources: &Sources,
) -> Vec<Origins> {
    let mut walk = Walk {
        axes,
        point,
        sources,
        found: vec![],
    };
    for name in SECTIONS {
        let part = resolver.part(point, &[name]);
        let Some(section) = resolver.section(name, &part, &mut Sink::new(false)) else {
            continue;
        };
        let section = match (name, section.get("parameters").cloned()) {
            ("model", Some(parameters)) => substitute(&section, &parameters, &mut |_, _| {}),
            ("train", _) => with_optimizers(&section, others),
            _ => section,
        };
        if let Some(field) = tables::FILE.iter().find(|f| f.key == name) {
            walk.value(&section, &field.kind, name, true);
        }
    }
    walk.found
}

struct Walk<'a> {
    axes: &'a Axes,
    point: &'a Point,
    sources: &'a Sources,
    found: Vec<Origins>,
}

impl Walk<'_> {
    /// `whole`: what the file does not say has its default.
    fn value(&mut self, node: &Node, kind: &Kind, path: &str, whole: bool) {
        match kind {
            Kind::Table(fields) => self.table(node, fields, path, whole),
            Kind::Named(family) => {
                let name = node.get("name").unwrap_or(node);
                match (named(node, family), name.text()) {
                    (Some((_, options)), Some(_)) => {
                        self.leaf(name, path);
                        self.table(node, options.fields(), path, whole);
                    }
                    // Its name is not said, so that it is the default.
                    (Some((name, options)), None) if whole => {
                        let value = Value::Text(name.into());
                        self.leaf(
                            &Node {
                                value,
                                at: Origin::DEFAULT,
                                via: None,
                            },
                            path,
                        );
                        self.table(node, options.fields(), path, true);
                    }
                    // A part of one: only what it changes.
                    _ => node
                        .entries()
                        .iter()
                        .for_each(|e| self.leaf(&e.node, &format!("{path}.{}", e.key))),
                }
            }
            Kind::Keyed(family) => match check::naming(node, family)[..] {
                [variant] => self.table(node, variant.fields, path, whole),
                _ => self.leaf(node, path),
            },
            Kind::List {
                of: of @ (Kind::Keyed(_) | Kind::Table(_) | Kind::Named(_)),
                ..
            } => {
                if node.items().is_empty() {
                    self.leaf(node, path);
                }
                for (i, item) in node.items().iter().enumerate() {
                    self.value(item, of, &format!("{path}.{i}"), whole);
                }
            }
            Kind::Either(kinds) => match kinds.iter().find(|k| check::fits(node, k)) {
                Some(kind) => self.value(node, kind, path, whole),
                None => self.leaf(node, path),
            },
            Kind::Part(kind) => self.value(node, kind, path, false),
            Kind::Any if node.is_table() => {
                node.entries()
                    .iter()
                    .for_each(|e| self.value(&e.node, kind, &format!("{path}.{}", e.key), whole));
            }
            _ => self.leaf(node, path),
        }
    }

    fn table(&mut self, node: &Node, fields: &[Field], path: &str, whole: bool) {
        // A default does not count beside a key in whose place it would stand.
        let replaced = |key: &str| {
            let other = APART.iter().filter_map(|[a, b]| {
                if *a == key {
                    Some(b)
                } else {
                    (*b == key).then_some(a)
                }
            });
            other.into_iter().any(|other| node.get(other).is_some())
        };
        for field in fields {
            let path = format!("{path}.{}", field.key);
            match (node.get(field.key), &field.default) {
                (Some(given), _) => self.value(given, &field.kind, &path, whole),
                (None, Default::Value(text)) if whole && !replaced(field.key) => {
                    if let Some(default) = constant(text) {
                        self.value(&default, &field.kind, &path, true);
                    }
                }
                (None, _) => {}
            }
        }
    }

    fn leaf(&mut self, node: &Node, path: &str) {
        let used = node.via.and_then(|at| self.place(at));
        let origin = Origins {
            path: path.to_string(),
            value: labels::text(node),
            whence: self.whence(node.at),
            used,
        };
        self.found.push(origin);
    }

    fn whence(&self, at: Origin) -> Whence {
        let Some((file, line)) = self.place(at) else {
            return Whence::Default;
        };
        let within = |&&(axis, value): &&(u32, u32)| {
            let held = self.axes.all[axis as usize].values[value as usize].node.at;
            held.source == at.source && held.start <= at.start && at.end <= held.end
        };
        match self.point.iter().find(within) {
            Some((axis, _)) => Whence::Axis {
                axis: self.axes.all[*axis as usize].path.clone(),
                file,
                line,
            },
            None if at.source as usize >= self.sources.folders.len() => Whence::Override {
                set: self.sources.texts[at.source as usize].text.clone(),
            },
            None => Whence::File { file, line },
        }
    }

    fn place(&self, at: Origin) -> Option<(String, usize)> {
        let source = self.sources.texts.get(at.source as usize)?;
        Some((source.name.clone(), source.place(at).0))
    }
}
