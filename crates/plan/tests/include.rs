//! `include`, `split.file`, and the origins of values.

mod common;

use common::{SMALL, facts, plan_files, planned, small};
use convsweep_plan::{
    Overrides, PlanRequest, Problems, Provenance, ValueOrigin, from_disk, plan, value_origins,
};
use convsweep_spec::data::SplitScheme;
use convsweep_spec::device::DeviceFamily;
use convsweep_spec::id::ConfigurationId;
use std::collections::BTreeMap;
use std::path::Path;

fn refused(files: &[(&str, &str)], words: &[&str]) {
    let problems = match plan_files(files) {
        Ok(plan) => panic!("plans {} jobs", plan.jobs()),
        Err(problems) => Problems::to_string(&problems),
    };
    words
        .iter()
        .for_each(|word| assert!(problems.contains(word), "{word} is not in\n{problems}"));
}

#[test]
fn a_file_overrides_what_it_includes() {
    let top = "include = \"parts/base.toml\"\n[experiment]\nname = \"top\"\n[train]\nepochs = 7\noptimizer.lr = 0.5\n[[sweep]]\ngrid.\"model.parameters.width\" = [4, 8]\n";
    let base =
        format!("{SMALL}\n[run]\nslots.cpu = 1\n[[sweep]]\ngrid.\"train.epochs\" = [1, 2, 3]\n");
    let plan = plan_files(&[("top.toml", top), ("parts/base.toml", &base)])
        .unwrap_or_else(|p| panic!("{p}"));
    let alone = small("\"small\"", "\"top\"")
        .replace("epochs = 3", "epochs = 7")
        .replace("1e-3", "0.5");
    let alone = planned(&format!(
        "{alone}\n[[sweep]]\ngrid.\"model.parameters.width\" = [4, 8]\n"
    ));
    let ids = |p: &convsweep_plan::Plan| p.questions().map(|q| q.1).collect::<Vec<_>>();
    assert_eq!(
        (ids(&plan), plan.name.as_str(), plan.jobs()),
        (ids(&alone), "top", 4)
    );
    assert_eq!(
        plan.run.slots.get(&DeviceFamily::Cpu),
        Some(&1),
        "values that the top does not give are those of the base"
    );
    assert_eq!((plan.text.as_str(), plan.includes.len()), (top, 1));
    assert!(plan.includes[0].path.ends_with("parts/base.toml") && plan.includes[0].text == base);
}

#[test]
fn several_files_are_included_in_order() {
    let top = "include = [\"one.toml\", \"two.toml\"]\n[experiment]\nname = \"top\"\n";
    let two = "include = \"three.toml\"\n[train]\nepochs = 9\n";
    let files = [
        ("top.toml", top),
        ("one.toml", SMALL),
        ("two.toml", two),
        ("three.toml", "[train]\nbatch_size = 8\n"),
    ];
    let train = plan_files(&files)
        .unwrap_or_else(|p| panic!("{p}"))
        .configurations[0]
        .member
        .resolved
        .train
        .clone();
    assert_eq!((train.batch_size, train.epochs()), (8, 9));
}

#[test]
fn circles_missing_files_and_mistakes_in_them_are_reported() {
    let top = "include = \"base.toml\"\n[experiment]\nname = \"top\"\n";
    refused(
        &[
            ("top.toml", top),
            ("base.toml", "include = \"./top.toml\"\n"),
        ],
        &["includes itself", "base.toml"],
    );
    refused(
        &[("top.toml", &top.replace("base", "top"))],
        &["includes itself"],
    );
    refused(
        &[("top.toml", top), ("bsae.toml", SMALL)],
        &["cannot be read", "top.toml:1", "bsae.toml"],
    );
    refused(
        &[
            ("top.toml", top),
            ("base.toml", &small("epochs = 3", "epochs = -1")),
        ],
        &["base.toml:19", "epochs"],
    );
    refused(
        &[("top.toml", top), ("base.toml", "a = \n")],
        &["base.toml:1"],
    );
    refused(
        &[("top.toml", "include = 3\n")],
        &["`include` takes files, not an integer"],
    );
    refused(&[("top.toml", "include = []\n")], &["names no file"]);
    let many: Vec<(String, String)> = (0..40)
        .map(|i| {
            (
                format!("{i}.toml"),
                format!("include = \"{}.toml\"\n", i + 1),
            )
        })
        .collect();
    let many: Vec<_> = many.iter().map(|(n, t)| (n.as_str(), t.as_str())).collect();
    refused(&many, &["more than 32 files"]);
    let wide: String = (0..32).map(|_| "\"b.toml\",").collect();
    let wide = format!("include = [{wide}]\n");
    refused(
        &[
            ("a.toml", &wide),
            ("b.toml", &wide.replace("b.toml", "c.toml")),
            ("c.toml", ""),
        ],
        &["more than 32 files"],
    );
}

