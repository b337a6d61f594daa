//! The language as a JSON Schema (draft 2020-12), for editors: made from the tables, so that it
//! cannot differ from them.
//!
//! Where axes or an included file may still bring a value, nothing is required; the file's own
//! check knows better.

use super::field::{Bounds, Default, Family, Field, Kind, Variant};
use super::tables::{self, layers};
use crate::grid::axes::SECTIONS;
use crate::language::reader::constant;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// The schema of an experiment file.
pub fn json_schema() -> Value {
    let open = ["include", "sweep", "stage"].map(|key| json!({ "required": [key] }));
    let builtin = |whole| {
        Writer {
            whole,
            parameters: false,
        }
        .kind(&Kind::Named(&tables::OPTIMIZERS))
    };
    let only_builtin = json!({ "properties": { "train": { "properties": { "optimizer": { "$ref": "#/$defs/optimizer-part" } } } } });
    let mut schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Convsweep experiment",
        "type": "object",
        "if": { "anyOf": open },
        "then": { "$ref": "#/$defs/part" },
        "else": { "$ref": "#/$defs/whole" },
        "allOf": [{ "not": { "required": ["sweep", "stage"] } }, { "if": { "not": { "anyOf": [{ "required": ["optimizers"] }, { "required": ["include"] }] } }, "then": only_builtin }],
        "$defs": {
            "whole": file(true),
            "part": file(false),
            "optimizer": builtin(true),
            "optimizer-part": builtin(false),
            "axes": top_axes("range", "axes-below"),
            "axes-below": axes("range", "axes-below"),
            "sampled-axes": top_axes("sampled-range", "sampled-axes-below"),
            "sampled-axes-below": axes("sampled-range", "sampled-axes-below"),
            "range": range(&["from", "to", "steps"]),
            "sampled-range": range(&["from", "to"]),
        },
    });
    // What may hold itself, as layers do, is written once for each strictness and referred to.
    for (whole, parameters) in [(true, true), (true, false), (false, true), (false, false)] {
        let writer = Writer { whole, parameters };
        for family in [&layers::LAYERS, &tables::STEPS] {
            let variants: Vec<Value> = family.variants.iter().map(|v| writer.keyed(v)).collect();
            schema["$defs"][writer.name(family)] = json!({ "anyOf": variants });
        }
    }
    without_unused(schema)
}

/// The schema with those definitions only that it refers to.
fn without_unused(mut schema: Value) -> Value {
    fn references(schema: &Value, found: &mut Vec<String>) {
        match schema {
            Value::Object(map) => {
                found.extend(
                    map.get("$ref")
                        .and_then(Value::as_str)
                        .map(|r| r.replace("#/$defs/", "")),
                );
                map.iter()
                    .filter(|(key, _)| *key != "$defs")
                    .for_each(|(_, value)| references(value, found));
            }
            Value::Array(items) => items.iter().for_each(|item| references(item, found)),
            _ => {}
        }
    }
    let mut open = Vec::new();
    references(&schema, &mut open);
    let mut used = BTreeSet::new();
    while let Some(name) = open.pop() {
        if used.insert(name.clone()) {
            references(&schema["$defs"][&name], &mut open);
        }
    }
    if let Some(definitions) = schema["$defs"].as_object_mut() {
        definitions.retain(|name, _| used.contains(name));
    }
    schema
}

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/$defs/{name}") })
}

/// Axes by their paths, dotted or as tables in tables.
fn axes(range: &str, axes: &str) -> Value {
    let values = json!([{ "type": "array", "minItems": 1 }, reference(range), reference(axes)]);
    json!({ "type": "object", "additionalProperties": { "anyOf": values } })
}

/// The same where a path begins: it is one of the language's, and its values are of its kind.
fn top_axes(range: &str, below: &str) -> Value {
    let mut paths = BTreeMap::new();
    for section in tables::FILE.iter().filter(|f| SECTIONS.contains(&f.key)) {
        axis_paths(section, "", section.key == "model", &mut paths);
    }
    let names: Vec<&str> = paths.keys().map(String::as_str).collect();
    let known = format!("^({})$", names.join("|"));
    let mut axes = axes(range, below);
    axes["propertyNames"] = json!({ "pattern": known });
    let typed = paths
        .iter()
        .filter(|(_, values)| !values.is_empty())
        .map(|(path, values)| {
            let list = json!({ "type": "array", "minItems": 1, "items": { "anyOf": values } });
            (
                format!("^{path}$"),
                json!({ "anyOf": [list, reference(range), reference(below)] }),
            )
        });
    axes["patternProperties"] = typed.collect::<Map<_, _>>().into();
    axes
}

