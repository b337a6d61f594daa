//! The language as a JSON Schema (draft 2020-12) for editors, generated from the same tables by
//! which files are checked.
//!
//! Where axes or an included file may still bring a value, nothing is required; the check of the
//! file itself is stricter.

mod axes;
mod sections;
mod writer;

use super::field::ValueKind;
use super::tables;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use writer::{SchemaWriter, reference};

/// The schema of an experiment file.
pub fn json_schema() -> Value {
    let mut schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Convsweep experiment",
        "type": "object",
        "if": { "anyOf": [
            { "required": ["include"] },
            { "required": ["sweep"] },
            { "required": ["stage"] },
        ] },
        "then": reference("part"),
        "else": reference("whole"),
        "allOf": [
            { "not": { "required": ["sweep", "stage"] } },
            only_built_in_optimizers(),
        ],
        "$defs": {
            "whole": sections::file(true),
            "part": sections::file(false),
            "optimizer": built_in_optimizers(true),
            "optimizer-part": built_in_optimizers(false),
            "axes": axes::at_top("range", "axes-below"),
            "axes-below": axes::below("range", "axes-below"),
            "sampled-axes": axes::at_top("sampled-range", "sampled-axes-below"),
            "sampled-axes-below": axes::below("sampled-range", "sampled-axes-below"),
            "range": axes::range(&["from", "to", "steps"]),
            "sampled-range": axes::range(&["from", "to"]),
        },
    });
    // Layers may contain layers, so that each strictness of them is a definition of its own.
    for (whole, parameters) in [(true, true), (true, false), (false, true), (false, false)] {
        let writer = SchemaWriter { whole, parameters };
        for variants in [&tables::LAYERS, &tables::STEPS] {
            let list: Vec<Value> = variants.list.iter().map(|v| writer.keyed(v)).collect();
            schema["$defs"][writer.definition(variants)] = json!({ "anyOf": list });
        }
    }
    remove_unused_definitions(&mut schema);
    schema
}

fn built_in_optimizers(whole: bool) -> Value {
    let writer = SchemaWriter {
        whole,
        parameters: false,
    };
    writer.kind(&ValueKind::Named(&tables::OPTIMIZERS))
}

/// A file without `[optimizers]`, of its own or included, names built-in optimizers only.
fn only_built_in_optimizers() -> Value {
    let optimizer = reference("optimizer-part");
    json!({
        "if": { "not": { "anyOf": [{ "required": ["optimizers"] }, { "required": ["include"] }] } },
        "then": {
            "properties": { "train": { "properties": { "optimizer": optimizer } } },
        },
    })
}

/// Removes definitions that nothing refers to.
fn remove_unused_definitions(schema: &mut Value) {
    let mut open = Vec::new();
    collect_references(schema, &mut open);
    let mut used = BTreeSet::new();
    while let Some(name) = open.pop() {
        if used.insert(name.clone()) {
            collect_references(&schema["$defs"][&name], &mut open);
        }
    }
    if let Some(definitions) = schema["$defs"].as_object_mut() {
        definitions.retain(|name, _| used.contains(name));
    }
}

/// Adds the names of definitions that a schema refers to, apart from its own definitions.
fn collect_references(schema: &Value, found: &mut Vec<String>) {
    match schema {
        Value::Object(map) => {
            if let Some(target) = map.get("$ref").and_then(Value::as_str) {
                found.push(target.replace("#/$defs/", ""));
            }
            for (key, value) in map {
                if key != "$defs" {
                    collect_references(value, found);
                }
            }
        }
        Value::Array(items) => items
            .iter()
            .for_each(|item| collect_references(item, found)),
        _ => {}
    }
}
