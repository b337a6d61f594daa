//! What the program holds for a machine without its sources: the shipped experiments, man pages.

use crate::support::{Workdir, assert_contains, entries, root};

#[test]
fn every_shipped_experiment_is_listed_with_its_question_and_printed() {
    let workdir = Workdir::new();
    let list = workdir.stdout(&["example"]);
    let question = "Width or learning rate: which matters more for a small CNN on drawn shapes?";
    assert_contains(&list, &[question, "convsweep example NAME > NAME.toml"]);
    let mut count = 0;
    for file in entries(&root().join("experiments")) {
        let text = std::fs::read_to_string(&file).expect("readable");
        let name = file.file_stem().and_then(|name| name.to_str());
        let name = name.expect("a name");
        let mut lines = list.lines();
        let is_listed = lines.any(|line| line.split_whitespace().next() == Some(name));
        assert!(is_listed, "{name} is not in:\n{list}");
        assert_eq!(workdir.stdout(&["example", name]).trim(), text.trim());
        count += 1;
    }
    assert!(count > 20, "{count} experiments");
    let json: serde_json::Value =
        serde_json::from_str(&workdir.stdout(&["example", "--json"])).expect("JSON");
    let json = &json["examples"];
    assert_eq!(json.as_array().map(Vec::len), Some(count));
    assert_eq!(json[0]["name"], "quickstart");
    assert_eq!(json[0]["question"], question);
}

#[test]
fn a_printed_example_can_be_planned_without_the_sources() {
    let workdir = Workdir::new();
    let printed = workdir.run(&["example", "quickstart"]).exits(0);
    assert_eq!(printed.stderr(), "", "the quickstart needs nothing");
    workdir.write("quickstart.toml", &printed.stdout());
    assert_contains(
        &workdir.stdout(&["plan", "quickstart.toml"]),
        &["9 configurations, 27 jobs: 27 new"],
    );
}

#[test]
fn an_example_that_needs_another_one_says_so() {
    let workdir = Workdir::new();
    let others = "`convsweep example pretrain > pretrain.toml && convsweep run pretrain.toml`";
    for name in ["transfer", "linear-probe"] {
        let printed = workdir.run(&["example", name]).exits(0);
        printed.says(&[others, "`--set data.path=FOLDER`"]);
    }
    workdir.write("probe.toml", &workdir.stdout(&["example", "linear-probe"]));
    let planned = workdir.run(&["plan", "probe.toml"]);
    assert_ne!(planned.0.status.code(), Some(0));
    planned.says(&[
        "no weights of experiment \"pretrain\": no such experiment has run here",
        others,
    ]);
    let quiet = workdir.run(&["example", "transfer", "--quiet"]).exits(0);
    assert_eq!(quiet.stderr(), "");
    let list = workdir.stdout(&["example"]);
    assert_contains(
        &list,
        &["your images, pretrain", "linear-probe and transfer"],
    );
}

#[test]
fn an_unknown_example_is_refused_with_the_names() {
    let workdir = Workdir::new();
    workdir.run(&["example", "quikstart"]).exits(2).says(&[
        "no example \"quikstart\"",
        "did you mean \"quickstart\"?",
        "tutorial",
    ]);
    workdir.run(&["example", "pooling.toml"]).exits(0);
    workdir.run(&["example", "pooling", "--json"]).exits(2);
}

#[test]
fn every_command_has_a_man_page() {
    let workdir = Workdir::new();
    workdir.run(&["man", "pages/man1"]).exits(0);
    let main = workdir.read("pages/man1/convsweep.1");
    assert_contains(&main, &[".TH convsweep 1", "Exit codes: 0 "]);
    let run = workdir.read("pages/man1/convsweep-run.1");
    assert_contains(&run, &["convsweep\\-run", "\\-\\-devices"]);
    for name in ["data", "data-fetch", "weights-inspect", "example"] {
        let page = workdir.read(&format!("pages/man1/convsweep-{name}.1"));
        assert_contains(&page, &[".SH SYNOPSIS", ".SH DESCRIPTION"]);
    }
    workdir.write("file", "");
    workdir
        .run(&["man", "file"])
        .exits(2)
        .says(&["cannot write man pages into file"]);
}