/// What the values of each axis at `field` or in it can be, by a pattern of the path; nothing where
/// only the file's own check knows, as for tables, which may be named elsewhere.
fn axis_paths(
    field: &Field,
    before: &str,
    parameters: bool,
    found: &mut BTreeMap<String, Vec<Value>>,
) {
    let path = format!("{before}{}", field.key);
    axis_kind(&field.kind, path, parameters, found);
}

fn axis_kind(
    kind: &Kind,
    path: String,
    parameters: bool,
    found: &mut BTreeMap<String, Vec<Value>>,
) {
    let inside = |fields: &[Field], found: &mut _| {
        fields
            .iter()
            .for_each(|f| axis_paths(f, &format!("{path}\\."), parameters, found));
    };
    match kind {
        Kind::Bool
        | Kind::True
        | Kind::Int { .. }
        | Kind::Float(_)
        | Kind::OneOf(_)
        | Kind::Text => {
            let values = found.entry(path).or_default();
            let schema = Writer {
                whole: false,
                parameters,
            }
            .kind(kind);
            if !values.contains(&schema) {
                values.push(schema);
            }
        }
        Kind::Table(fields) => {
            inside(fields, found);
            found.entry(path).or_default();
        }
        Kind::Named(family) => {
            family.variants.iter().for_each(|v| inside(v.fields, found));
            found.entry(format!("{path}\\.name")).or_default();
            found.entry(path).or_default();
        }
        Kind::List {
            of: of @ (Kind::Table(_) | Kind::Named(_)),
            ..
        } => {
            axis_kind(of, format!("{path}\\.\\d+"), parameters, found);
            found.entry(path).or_default();
        }
        Kind::Part(kind) => axis_kind(kind, path, parameters, found),
        // Layers, steps and whatever has several forms: anything may lie in them.
        Kind::Any | Kind::Pair { .. } | Kind::List { .. } | Kind::Keyed(_) | Kind::Either(_) => {
            found.entry(format!("{path}(\\..+)?")).or_default();
        }
    }
}

fn range(required: &[&str]) -> Value {
    let mut range = Writer {
        whole: false,
        parameters: false,
    }
    .table(tables::RANGE, None);
    range["required"] = json!(required);
    let above = json!({ "exclusiveMinimum": 0 });
    range["if"] = json!({ "required": ["scale"], "properties": { "scale": { "const": "log" } } });
    range["then"] = json!({ "properties": { "from": above, "to": above } });
    range
}

fn file(whole: bool) -> Value {
    let plain = Writer {
        whole,
        parameters: false,
    };
    let mut schema = plain.table(tables::FILE, None);
    let part = Writer {
        whole: false,
        parameters: true,
    };
    let Some(Value::Object(properties)) = schema.get_mut("properties") else {
        return schema;
    };
    for (key, doc) in tables::FILE.iter().map(|f| (f.key, f.doc)) {
        let special = match key {
            "model" => Writer {
                whole,
                parameters: true,
            }
            .field_kind(key),
            "models" => named(part.field_kind("model"), Some("base")),
            "augments" => named(
                Writer {
                    whole: false,
                    parameters: false,
                }
                .field_kind("augment"),
                Some("base"),
            ),
            "optimizers" => named(
                Writer {
                    whole: false,
                    parameters: false,
                }
                .kind(&Kind::Named(&tables::OPTIMIZERS)),
                None,
            ),
            "sweep" => blocks(tables::SWEEP),
            "stage" => blocks(tables::STAGE),
            _ => continue,
        };
        properties.insert(key.into(), described(special, doc));
    }
    if let Some(optimizer) = properties
        .get_mut("train")
        .and_then(|t| t.pointer_mut("/properties/optimizer"))
    {
        // A name of [optimizers] is known only where that section stands.
        *optimizer = described(
            json!({ "anyOf": [{ "type": "string" }, reference(if whole { "optimizer" } else { "optimizer-part" })] }),
            "The optimizer.",
        );
    }
    if let (true, Some(data)) = (whole, properties.get_mut("data")) {
        let files = json!({ "enum": ["folder", "csv"] });
        let source = json!({ "anyOf": [files, { "type": "object", "required": ["name"], "properties": { "name": files } }] });
        data["if"] = json!({ "required": ["source"], "properties": { "source": source } });
        data["then"] = json!({ "required": ["path"] });
    }
    if let Some(train) = properties.get_mut("train") {
        let best = json!({ "type": "object", "required": ["restore_best"], "properties": { "restore_best": { "const": true } } });
        train["not"] = json!({
            "required": ["checkpoint", "early_stopping"],
            "properties": { "checkpoint": { "const": "last" }, "early_stopping": best },
        });
    }
    if let Some(list) = properties
        .get_mut("experiment")
        .and_then(|e| e.pointer_mut("/properties/seeds/anyOf/1"))
    {
        list["uniqueItems"] = true.into();
    }
    if let Some(name) = properties
        .get_mut("experiment")
        .and_then(|e| e.pointer_mut("/properties/name"))
    {
        *name = described(
            json!({ "type": "string", "pattern": r"^[^.\-\s/\\+][^\s/\\+]*$", "maxLength": 100, "not": { "pattern": "^[Jj][Oo][Bb][Ss]$" } }),
            "Name of the experiment, which is also the name of its folder in the results.",
        );
    }
    schema
}

