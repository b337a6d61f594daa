//! Checks one value of any kind.

use super::checker::Checker;
use super::fits::fits;
use crate::language::describe::alternatives;
use crate::language::field::{Field, ValueKind, Variants};
use crate::language::suggest;
use crate::language::value_path::ValuePath;
use crate::source::problem::{Problem, ProblemCode};
use crate::source::tree::Node;
use convsweep_spec::words::counted;

impl Checker<'_> {
    /// Whether the section is what its fields say.
    pub(crate) fn section(&mut self, node: &Node, fields: &'static [Field], name: &str) -> bool {
        self.value(node, &ValueKind::Table(fields), &ValuePath::of(name), "")
    }

    /// Whether the value is of this kind. `doc` says what the value means.
    pub(crate) fn value(
        &mut self,
        node: &Node,
        kind: &ValueKind,
        path: &ValuePath,
        doc: &str,
    ) -> bool {
        if self.partial && node.text().is_some_and(|text| text.starts_with('$')) {
            return true;
        }
        if !fits(node, kind) {
            return self.wrong_type(node, kind, path, doc);
        }
        match kind {
            ValueKind::Any | ValueKind::Bool | ValueKind::Text => true,
            ValueKind::True => self.only_true(node, path),
            ValueKind::Int { min, max } => {
                let right = node.int().is_some_and(|n| (*min..=*max).contains(&n));
                right || self.wrong_number(node, kind, path, doc)
            }
            ValueKind::IntOneOf(numbers) => {
                let right = node.int().is_some_and(|n| numbers.contains(&n));
                right || self.wrong_number(node, kind, path, doc)
            }
            ValueKind::Float(bounds) => {
                let right = node.float().is_some_and(|x| bounds.contains(x));
                right || self.wrong_number(node, kind, path, doc)
            }
            ValueKind::OneOf(texts) => self.one_of(node, texts, path),
            ValueKind::Pair { min, max } => {
                let one = ValueKind::Int {
                    min: *min,
                    max: *max,
                };
                let mut right = true;
                for number in node.one_or_many() {
                    right &= self.value(number, &one, path, doc);
                }
                right
            }
            ValueKind::List { of, min, max } => self.list(node, of, *min..=*max, path, doc),
            ValueKind::Table(fields) => self.table(node, fields, &[], path),
            ValueKind::Named(variants) => self.named(node, variants, path),
            ValueKind::Keyed(variants) => self.keyed(node, variants, path),
            ValueKind::Either(kinds) => self.either(node, kind, kinds, path, doc),
            ValueKind::Part(kind) => Checker::partial(self.sink).value(node, kind, path, doc),
        }
    }

    fn wrong_type(&mut self, node: &Node, kind: &ValueKind, path: &ValuePath, doc: &str) -> bool {
        let (expected, found) = (kind.describe(), node.type_name());
        let title = format!("{} must be {expected}, not {found}", path.quoted());
        let help = match table_probably_meant(node, kind) {
            Some(table) => format!("did you mean {table}?"),
            None => doc.to_string(),
        };
        let problem = Problem::of(ProblemCode::WrongType, node, title);
        self.reject(
            problem
                .about(path.keys())
                .label(format!("is {found}"))
                .help(help),
        )
    }

    fn wrong_number(&mut self, node: &Node, kind: &ValueKind, path: &ValuePath, doc: &str) -> bool {
        let x = node.float().unwrap_or(f64::NAN);
        let (expected, found) = (kind.describe(), readable(x));
        let title = format!("{} must be {expected}, not {found}", path.quoted());
        let label = if x.fract() == 0.0 { "out of range" } else { "" };
        let problem = Problem::of(ProblemCode::WrongValue, node, title);
        self.reject(problem.about(path.keys()).label(label).help(doc))
    }

    fn only_true(&mut self, node: &Node, path: &ValuePath) -> bool {
        if node.bool() == Some(true) {
            return true;
        }
        let title = format!("{} can only be true", path.quoted());
        let problem = Problem::of(ProblemCode::WrongValue, node, title);
        let help = "to turn it off, remove the whole entry";
        self.reject(problem.about(path.keys()).help(help))
    }

    fn one_of(&mut self, node: &Node, texts: &[&str], path: &ValuePath) -> bool {
        let text = node.text().unwrap_or_default();
        if texts.contains(&text) {
            return true;
        }
        let title = format!("{} cannot be \"{text}\"", path.quoted());
        let help = match suggest::nearest(text, texts) {
            Some(near) if texts.len() == 1 => format!("did you mean \"{near}\"?"),
            Some(near) => format!("did you mean \"{near}\"? it can be {}", alternatives(texts)),
            None => format!("it can be {}", alternatives(texts)),
        };
        let problem = Problem::of(ProblemCode::UnknownName, node, title);
        self.reject(
            problem
                .about(path.keys())
                .label("not known here")
                .help(help),
        )
    }

    fn list(
        &mut self,
        node: &Node,
        of: &ValueKind,
        length: std::ops::RangeInclusive<usize>,
        path: &ValuePath,
        doc: &str,
    ) -> bool {
        let items = node.items();
        if !length.contains(&items.len()) {
            let (min, max) = (*length.start(), *length.end());
            let needed = if min == max {
                format!("exactly {min}")
            } else if items.len() < min {
                format!("at least {min}")
            } else {
                format!("at most {max}")
            };
            let found = counted(items.len() as u64, "item");
            let title = format!("{} has {found} but needs {needed}", path.quoted());
            let problem = Problem::of(ProblemCode::WrongValue, node, title);
            return self.reject(problem.about(path.keys()).help(doc));
        }
        let mut right = true;
        for (i, item) in items.iter().enumerate() {
            let item_path = match of {
                ValueKind::Keyed(variants) => path.item(variants.noun, i),
                _ => path.index(i),
            };
            right &= self.value(item, of, &item_path, doc);
        }
        right
    }

    /// Checks against the first kind of the right type.
    fn either(
        &mut self,
        node: &Node,
        whole: &ValueKind,
        kinds: &[ValueKind],
        path: &ValuePath,
        doc: &str,
    ) -> bool {
        let Some(kind) = kinds.iter().find(|kind| fits(node, kind)) else {
            return self.wrong_type(node, whole, path, doc);
        };
        if let (ValueKind::OneOf(texts), Some(text)) = (kind, node.text())
            && !texts.contains(&text)
            && suggest::nearest(text, texts).is_none()
        {
            let expected = whole.describe();
            let title = format!("{} must be {expected}, not \"{text}\"", path.quoted());
            let problem = Problem::of(ProblemCode::UnknownName, node, title);
            let problem = problem.about(path.keys()).label("not known here");
            return self.reject(problem.help(doc));
        }
        self.value(node, kind, path, doc)
    }

    /// Reports the problem; `false`, so that a check can end with it.
    pub(super) fn reject(&mut self, problem: Problem) -> bool {
        self.sink.report(problem);
        false
    }
}

