//! Groups of layers and frozen layers.

mod common;

use common::{planned, problems, small};

fn with(text: &str) -> String {
    small("optimizer = { name = \"adam\", lr = 1e-3 }", text)
}

#[test]
fn layers_are_frozen_and_unfrozen_phase_by_phase() {
    let text = with(
        "freeze = \"backbone\"\n[[train.phases]]\nepochs = 1\nunfreeze = \"conv*\"\n[[train.phases]]\nepochs = 1\nunfreeze = \"*\"\n\
         [[train.phases]]\nepochs = 1\nfreeze = [\"conv1\", \"conv1\"]\n[[train.phases]]\nepochs = 1\nunfreeze = \"conv1\"",
    );
    let plan = planned(&text);
    let phases = &plan.configurations[0].member.resolved.train.phases;
    let frozen: Vec<Vec<&str>> = phases
        .iter()
        .map(|p| p.freeze.iter().map(String::as_str).collect())
        .collect();
    let expected: [&[&str]; 5] = [&["backbone"], &["backbone", "!conv*"], &[], &["conv1"], &[]];
    assert_eq!(frozen, expected);
}

#[test]
fn groups_change_ids_only_if_there_are_any() {
    let id = |text: &str| planned(text).configurations[0].member.configuration.clone();
    let plain = id(&with("optimizer = { name = \"adam\", lr = 1e-3 }"));
    assert_eq!(
        id(&with("optimizer = { name = \"adam\", groups = [] }")),
        plain
    );
    let group = |keys: &str| {
        with(&format!(
            "optimizer = {{ name = \"adam\", groups = [{{ layers = \"conv1\", {keys} }}] }}"
        ))
    };
    assert_ne!(id(&group("lr_factor = 0.1")), plain);
    assert_ne!(
        id(&group("weight_decay = 1e-4")),
        id(&group("lr_factor = 0.1"))
    );
    let plan = planned(&group("weight_decay = 1e-4"));
    let optimizer = &plan.configurations[0].member.resolved.train.phases[0].optimizer;
    assert_eq!(optimizer.of("conv1.weight", 4, "dense1"), (1.0, 1e-4));
}

#[test]
fn patterns_must_name_layers() {
    let check = |text: &str, words: &[&str]| {
        let message = problems(&with(text));
        words
            .iter()
            .for_each(|word| assert!(message.contains(word), "\"{word}\" is not in\n{message}"));
    };
    check(
        "freeze = [\"conv1\", \"con2\"]",
        &[
            "\"con2\" matches no layer with weights",
            "experiment.toml:20:20",
            "\"conv1\"",
        ],
    );
    check("freeze = \"zebra\"", &["the layers are conv1, dense1"]);
    check(
        "freeze = \"conv 1\"",
        &["\"conv 1\" cannot be the name of a layer"],
    );
    check(
        "freeze = [\"conv1\", \"head\"]",
        &["every layer is frozen, so that the training has no effect"],
    );
    check(
        "optimizer = { name = \"sgd\", groups = [{ layers = \"pool1\", lr_factor = 0.1 }] }",
        &["\"pool1\" matches no layer"],
    );
    check(
        "optimizer = { name = \"sgd\", groups = [{ lr_factor = 0.1 }] }",
        &["has no `layers`"],
    );
    check("unfreeze = \"conv1\"", &["unknown key `unfreeze` in train"]);
}
