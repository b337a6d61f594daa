//! Values, tables and choices as JSON Schema.

use crate::language::bounds::Bounds;
use crate::language::field::{Field, FieldDefault, ValueKind, Variant, Variants};
use crate::language::reader::built_in;
use crate::language::tables::EXCLUSIVE_KEYS;
use serde_json::{Map, Value, json};

/// Lists longer than this are not limited by the schema.
const LONGEST_LIMITED: usize = 1_000_000;

/// How strict a schema is.
#[derive(Clone, Copy)]
pub(super) struct SchemaWriter {
    /// Nothing else brings values, so that required keys must be present.
    pub whole: bool,
    /// `"$name"` may stand for any value.
    pub parameters: bool,
}

/// A reference to a definition.
pub(super) fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/$defs/{name}") })
}

/// The schema with a description.
pub(super) fn described(mut schema: Value, doc: &str) -> Value {
    match schema.as_object_mut() {
        Some(map) => {
            map.insert("description".into(), doc.into());
            schema
        }
        None => json!({ "description": doc }),
    }
}

impl SchemaWriter {
    /// A part of something, with nothing required and no parameters.
    pub(super) const PART: SchemaWriter = SchemaWriter {
        whole: false,
        parameters: false,
    };

    /// Name of the definition of these variants at this strictness.
    pub(super) fn definition(self, variants: &Variants) -> String {
        let strictness = if self.whole { "" } else { "-part" };
        let parameters = if self.parameters {
            "-with-parameters"
        } else {
            ""
        };
        let noun = variants.noun.replace(' ', "-");
        format!("{noun}{strictness}{parameters}")
    }

    pub(super) fn kind(self, kind: &ValueKind) -> Value {
        let schema = match kind {
            ValueKind::Any => Value::Bool(true),
            ValueKind::Bool => json!({ "type": "boolean" }),
            ValueKind::True => json!({ "const": true }),
            ValueKind::Int { min, max } => int(*min, *max),
            ValueKind::IntOneOf(numbers) => json!({ "enum": numbers }),
            ValueKind::Float(bounds) => float(bounds),
            ValueKind::Text => json!({ "type": "string" }),
            ValueKind::OneOf(texts) => json!({ "enum": texts }),
            ValueKind::Pair { min, max } => self.pair(*min, *max),
            ValueKind::List { of, min, max } => self.list(of, *min, *max),
            ValueKind::Table(fields) => self.table(fields, None),
            ValueKind::Named(variants) => self.named(variants),
            ValueKind::Keyed(variants) => reference(&self.definition(variants)),
            ValueKind::Either(kinds) => {
                let kinds: Vec<_> = kinds.iter().map(|kind| self.kind(kind)).collect();
                json!({ "anyOf": kinds })
            }
            ValueKind::Part(kind) => {
                let part = SchemaWriter {
                    whole: false,
                    ..self
                };
                part.kind(kind)
            }
        };
        match kind {
            ValueKind::Any | ValueKind::Part(_) | ValueKind::Text => schema,
            _ => self.or_parameter(schema),
        }
    }

    /// The value itself or, where parameters are allowed, the name of one.
    fn or_parameter(self, schema: Value) -> Value {
        if self.parameters {
            json!({ "anyOf": [schema, { "type": "string", "pattern": "^\\$" }] })
        } else {
            schema
        }
    }

    fn pair(self, min: i64, max: i64) -> Value {
        let one = self.or_parameter(int(min, max));
        let two = json!({ "type": "array", "items": one, "minItems": 2, "maxItems": 2 });
        json!({ "anyOf": [int(min, max), two] })
    }

    fn list(self, of: &ValueKind, min: usize, max: usize) -> Value {
        let mut list = json!({ "type": "array", "items": self.kind(of), "minItems": min });
        if max < LONGEST_LIMITED {
            list["maxItems"] = json!(max);
        }
        list
    }

