//! The JSON Schema of experiment files, checked by a validator with files that are shipped, that
//! the tests plan, and that they refuse.
#![cfg(test)]

#[path = "../../crates/plan/tests/common/mod.rs"]
mod common;

use common::mistakes::mistakes;
use common::{SMALL, plan_text, planned, sweep};
use convsweep_plan::{json_schema, presets, starter};
use jsonschema::Validator;
use serde_json::Value;
use std::path::Path;

/// The schema, which must itself be one of draft 2020-12.
fn schema() -> Validator {
    let schema = json_schema();
    assert!(jsonschema::draft202012::meta::is_valid(&schema));
    jsonschema::draft202012::new(&schema).expect("a schema")
}

/// The file as JSON; `None` for what JSON cannot express (invalid TOML, dates, NaN).
fn json(text: &str) -> Option<Value> {
    let table: toml::Table = text.parse().ok()?;
    serde_json::to_value(table)
        .ok()
        .filter(|_| !text.contains("nan"))
}

#[track_caller]
fn accepts(schema: &Validator, text: &str) {
    if let Err(error) = schema.validate(&json(text).expect("TOML")) {
        panic!("{}: {error}\n{text}", error.instance_path());
    }
}

#[test]
fn every_shipped_file_is_accepted() {
    let schema = schema();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    for (folder, least) in [("experiments", 16), ("crates/plan/tests/users", 20)] {
        let files = std::fs::read_dir(root.join(folder))
            .expect(folder)
            .filter_map(Result::ok);
        let files: Vec<_> = files
            .map(|f| f.path())
            .filter(|p| p.extension().is_some_and(|e| e == "toml"))
            .collect();
        assert!(files.len() >= least, "{folder}: {}", files.len());
        files
            .iter()
            .for_each(|file| accepts(&schema, &std::fs::read_to_string(file).expect("reads")));
    }
    accepts(&schema, &starter(None));
    presets().for_each(|preset| accepts(&schema, &starter(Some(&preset))));
}

#[test]
fn right_files_are_accepted() {
    let schema = schema();
    accepts(&schema, SMALL);
    let parts = [
        "[[sweep]]\ngrid.\"train.optimizer\" = [\"sgd\", { name = \"adam\", lr = 0.1 }]\nlabels.\"train.optimizer\" = [\"a\", \"b\"]",
        "[[sweep]]\ngrid.train.optimizer.lr = { from = 1e-4, to = 1, scale = \"log\" }\nsample = { method = \"sobol\", count = 9 }",
        "[[sweep]]\nzip.\"train.epochs\" = [1, 2]\nexclude = [{ \"train.epochs\" = 1 }]",
        "[[sweep]]\ngrid.\"model.layers.0.kernel\" = [3, [3, 5]]\ngrid.\"train.optimizer.name\" = [\"sgd\", \"adam\"]\ngrid.\"data.split.seed\" = [1, 2]",
        "[[sweep]]\ngrid.\"train.optimizer.momentum\" = [0, 0.9]\ngrid.\"train.optimizer\" = [{ name = \"sgd\", nesterov = false }]",
        "[[train.phases]]\nepochs = 2\n[[sweep]]\ngrid.\"train.phases.0.epochs\" = [1, 2]\ngrid.\"train.phases.0.optimizer.lr\" = [0.1, 0.2]",
        "[[sweep]]\ngrid.\"augment.steps\" = [[], [{ rotate = 15 }]]\ngrid.train.loss.label_smoothing = [0, 0.1]",
        "[[stage]]\nname = \"a\"\ngrid.\"train.epochs\" = [1, 2]\n[[stage]]\n[[stage.sweep]]\ngrid.\"train.batch_size\" = [8]",
        "[optimizers.heavy]\nname = \"sgd\"\nmomentum = 0.9",
        "[augment]\nnormalize = { mean = [0.5, 0.5, 0.5], std = [1, 1, 1] }\nsteps = [{ rotate = 15 }, { crop = true, pad = 4 }]",
        "[[train.phases]]\nepochs = 2\noptimizer.lr = 1e-4",
        "[models.other]\nlayers = [{ flatten = true }, { dense = \"classes\" }]",
        "[[sweep]]\ngrid.\"train.optimizer.clip_norm\" = [\"none\", 1]\ngrid.\"train.ema\" = [\"none\", 0.9]\ngrid.\"train.early_stopping\" = [\"none\", { patience = 2 }]",
        "[run]\ndevices = [\"cpu\"]\nslots = { cpu = \"cores\", cuda = 2 }\nthreads = 2",
    ];
    for part in parts {
        let text = format!("{SMALL}\n{part}\n");
        planned(&text);
        accepts(&schema, &text);
    }
    let chosen = SMALL.replace("{ name = \"adam\", lr = 1e-3 }", "\"heavy\"")
        + "[optimizers.heavy]\nname = \"sgd\"\n";
    planned(&chosen);
    accepts(&schema, &chosen);
    let brought = sweep("grid.\"train.epochs\" = [1, 2]").replace("epochs = 3", "");
    planned(&brought);
    accepts(&schema, &brought);
    let heavy = "{ name = \"sgd\", nesterov = true, momentum = 0.9 }";
    let heavy = SMALL.replace("{ name = \"adam\", lr = 1e-3 }", heavy);
    planned(&heavy);
    accepts(&schema, &heavy);
    assert!(
        !schema.is_valid(&json(&heavy.replace("0.9", "0")).expect("TOML")),
        "Nesterov momentum needs a momentum"
    );
    accepts(
        &schema,
        "include = \"base.toml\"\n[experiment]\nname = \"top\"\n",
    );
}

/// Which of the wrong files a schema refuses; the others are wrong only because of axes, shapes or
/// images.
#[test]
fn wrong_files_are_refused_where_a_schema_can() {
    let schema = schema();
    let mut text = String::new();
    for (name, file) in mistakes() {
        assert!(plan_text(&file).is_err());
        let verdict = |json| {
            if schema.is_valid(&json) {
                "passes"
            } else {
                "refused"
            }
        };
        text += &format!("{name}: {}\n", json(&file).map_or("is no JSON", verdict));
    }
    insta::assert_snapshot!("mistakes", text);
}
