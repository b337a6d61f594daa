//! Axes, their paths and their values as JSON Schema.

use super::writer::{SchemaWriter, reference};
use crate::language::field::{Field, ValueKind};
use crate::language::tables::{self, AXIS_SECTIONS};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// What the values of axes can be, by patterns of their paths; nothing if only the check of the
/// file knows, as for tables, which may be defined elsewhere.
type ValuesByPath = BTreeMap<String, Vec<Value>>;

/// Axes by their paths, which may be dotted or tables within tables.
pub(super) fn below(range: &str, axes: &str) -> Value {
    let list = json!({ "type": "array", "minItems": 1 });
    let values = json!([list, reference(range), reference(axes)]);
    json!({ "type": "object", "additionalProperties": { "anyOf": values } })
}

/// The same at the beginning of paths, which must be paths of the language, with values of the
/// right kind.
pub(super) fn at_top(range: &str, axes_below: &str) -> Value {
    let mut paths = ValuesByPath::new();
    for section in tables::FILE {
        if AXIS_SECTIONS.contains(&section.key) {
            let parameters = section.key == "model";
            let mut collector = PathCollector {
                parameters,
                found: &mut paths,
            };
            collector.field(section, "");
        }
    }
    let names: Vec<&str> = paths.keys().map(String::as_str).collect();
    let mut axes = below(range, axes_below);
    axes["propertyNames"] = json!({ "pattern": format!("^({})$", names.join("|")) });
    let mut typed = Map::new();
    for (path, values) in paths.iter().filter(|(_, values)| !values.is_empty()) {
        let list = json!({ "type": "array", "minItems": 1, "items": { "anyOf": values } });
        let values = json!({ "anyOf": [list, reference(range), reference(axes_below)] });
        typed.insert(format!("^{path}$"), values);
    }
    axes["patternProperties"] = typed.into();
    axes
}

/// A range as the values of an axis.
pub(super) fn range(required: &[&str]) -> Value {
    let mut range = SchemaWriter::PART.table(tables::RANGE, None);
    range["required"] = json!(required);
    let positive = json!({ "exclusiveMinimum": 0 });
    range["if"] = json!({ "required": ["scale"], "properties": { "scale": { "const": "log" } } });
    range["then"] = json!({ "properties": { "from": positive, "to": positive } });
    range
}

struct PathCollector<'a> {
    /// Whether `"$name"` may stand for a value.
    parameters: bool,
    found: &'a mut ValuesByPath,
}

impl PathCollector<'_> {
    fn field(&mut self, field: &Field, before: &str) {
        self.kind(&field.kind, format!("{before}{}", field.key));
    }

    fn fields(&mut self, fields: &[Field], path: &str) {
        for field in fields {
            self.field(field, &format!("{path}\\."));
        }
    }

    fn kind(&mut self, kind: &ValueKind, path: String) {
        match kind {
            ValueKind::Table(fields) => {
                self.fields(fields, &path);
                self.found.entry(path).or_default();
            }
            ValueKind::Named(variants) => {
                for variant in variants.list {
                    self.fields(variant.fields, &path);
                }
                self.found.entry(format!("{path}\\.name")).or_default();
                self.found.entry(path).or_default();
            }
            ValueKind::List {
                of: of @ (ValueKind::Table(_) | ValueKind::Named(_)),
                ..
            } => {
                self.kind(of, format!("{path}\\.\\d+"));
                self.found.entry(path).or_default();
            }
            ValueKind::Part(kind) => self.kind(kind, path),
            kind if is_scalar(kind) => self.scalar(kind, path),
            // Layers, steps and values of several forms: anything may be within them.
            _ => {
                self.found.entry(format!("{path}(\\..+)?")).or_default();
            }
        }
    }

    fn scalar(&mut self, kind: &ValueKind, path: String) {
        let writer = SchemaWriter {
            whole: false,
            parameters: self.parameters,
        };
        let schema = writer.kind(kind);
        let values = self.found.entry(path).or_default();
        if !values.contains(&schema) {
            values.push(schema);
        }
    }
}

/// Whether values have nothing within them that a path could lead to.
fn is_scalar(kind: &ValueKind) -> bool {
    match kind {
        ValueKind::Bool
        | ValueKind::True
        | ValueKind::Int { .. }
        | ValueKind::IntOneOf(_)
        | ValueKind::Float(_)
        | ValueKind::Text
        | ValueKind::OneOf(_) => true,
        ValueKind::Either(kinds) => kinds.iter().all(is_scalar),
        ValueKind::Any
        | ValueKind::Pair { .. }
        | ValueKind::List { .. }
        | ValueKind::Table(_)
        | ValueKind::Named(_)
        | ValueKind::Keyed(_)
        | ValueKind::Part(_) => false,
    }
}