    /// A table with these fields and, for a named variant, its name.
    pub(super) fn table(self, fields: &[Field], name: Option<Value>) -> Value {
        let mut properties: Map<String, Value> = Map::new();
        if let Some(name) = name {
            properties.insert("name".into(), name);
        }
        for field in fields {
            let mut schema = described(self.kind(&field.kind), field.doc);
            if let Some(default) = default(field) {
                schema["default"] = default;
            }
            properties.insert(field.key.into(), schema);
        }
        let required: Vec<_> = fields
            .iter()
            .filter(|f| self.whole && f.is_required())
            .map(|f| f.key)
            .collect();
        let exclusive: Vec<_> = EXCLUSIVE_KEYS
            .iter()
            .filter(|pair| pair.iter().all(|key| properties.contains_key(*key)))
            .map(|pair| json!({ "required": pair }))
            .collect();
        let mut table = json!({
            "type": "object",
            "properties": properties,
            "required": required,
            "additionalProperties": false,
        });
        if !exclusive.is_empty() {
            table["not"] = json!({ "anyOf": exclusive });
        }
        if self.whole && has_optional_nesterov(fields) {
            let on = json!({ "nesterov": { "const": true } });
            let momentum = json!({ "momentum": { "exclusiveMinimum": 0 } });
            table["if"] = json!({ "required": ["nesterov"], "properties": on });
            table["then"] = json!({ "required": ["momentum"], "properties": momentum });
        }
        table
    }

    /// A name, a table with a name, or a table that means the default; in a part the name may be
    /// missing.
    fn named(self, variants: &Variants) -> Value {
        let complete = |v: &&Variant| !self.whole || !v.fields.iter().any(Field::is_required);
        let names: Vec<&str> = variants
            .list
            .iter()
            .filter(complete)
            .map(|v| v.key)
            .collect();
        let mut choices = vec![json!({ "enum": names })];
        for variant in variants.list {
            let name = json!({ "const": variant.key, "description": variant.doc });
            let mut table = self.table(variant.fields, Some(name));
            let nameless = !self.whole || variants.default == Some(variant.key);
            if !nameless && let Some(Value::Array(required)) = table.get_mut("required") {
                required.push("name".into());
            }
            choices.push(table);
        }
        json!({ "anyOf": choices })
    }

    /// A table that is named by one of its keys.
    pub(super) fn keyed(self, variant: &Variant) -> Value {
        let mut table = self.table(variant.fields, None);
        table["description"] = variant.doc.into();
        if let Some(Value::Array(required)) = table.get_mut("required")
            && !required.iter().any(|key| key == variant.key)
        {
            required.push(variant.key.into());
        }
        if variant.key == "pool" {
            let sized = ["size", "stride", "padding"].map(|key| json!({ "required": [key] }));
            table["if"] = json!({ "properties": { "pool": { "pattern": "^global-" } } });
            table["then"] = json!({ "not": { "anyOf": sized } });
        }
        if variant.open {
            // Its other keys are the parameters of the block.
            table["additionalProperties"] = true.into();
        }
        table
    }
}

fn default(field: &Field) -> Option<Value> {
    match field.default {
        FieldDefault::Value(text) => Some(built_in(text)?.json()),
        FieldDefault::Required | FieldDefault::Absent => None,
    }
}

/// Whether Nesterov's momentum is off by default, so that turning it on needs a momentum.
fn has_optional_nesterov(fields: &[Field]) -> bool {
    let off = |f: &Field| matches!(f.default, FieldDefault::Value("false"));
    fields.iter().any(|f| f.key == "nesterov" && off(f))
}

fn int(min: i64, max: i64) -> Value {
    let mut schema = json!({ "type": "integer", "minimum": min });
    if max < i64::MAX {
        schema["maximum"] = max.into();
    }
    schema
}

fn float(bounds: &Bounds) -> Value {
    let mut schema = json!({ "type": "number" });
    if bounds.has_min() {
        let key = if bounds.min_open {
            "exclusiveMinimum"
        } else {
            "minimum"
        };
        schema[key] = bounds.min.into();
    }
    if bounds.has_max() {
        let key = if bounds.max_open {
            "exclusiveMaximum"
        } else {
            "maximum"
        };
        schema[key] = bounds.max.into();
    }
    schema
}
