//! The JSON Schema and the reference, held against the files and the tables by an independent validator.

mod common;

use common::mistakes::mistakes;
use common::{SMALL, experiment_file, plan_text, planned, sweep};
use convsweep_plan::{STARTER, json_schema, reference};
use jsonschema::Validator;

fn validator() -> Validator {
    jsonschema::validator_for(&json_schema()).expect("a schema")
}

/// The file as JSON; `None` where JSON has no such thing (what is no TOML, dates, NaN).
fn json(text: &str) -> Option<serde_json::Value> {
    let table: toml::Table = text.parse().ok()?;
    serde_json::to_value(table).ok().filter(|_| !text.contains("nan"))
}

#[track_caller]
fn accepts(validator: &Validator, text: &str) {
    let errors: Vec<String> =
        validator.iter_errors(&json(text).expect("TOML")).map(|e| format!("{}: {e}", e.instance_path())).collect();
    assert!(errors.is_empty(), "{}\n{text}", errors.join("\n"));
}

#[test]
fn every_shipped_experiment_is_accepted() {
    let validator = validator();
    let folder = experiment_file("");
    let mut count = 0;
    for entry in std::fs::read_dir(folder).expect("experiments").filter_map(Result::ok) {
        if entry.path().extension().is_some_and(|e| e == "toml") {
            accepts(&validator, &std::fs::read_to_string(entry.path()).expect("reads"));
            count += 1;
        }
    }
    assert!(count >= 5);
}

#[test]
fn right_files_are_accepted() {
    let validator = validator();
    accepts(&validator, SMALL);
    accepts(&validator, STARTER);
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
        accepts(&validator, &text);
    }
    let chosen = SMALL.replace("{ name = \"adam\", lr = 1e-3 }", "\"heavy\"") + "[optimizers.heavy]\nname = \"sgd\"\n";
    planned(&chosen);
    accepts(&validator, &chosen);
    let brought = sweep("grid.\"train.epochs\" = [1, 2]").replace("epochs = 3", "");
    planned(&brought);
    accepts(&validator, &brought);
    accepts(&validator, "include = \"base.toml\"\n[experiment]\nname = \"top\"\n");
}

/// Which of the wrong files a schema refuses; the rest takes axes, shapes or images to see.
#[test]
fn wrong_files_are_refused_where_a_schema_can() {
    let validator = validator();
    let mut text = String::new();
    for (name, file) in mistakes() {
        assert!(plan_text(&file).is_err());
        let verdict =
            json(&file).map_or("is no JSON", |json| if validator.is_valid(&json) { "passes" } else { "refused" });
        text += &format!("{name}: {verdict}\n");
    }
    insta::assert_snapshot!("schema_on_mistakes", text);
}

#[test]
fn the_reference_names_every_key_of_the_schema() {
    let text = reference();
    fn keys(schema: &serde_json::Value, found: &mut Vec<String>) {
        match schema {
            serde_json::Value::Object(map) => {
                if let Some(serde_json::Value::Object(properties)) = map.get("properties") {
                    found.extend(properties.keys().cloned());
                }
                map.values().for_each(|v| keys(v, found));
            }
            serde_json::Value::Array(items) => items.iter().for_each(|v| keys(v, found)),
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
fn the_starter_plans() {
    let plan = planned(STARTER);
    assert_eq!((plan.configurations.len(), plan.jobs(), plan.notes.len()), (9, 27, 0));
}
