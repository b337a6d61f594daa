//! The reference and the starters. `tests/schema` checks the JSON Schema with a validator.

mod common;

use common::planned;
use convsweep_plan::{json_schema, presets, reference, starter};
use serde_json::Value;

#[test]
fn the_reference_names_every_key_of_the_schema() {
    let text = reference();
    fn keys(schema: &Value, found: &mut Vec<String>) {
        match schema {
            Value::Object(map) => {
                if let Some(Value::Object(properties)) = map.get("properties") {
                    found.extend(properties.keys().cloned());
                }
                map.values().for_each(|v| keys(v, found));
            }
            Value::Array(items) => items.iter().for_each(|v| keys(v, found)),
            _ => {}
        }
    }
    let mut found = Vec::new();
    keys(&json_schema(), &mut found);
    found.sort();
    found.dedup();
    assert!(found.len() > 60, "{}", found.len());
    for key in found.iter().filter(|k| *k != "name") {
        let (section, cell) = (format!("[{key}"), format!("`{key}`"));
        assert!(
            text.contains(&cell) || text.contains(&section),
            "{key} is not in\n{text}"
        );
    }
}

#[test]
fn the_starters_plan() {
    let plan = planned(&starter(None));
    assert_eq!(
        (plan.configurations.len(), plan.jobs(), plan.notes.len()),
        (9, 27, 0)
    );
    for preset in presets() {
        let plan = planned(&starter(Some(&preset)));
        assert_eq!(
            (plan.name.as_str(), plan.jobs(), plan.notes.len()),
            (preset.name, 9, 0)
        );
    }
}