#[test]
fn a_split_may_be_listed_in_a_file() {
    let text = small("\"cifar10\"", "\"cifar10\"\nsplit.file = \"rows.txt\"");
    let with = |rows: &'static str| plan_files(&[("e.toml", &text), ("rows.txt", rows)]);
    let id = |rows| {
        with(rows)
            .unwrap_or_else(|p| panic!("{p}"))
            .questions()
            .map(|q| q.1)
            .next()
    };
    assert_eq!(id("0\n7\n8"), id("# by hand\n8 # last\n0\n\n7\n"));
    assert_ne!(id("0\n7\n8"), id("0\n7\n9"));
    let plan = with("3\n0\n").unwrap_or_else(|p| panic!("{p}"));
    let SplitScheme::Listed(rows) = &plan.configurations[0].member.resolved.data.split.scheme
    else {
        panic!("listed")
    };
    assert_eq!(SplitScheme::rows(rows), Some(vec![0, 3]));
    let check = |rows: &'static str, words: &[&str]| {
        refused(&[("e.toml", &text), ("rows.txt", rows)], words)
    };
    check("50000", &["lists image 50000", "50000 training images"]);
    check("1\n1\n", &["image 1 twice"]);
    check("one", &["line 1", "\"one\""]);
    check("-1", &["line 1"]);
    check("# none\n", &["lists no images"]);
    refused(&[("e.toml", &text)], &["cannot be read", "rows.txt"]);
    let both = text.replace("split.file", "split.folds = 3\nsplit.file");
    refused(
        &[("e.toml", &both), ("rows.txt", "1")],
        &["either `folds` or `file`"],
    );
}

/// Where the values of a configuration come from.
fn origins(file: &Path, overrides: &Overrides, id: &ConfigurationId) -> Option<Vec<Provenance>> {
    let request = PlanRequest {
        file,
        read: &from_disk,
        overrides,
        decisions: &[],
        lookup: &facts,
    };
    value_origins(&request, id).unwrap_or_else(|p| panic!("{p}"))
}

/// The values of the first configuration of a text, with their origins, by path.
fn values_of(text: &str) -> BTreeMap<String, (String, ValueOrigin)> {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("top.toml");
    std::fs::write(&file, text).expect("writes");
    let (none, plan) = (
        Overrides::default(),
        plan(&file, &Overrides::default(), &facts),
    );
    let id = plan.unwrap_or_else(|p| panic!("{p}")).configurations[0]
        .member
        .configuration
        .clone();
    let found = origins(&file, &none, &id);
    found
        .expect("is planned")
        .into_iter()
        .map(|o| (o.path, (o.value, o.origin)))
        .collect()
}

#[test]
fn defaults_are_listed_too() {
    let text = SMALL.replace(
        "optimizer = { name = \"adam\", lr = 1e-3 }",
        "optimizer.lr = 1e-2",
    );
    assert_ne!(text, SMALL);
    let found = values_of(&text);
    let check = |path: &str, value: &str| {
        assert_eq!(
            found.get(path),
            Some(&(value.into(), ValueOrigin::Default)),
            "{path}"
        )
    };
    check("train.optimizer", "adam");
    check("train.optimizer.beta1", "0.9");
    check("data.split.validation", "0.2");
    assert_eq!(found["train.optimizer.lr"].0, "0.01");
    assert!(matches!(
        found["train.optimizer.lr"].1,
        ValueOrigin::File { .. }
    ));
    assert!(found.contains_key("augment.steps") && found.contains_key("train.phases"));
    let folds = values_of(&SMALL.replace(
        "source = \"cifar10\"",
        "source = \"cifar10\"\nsplit.folds = 3",
    ));
    assert!(folds.contains_key("data.split.folds") && !folds.contains_key("data.split.validation"));
}

#[test]
fn every_value_has_an_origin() {
    let folder = tempfile::tempdir().expect("a folder");
    let top = "include = \"base.toml\"\n[experiment]\nname = \"top\"\n[[sweep]]\ngrid.\"model.parameters.width\" = [4, 8]\n";
    std::fs::write(folder.path().join("top.toml"), top).expect("writes");
    std::fs::write(folder.path().join("base.toml"), SMALL).expect("writes");
    let file = folder.path().join("top.toml");
    let overrides = common::set(&["train.batch_size=8"]);
    let plan = plan(&file, &overrides, &facts).unwrap_or_else(|p| panic!("{p}"));
    let id = &plan.configurations[1].member.configuration;
    let found = origins(&file, &overrides, id);
    let found: BTreeMap<_, _> = found
        .expect("is planned")
        .into_iter()
        .map(|o| (o.path.clone(), o))
        .collect();
    let check = |path: &str, value: &str, whence: &str| {
        let origin = found
            .get(path)
            .unwrap_or_else(|| panic!("{path} is not in {:?}", found.keys()));
        let said = origin
            .origin
            .to_string()
            .replace(&format!("{}/", folder.path().display()), "");
        assert_eq!(
            (origin.value.as_str(), said.as_str()),
            (value, whence),
            "{path}"
        );
    };
    check("train.epochs", "3", "base.toml:19");
    check("train.batch_size", "8", "--set train.batch_size=8");
    check("train.optimizer", "adam", "base.toml:20");
    check("train.optimizer.lr", "0.001", "base.toml:20");
    check("train.optimizer.beta1", "0.9", "default");
    check("data.source", "cifar10", "base.toml:7");
    check("data.split.seed", "42", "default");
    check(
        "model.layers.0.conv",
        "8",
        "axis model.parameters.width, top.toml:5",
    );
    check("model.layers.0.stride", "1", "default");
    check("augment.normalize", "unit", "default");
    let used = found["model.layers.0.conv"]
        .used_at
        .clone()
        .expect("$width is used in the file");
    assert!(used.0.ends_with("base.toml") && used.1 == 12, "{used:?}");
    assert!(
        found
            .values()
            .filter(|o| o.origin == ValueOrigin::Default)
            .count()
            > 15
    );
    let other = ConfigurationId("0".repeat(16));
    assert!(origins(&file, &Overrides::default(), &other).is_none());
}
