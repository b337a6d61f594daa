//! The JSON Schema and the reference, held against the files and the tables.

mod common;

use common::validate::{json, schema};
use common::{SMALL, experiment_file, planned, sweep};
use convsweep_plan::{json_schema, presets, reference, starter};
use jsonschema::Validator;
use serde_json::Value;

#[track_caller]
fn accepts(schema: &Validator, text: &str) {
    if let Err(error) = schema.validate(&json(text).expect("TOML")) {
        panic!("{}: {error}\n{text}", error.instance_path());
    }
}

#[test]
fn every_shipped_experiment_is_accepted() {
    let schema = schema();
    let folder = experiment_file("");
    let mut count = 0;
    for entry in std::fs::read_dir(folder).expect("experiments").filter_map(Result::ok) {
        if entry.path().extension().is_some_and(|e| e == "toml") {
            accepts(&schema, &std::fs::read_to_string(entry.path()).expect("reads"));
            count += 1;
        }
    }
    assert!(count >= 16);
}

#[test]
fn right_files_are_accepted() {
    let schema = schema();
    accepts(&schema, SMALL);
    accepts(&schema, &starter(None));
    for preset in presets() {
        accepts(&schema, &starter(Some(&preset)));
    }
    let parts = [
        "[[sweep]]\ngrid.\"train.optimizer\" = [\"sgd\", { name = \"adam\", lr = 0.1 }]\nlabels.\"train.optimizer\" = [\"a\", \"b\"]",
        "[[sweep]]\ngrid.train.optimizer.lr = { from = 1e-4, to = 1, scale = \"log\" }\nsample = { method = \"sobol\", count = 9 }",
        "[[sweep]]\nzip.\"train.epochs\" = [1, 2]\nexclude = [{ \"train.epochs\" = 1 }]",
        "[[stage]]\nname = \"a\"\ngrid.\"train.epochs\" = [1, 2]\n[[stage]]\n[[stage.sweep]]\ngrid.\"train.batch_size\" = [8]",
        "[optimizers.heavy]\nname = \"sgd\"\nmomentum = 0.9",
        "[augment]\nnormalize = { mean = [0.5, 0.5, 0.5], std = [1, 1, 1] }\nsteps = [{ rotate = 15 }, { crop = true, pad = 4 }]",
        "[[train.phases]]\nepochs = 2\noptimizer.lr = 1e-4",
        "[models.other]\nlayers = [{ flatten = true }, { dense = \"classes\" }]",
        "[run]\ndevices = [\"cpu\"]\nslots = { cpu = \"cores\", cuda = 2 }",
    ];
    for part in parts {
        let text = format!("{SMALL}\n{part}\n");
        planned(&text);
        accepts(&schema, &text);
    }
    let chosen = SMALL.replace("{ name = \"adam\", lr = 1e-3 }", "\"heavy\"") + "[optimizers.heavy]\nname = \"sgd\"\n";
    planned(&chosen);
    accepts(&schema, &chosen);
    let brought = sweep("grid.\"train.epochs\" = [1, 2]").replace("epochs = 3", "");
    planned(&brought);
    accepts(&schema, &brought);
    accepts(&schema, "include = \"base.toml\"\n[experiment]\nname = \"top\"\n");
}

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
        assert!(text.contains(&cell) || text.contains(&section), "{key} is not in\n{text}");
    }
}

#[test]
fn the_starters_plan() {
    let plan = planned(&starter(None));
    assert_eq!((plan.configurations.len(), plan.jobs(), plan.notes.len()), (9, 27, 0));
    for preset in presets() {
        let plan = planned(&starter(Some(&preset)));
        assert_eq!((plan.name.as_str(), plan.jobs(), plan.notes.len()), (preset.name, 9, 0));
    }
}
