//! The sections of a file as JSON Schema, with the rules that the tables do not express.

use super::writer::{SchemaWriter, described, reference};
use crate::language::field::{Field, ValueKind};
use crate::language::tables;
use serde_json::{Map, Value, json};

/// A file. `whole`: nothing else brings values, so that required keys must be present.
pub(super) fn file(whole: bool) -> Value {
    let plain = SchemaWriter {
        whole,
        parameters: false,
    };
    let mut schema = plain.table(tables::FILE, None);
    let Some(Value::Object(sections)) = schema.get_mut("properties") else {
        return schema;
    };
    for field in tables::FILE {
        if let Some(special) = special_section(field.key, whole) {
            sections.insert(field.key.into(), described(special, field.doc));
        }
    }
    if let Some(experiment) = sections.get_mut("experiment") {
        add_experiment_rules(experiment);
    }
    if let Some(data) = sections.get_mut("data").filter(|_| whole) {
        add_data_rules(data);
    }
    if let Some(train) = sections.get_mut("train") {
        add_train_rules(train, whole);
    }
    schema
}

/// Sections that are not just their table.
fn special_section(key: &str, whole: bool) -> Option<Value> {
    let with_parameters = |whole| SchemaWriter {
        whole,
        parameters: true,
    };
    Some(match key {
        "model" => section(with_parameters(whole), "model"),
        "models" => named_by_the_user(section(with_parameters(false), "model"), Some("base")),
        "augments" => named_by_the_user(section(SchemaWriter::PART, "augment"), Some("base")),
        "optimizers" => {
            let optimizer = SchemaWriter::PART.kind(&ValueKind::Named(&tables::OPTIMIZERS));
            named_by_the_user(optimizer, None)
        }
        "sweep" => blocks(tables::SWEEP),
        "stage" => blocks(tables::STAGE),
        _ => return None,
    })
}

fn section(writer: SchemaWriter, key: &str) -> Value {
    match tables::FILE.iter().find(|f| f.key == key) {
        Some(field) => writer.kind(&field.kind),
        None => Value::Bool(true),
    }
}

/// A table of things whose names the user chooses, apart from one that is taken.
fn named_by_the_user(thing: Value, taken: Option<&str>) -> Value {
    let mut table = json!({ "type": "object", "additionalProperties": thing });
    if let Some(taken) = taken {
        table["propertyNames"] = json!({ "not": { "const": taken } });
    }
    table
}

/// One block or several.
fn blocks(fields: &[Field]) -> Value {
    let block = block(fields);
    json!({ "anyOf": [{ "type": "array", "items": block }, block] })
}

fn block(fields: &[Field]) -> Value {
    let mut properties = Map::new();
    for field in fields {
        let schema = described(block_value(field), field.doc);
        properties.insert(field.key.into(), schema);
    }
    let mut sampled = with_axes("sampled-axes");
    sampled["anyOf"] = json!([{ "required": ["grid"] }, { "required": ["zip"] }]);
    json!({
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
        "if": { "required": ["sample"] },
        "then": sampled,
        "else": with_axes("axes"),
    })
}

fn with_axes(definition: &str) -> Value {
    let axes = reference(definition);
    json!({ "properties": { "grid": axes, "zip": axes } })
}

fn block_value(field: &Field) -> Value {
    let whole = SchemaWriter {
        whole: true,
        parameters: false,
    };
    let table = json!({ "type": "object" });
    match field.key {
        "grid" | "zip" | "labels" => table,
        "exclude" => json!({ "anyOf": [{ "type": "array", "items": table }, table] }),
        "sample" => whole.table(tables::SAMPLE, None),
        "sweep" => blocks(tables::SWEEP),
        _ => whole.kind(&field.kind),
    }
}

fn add_experiment_rules(experiment: &mut Value) {
    if let Some(list) = experiment.pointer_mut("/properties/seeds/anyOf/1") {
        list["uniqueItems"] = true.into();
    }
    if let Some(name) = experiment.pointer_mut("/properties/name") {
        name["pattern"] = r"^[^.\-\s/\\+][^\s/\\+]*$".into();
        name["maxLength"] = 100.into();
        name["not"] = json!({ "pattern": "^[Jj][Oo][Bb][Ss]$" });
    }
}

fn add_data_rules(data: &mut Value) {
    let files = json!({ "enum": ["folder", "csv"] });
    let table = json!({
        "type": "object",
        "required": ["name"],
        "properties": { "name": files },
    });
    let source = json!({ "anyOf": [files, table] });
    data["if"] = json!({ "required": ["source"], "properties": { "source": source } });
    data["then"] = json!({ "required": ["path"] });
}

fn add_train_rules(train: &mut Value, whole: bool) {
    if let Some(optimizer) = train.pointer_mut("/properties/optimizer") {
        // Names of [optimizers] are known only where that section is.
        let definition = if whole { "optimizer" } else { "optimizer-part" };
        let any = json!({ "anyOf": [{ "type": "string" }, reference(definition)] });
        *optimizer = described(any, "The optimizer.");
    }
    let restoring = json!({
        "type": "object",
        "required": ["restore_best"],
        "properties": { "restore_best": { "const": true } },
    });
    train["not"] = json!({
        "required": ["checkpoint", "early_stopping"],
        "properties": { "checkpoint": { "const": "last" }, "early_stopping": restoring },
    });
}
