//! The reference of the language for programs, from the tables by which files are checked.

use super::field::{Field, FieldDefault, ValueKind, Variant, Variants};
use super::tables;
use serde_json::{Map, Value, json};

/// Every key with its value, default and meaning, and the places where it may stand; and every
/// thing that is chosen by name, such as layers and optimizers.
///
/// A place is a dotted path. `[]` is each item of a list, a word in capitals a name that the user
/// chooses. Layers may hold layers; a place inside one of them stands for any depth.
pub fn reference_json() -> Value {
    let mut collector = PlaceCollector::default();
    collector.table(tables::FILE, None, String::new());
    for (section, of) in [("models.NAME", "model"), ("augments.NAME", "augment")] {
        let field = tables::FILE.iter().find(|field| field.key == of);
        if let Some(field) = field {
            collector.value(&field.kind, section.to_string());
        }
    }
    collector.variants(&tables::OPTIMIZERS, "optimizers.NAME".into());
    collector.table(tables::BLOCK, None, "blocks.NAME".into());
    for (blocks, fields) in [("sweep[]", tables::SWEEP), ("stage[]", tables::STAGE)] {
        collector.table(fields, None, blocks.into());
        collector.table(tables::SAMPLE, None, format!("{blocks}.sample"));
        for axes in ["grid", "zip"] {
            collector.table(tables::RANGE, None, format!("{blocks}.{axes}.AXIS"));
        }
    }
    collector.object()
}

/// A table of keys, with the places where it may stand.
struct KeyTable {
    fields: &'static [Field],
    /// What the table is, if it is one of several that are chosen from by a name.
    variant: Option<(&'static Variants, &'static Variant)>,
    places: Vec<String>,
}

#[derive(Default)]
struct PlaceCollector {
    tables: Vec<KeyTable>,
    /// What the values around the current one are chosen from.
    open: Vec<&'static str>,
}

impl PlaceCollector {
    fn table(
        &mut self,
        fields: &'static [Field],
        variant: Option<(&'static Variants, &'static Variant)>,
        place: String,
    ) {
        let key = |variant: Option<(&Variants, &Variant)>| {
            variant.map(|(variants, variant)| (variants.noun, variant.key))
        };
        let is_same = |known: &&mut KeyTable| {
            std::ptr::eq(known.fields, fields) && key(known.variant) == key(variant)
        };
        match self.tables.iter_mut().find(is_same) {
            Some(known) if known.places.contains(&place) => return,
            Some(known) => known.places.push(place.clone()),
            None => self.tables.push(KeyTable {
                fields,
                variant,
                places: vec![place.clone()],
            }),
        }
        for field in fields {
            self.value(&field.kind, below(&place, field.key));
        }
    }

    fn value(&mut self, kind: &'static ValueKind, place: String) {
        match kind {
            ValueKind::Table(fields) => self.table(fields, None, place),
            ValueKind::Named(variants) | ValueKind::Keyed(variants) => {
                self.variants(variants, place);
            }
            ValueKind::List { of, .. } => self.value(of, format!("{place}[]")),
            ValueKind::Part(of) => self.value(of, place),
            ValueKind::Either(kinds) => {
                for kind in *kinds {
                    self.value(kind, place.clone());
                }
            }
            ValueKind::Any
            | ValueKind::Bool
            | ValueKind::True
            | ValueKind::Int { .. }
            | ValueKind::IntOneOf(_)
            | ValueKind::Float(_)
            | ValueKind::Text
            | ValueKind::OneOf(_)
            | ValueKind::Pair { .. } => {}
        }
    }

    fn variants(&mut self, variants: &'static Variants, place: String) {
        let nested = self.open.iter().filter(|noun| **noun == variants.noun);
        if nested.count() > 1 {
            return;
        }
        self.open.push(variants.noun);
        for variant in variants.list {
            self.table(variant.fields, Some((variants, variant)), place.clone());
        }
        self.open.pop();
    }

    fn object(&self) -> Value {
        let (mut keys, mut choices) = (Vec::new(), Vec::new());
        for table in &self.tables {
            if let Some((variants, variant)) = table.variant {
                choices.push(json!({
                    "kind": variants.noun,
                    "name": variant.key,
                    "doc": variant.doc,
                    "default": variants.default == Some(variant.key),
                    "places": table.places,
                }));
            }
            keys.extend(table.fields.iter().map(|field| key(field, table)));
        }
        json!({ "keys": keys, "choices": choices })
    }
}

fn below(place: &str, key: &str) -> String {
    match place {
        "" => key.to_string(),
        place => format!("{place}.{key}"),
    }
}

fn key(field: &Field, table: &KeyTable) -> Value {
    let places: Vec<String> = table
        .places
        .iter()
        .map(|place| below(place, field.key))
        .collect();
    let of = table
        .variant
        .map(|(variants, variant)| json!({ "kind": variants.noun, "name": variant.key }));
    json!({
        "key": field.key,
        "places": places,
        "of": of,
        "value": value(&field.kind),
        "in_words": field.kind.describe_briefly(),
        "required": field.is_required(),
        "default": default(field),
        "doc": field.doc,
    })
}

/// The default as JSON; `null` if there is none.
fn default(field: &Field) -> Value {
    let FieldDefault::Value(text) = field.default else {
        return Value::Null;
    };
    let read = toml::from_str::<Map<String, Value>>(&format!("value = {text}"));
    let value = read.ok().and_then(|mut table| table.remove("value"));
    value.unwrap_or_else(|| text.into())
}

/// What a value may be.
fn value(kind: &ValueKind) -> Value {
    match kind {
        ValueKind::Any => json!({ "type": "any" }),
        ValueKind::Bool => json!({ "type": "boolean" }),
        ValueKind::True => json!({ "type": "boolean", "one_of": [true] }),
        ValueKind::Int { min, max } => with_integers("integer", *min, *max),
        ValueKind::IntOneOf(numbers) => json!({ "type": "integer", "one_of": numbers }),
        ValueKind::Float(bounds) => {
            let mut value = json!({ "type": "number" });
            if bounds.has_min() {
                let key = if bounds.min_open { "above" } else { "min" };
                value[key] = json!(bounds.min);
            }
            if bounds.has_max() {
                let key = if bounds.max_open { "below" } else { "max" };
                value[key] = json!(bounds.max);
            }
            value
        }
        ValueKind::Text => json!({ "type": "string" }),
        ValueKind::OneOf(texts) => json!({ "type": "string", "one_of": texts }),
        ValueKind::Pair { min, max } => with_integers("integer or pair of integers", *min, *max),
        ValueKind::List { of, min, max } => json!({
            "type": "list",
            "of": value(of),
            "min_items": min,
            "max_items": max,
        }),
        ValueKind::Table(fields) => json!({
            "type": "table",
            "keys": super::field::keys(fields),
        }),
        ValueKind::Named(variants) => json!({
            "type": "name, or table with `name`",
            "kind": variants.noun,
            "one_of": variants.names(),
        }),
        ValueKind::Keyed(variants) => json!({
            "type": "table with one of these keys",
            "kind": variants.noun,
            "one_of": variants.names(),
        }),
        ValueKind::Either(kinds) => json!({
            "type": "either",
            "of": kinds.iter().map(value).collect::<Vec<_>>(),
        }),
        ValueKind::Part(of) => value(of),
    }
}

fn with_integers(name: &str, min: i64, max: i64) -> Value {
    let mut value = json!({ "type": name, "min": min });
    if max != i64::MAX {
        value["max"] = json!(max);
    }
    value
}