/// A number as people write it, without three hundred digits.
fn readable(x: f64) -> String {
    let size = x.abs();
    if size >= 1e20 || (size < 1e-9 && size > 0.0) {
        format!("{x:e}")
    } else {
        x.to_string()
    }
}

/// The table that a string or a number in its place was probably meant for: `"flip"`, or `0.2`
/// where a share is the first key.
fn table_probably_meant(node: &Node, kind: &ValueKind) -> Option<String> {
    match kind {
        ValueKind::Keyed(variants) => keyed_table(node.text()?, variants),
        ValueKind::Table([first, ..]) if node.float().is_some() && fits(node, &first.kind) => {
            Some(format!("{{ {} = {} }}", first.key, node.float()?))
        }
        _ => None,
    }
}

fn keyed_table(text: &str, variants: &Variants) -> Option<String> {
    let variant = variants.find(suggest::nearest(text, &variants.names())?)?;
    let value = match &variant.field(variant.key)?.kind {
        ValueKind::True | ValueKind::Bool => "true".into(),
        ValueKind::OneOf(texts) => {
            let choice = suggest::nearest(text, texts).or(texts.first().copied())?;
            format!("\"{choice}\"")
        }
        _ => "…".into(),
    };
    Some(format!("{{ {} = {value} }}", variant.key))
}
