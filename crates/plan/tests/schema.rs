//! The reference and the starters. `tests/schema` checks the JSON Schema with a validator.

mod common;

use common::planned;
use convsweep_plan::{json_schema, presets, reference, reference_json, starter};
use serde_json::Value;

/// The names of all properties of a schema.
fn properties(schema: &Value) -> Vec<String> {
    fn collect(schema: &Value, found: &mut Vec<String>) {
        match schema {
            Value::Object(map) => {
                if let Some(Value::Object(properties)) = map.get("properties") {
                    found.extend(properties.keys().cloned());
                }
                map.values().for_each(|value| collect(value, found));
            }
            Value::Array(items) => items.iter().for_each(|value| collect(value, found)),
            _ => {}
        }
    }
    let mut found = Vec::new();
    collect(schema, &mut found);
    found.sort();
    found.dedup();
    found
}

#[test]
fn the_reference_names_every_key_of_the_schema() {
    let text = reference();
    let found = properties(&json_schema());
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

#[test]
fn the_reference_for_programs_has_every_key_of_the_schema_with_its_places() {
    let reference = reference_json();
    let keys = reference["keys"].as_array().expect("a list");
    let place = |path: &str| {
        let found = keys.iter().find(|key| {
            let places = key["places"].as_array().expect("a list");
            places.iter().any(|place| place == path)
        });
        found.unwrap_or_else(|| panic!("{path} is not in\n{reference:#}"))
    };
    let epochs = place("train.epochs");
    assert_eq!(
        epochs["value"],
        serde_json::json!({"type": "integer", "min": 1, "max": 100_000})
    );
    assert_eq!(place("train.optimizer.lr")["value"]["above"], 0.0);
    assert_eq!(place("optimizers.NAME.momentum")["of"]["kind"], "optimizer");
    assert_eq!(place("train.phases[].epochs")["key"], "epochs");
    assert_eq!(place("model.layers[].kernel")["of"]["name"], "conv");
    assert_eq!(
        place("model.layers[].residual[].kernel")["of"]["name"],
        "conv"
    );
    assert_eq!(place("stage[].grid.AXIS.steps")["required"], false);
    assert_eq!(place("experiment.name")["required"], true);
    assert_eq!(place("run.order")["default"], "short-first");
    let named = properties(&json_schema());
    let has_key = |name: &str| keys.iter().any(|key| key["key"] == name);
    let is_choice = |name: &str| {
        let mut choices = reference["choices"].as_array().expect("a list").iter();
        choices.any(|choice| choice["name"] == name)
    };
    for name in named.iter().filter(|name| *name != "name") {
        assert!(has_key(name) || is_choice(name), "{name} is missing");
    }
}