/// A table of things of a kind, by names of the user's choice but one.
fn named(thing: Value, taken: Option<&str>) -> Value {
    let mut thing = json!({ "type": "object", "additionalProperties": thing });
    if let Some(taken) = taken {
        thing["propertyNames"] = json!({ "not": { "const": taken } });
    }
    thing
}

/// One block or several.
fn blocks(fields: &[Field]) -> Value {
    let block = block(fields);
    json!({ "anyOf": [{ "type": "array", "items": block }, block] })
}

fn block(fields: &[Field]) -> Value {
    let mut properties = Map::new();
    for field in fields {
        let kind = match field.key {
            "grid" | "zip" => json!({ "type": "object" }),
            "labels" => json!({ "type": "object" }),
            "exclude" => {
                json!({ "anyOf": [{ "type": "array", "items": { "type": "object" } }, { "type": "object" }] })
            }
            "sample" => Writer {
                whole: true,
                parameters: false,
            }
            .table(tables::SAMPLE, None),
            "sweep" => blocks(tables::SWEEP),
            _ => Writer {
                whole: true,
                parameters: false,
            }
            .kind(&field.kind),
        };
        properties.insert(field.key.into(), described(kind, field.doc));
    }
    let axes = |name: &str| {
        let axes = reference(name);
        json!({ "properties": { "grid": axes, "zip": axes } })
    };
    let mut sampled = axes("sampled-axes");
    sampled["anyOf"] = json!([{ "required": ["grid"] }, { "required": ["zip"] }]);
    json!({
        "type": "object", "properties": properties, "additionalProperties": false,
        "if": { "required": ["sample"] }, "then": sampled, "else": axes("axes"),
    })
}

/// How strict the schema is that is written.
#[derive(Clone, Copy)]
struct Writer {
    /// Nothing is brought by anything else: what is required must be there.
    whole: bool,
    /// `"$name"` may stand for any value.
    parameters: bool,
}

impl Writer {
    /// Name of the definition of a family, as strict as this.
    fn name(self, family: &Family) -> String {
        let strict = if self.whole { "" } else { "-part" };
        let parameters = if self.parameters {
            "-with-parameters"
        } else {
            ""
        };
        format!("{}{strict}{parameters}", family.what.replace(' ', "-"))
    }

    fn field_kind(self, section: &str) -> Value {
        let field = tables::FILE.iter().find(|f| f.key == section);
        field.map_or(Value::Bool(true), |f| self.kind(&f.kind))
    }

    fn kind(self, kind: &Kind) -> Value {
        let schema = match kind {
            Kind::Any => Value::Bool(true),
            Kind::Bool => json!({ "type": "boolean" }),
            Kind::True => json!({ "const": true }),
            Kind::Int { min, max } => int(*min, *max),
            Kind::Float(bounds) => float(bounds),
            Kind::Text => json!({ "type": "string" }),
            Kind::OneOf(texts) => json!({ "enum": texts }),
            Kind::Pair { min, max } => {
                let one = self.value(int(*min, *max));
                json!({ "anyOf": [int(*min, *max), { "type": "array", "items": one, "minItems": 2, "maxItems": 2 }] })
            }
            Kind::List { of, min, max } => {
                let mut list = json!({ "type": "array", "items": self.kind(of), "minItems": min });
                if *max < 1_000_000 {
                    list["maxItems"] = json!(max);
                }
                list
            }
            Kind::Table(fields) => self.table(fields, None),
            Kind::Named(family) => self.family(family),
            Kind::Keyed(family) => json!({ "$ref": format!("#/$defs/{}", self.name(family)) }),
            Kind::Either(kinds) => {
                json!({ "anyOf": kinds.iter().map(|k| self.kind(k)).collect::<Vec<_>>() })
            }
            Kind::Part(kind) => Writer {
                whole: false,
                ..self
            }
            .kind(kind),
        };
        match kind {
            Kind::Any | Kind::Part(_) | Kind::Text => schema,
            _ => self.value(schema),
        }
    }

    /// The value itself, or a parameter's name in its place.
    fn value(self, schema: Value) -> Value {
        match self.parameters {
            true => json!({ "anyOf": [schema, { "type": "string", "pattern": "^\\$" }] }),
            false => schema,
        }
    }

    fn table(self, fields: &[Field], name: Option<Value>) -> Value {
        let mut properties = Map::new();
        properties.extend(name.map(|name| ("name".to_string(), name)));
        for field in fields {
            let mut schema = described(self.kind(&field.kind), field.doc);
            if let (Default::Value(text), Some(map)) = (&field.default, schema.as_object_mut()) {
                map.extend(constant(text).map(|node| ("default".to_string(), node.json())));
            }
            properties.insert(field.key.into(), schema);
        }
        let required: Vec<&str> = match self.whole {
            true => fields
                .iter()
                .filter(|f| matches!(f.default, Default::Required))
                .map(|f| f.key)
                .collect(),
            false => vec![],
        };
        let both = |pair: &&[&str; 2]| pair.iter().all(|key| properties.contains_key(*key));
        let apart: Vec<_> = tables::APART
            .iter()
            .filter(both)
            .map(|pair| json!({ "required": pair }))
            .collect();
        let off = fields
            .iter()
            .any(|f| f.key == "nesterov" && matches!(f.default, Default::Value("false")));
        let mut table = json!({ "type": "object", "properties": properties, "required": required, "additionalProperties": false });
        if !apart.is_empty() {
            table["not"] = json!({ "anyOf": apart });
        }
        if self.whole && off {
            table["if"] = json!({ "required": ["nesterov"], "properties": { "nesterov": { "const": true } } });
            table["then"] = json!({ "required": ["momentum"], "properties": { "momentum": { "exclusiveMinimum": 0 } } });
        }
        table
    }

    /// A name, or a table that says it, or one that means the default; of a part the name may be
    /// missing.
    fn family(self, family: &Family) -> Value {
        let needs = |v: &&Variant| {
            v.fields
                .iter()
                .any(|f| matches!(f.default, Default::Required))
        };
        let alone: Vec<&str> = family
            .variants
            .iter()
            .filter(|v| !self.whole || !needs(v))
            .map(|v| v.key)
            .collect();
        let one = |variant: &Variant| {
            let mut table = self.table(
                variant.fields,
                Some(json!({ "const": variant.key, "description": variant.doc })),
            );
            let free = !self.whole || family.default == Some(variant.key);
            if let (false, Some(Value::Array(required))) = (free, table.get_mut("required")) {
                required.push("name".into());
            }
            table
        };
        let mut choices = vec![json!({ "enum": alone })];
        choices.extend(family.variants.iter().map(one));
        json!({ "anyOf": choices })
    }

    fn keyed(self, variant: &Variant) -> Value {
        let mut table = self.table(variant.fields, None);
        table["description"] = variant.doc.into();
        if let Some(Value::Array(required)) = table.get_mut("required")
            && !required.iter().any(|r| r == variant.key)
        {
            required.push(variant.key.into());
        }
        if variant.key == "pool" {
            let sized = ["size", "stride", "padding"].map(|key| json!({ "required": [key] }));
            table["if"] = json!({ "properties": { "pool": { "pattern": "^global-" } } });
            table["then"] = json!({ "not": { "anyOf": sized } });
        }
        if variant.free {
            // Its other keys are the block's own parameters.
            table["additionalProperties"] = true.into();
        }
        table
    }
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
    if bounds.min > f64::MIN {
        schema[if bounds.min_open {
            "exclusiveMinimum"
        } else {
            "minimum"
        }] = bounds.min.into();
    }
    if bounds.max < f64::MAX {
        schema[if bounds.max_open {
            "exclusiveMaximum"
        } else {
            "maximum"
        }] = bounds.max.into();
    }
    schema
}

fn described(mut schema: Value, doc: &str) -> Value {
    match schema.as_object_mut() {
        Some(map) => {
            map.insert("description".into(), doc.into());
            schema
        }
        None => json!({ "description": doc }),
    }
}
