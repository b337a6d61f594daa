//! Values and labels of axes.

mod common;

use common::{SMALL, plan_text, planned, problems, small, sweep};
use convsweep_plan::Plan;

fn labels(plan: &Plan) -> Vec<&str> {
    let configurations = plan.configurations.iter();
    configurations.map(|c| c.member.label.as_str()).collect()
}

#[track_caller]
fn check_labels(axes: &str, expect: &[&str]) {
    assert_eq!(labels(&planned(&sweep(axes))), expect, "{axes}");
}

fn ids(text: &str) -> Vec<String> {
    let plan = planned(text);
    let configurations = plan.configurations.iter();
    configurations
        .map(|c| c.member.configuration.to_string())
        .collect()
}

#[test]
fn precisions_are_an_axis() {
    let axes = "grid.\"train.precision\" = [\"f32\", \"bf16\"]";
    check_labels(axes, &["f32", "bf16"]);
    let swept = ids(&sweep(axes));
    assert_eq!(swept[0], ids(SMALL)[0]);
    assert_ne!(swept[0], swept[1]);
}

#[test]
fn none_is_a_value_of_what_can_be_left_out() {
    let check = |path: &str, value: &str, expect: [&str; 2]| {
        let axes = format!("grid.\"{path}\" = [\"none\", {value}]");
        check_labels(&axes, &expect);
        let swept = ids(&sweep(&axes));
        assert_eq!(swept[0], ids(SMALL)[0], "{path}");
        assert_ne!(swept[0], swept[1], "{path}");
    };
    check(
        "train.optimizer.clip_norm",
        "1.0",
        ["clip_norm=none", "clip_norm=1"],
    );
    check("train.ema", "0.99", ["ema=none", "ema=0.99"]);
    check(
        "train.early_stopping",
        "{ patience = 2 }",
        ["none", "patience=2"],
    );
}

#[test]
fn none_may_be_written_where_the_key_could_be_left_out() {
    let base = ids(SMALL);
    assert_eq!(
        ids(&small("lr = 1e-3", "lr = 1e-3, clip_norm = \"none\"")),
        base
    );
    let off = "epochs = 3\nema = \"none\"\nearly_stopping = \"none\"";
    assert_eq!(ids(&small("epochs = 3", off)), base);
    // A phase and an axis below the key turn on again what is off.
    let text = small("lr = 1e-3", "lr = 1e-3, clip_norm = 1")
        + "[[train.phases]]\nepochs = 1\noptimizer.clip_norm = \"none\"";
    let phases = &planned(&text).configurations[0]
        .member
        .resolved
        .train
        .phases;
    let clip_norms: Vec<_> = phases.iter().map(|p| p.optimizer.clip_norm).collect();
    assert_eq!(clip_norms, [Some(1.0), None]);
    let text =
        small("epochs = 3", off) + "\n[[sweep]]\ngrid.\"train.early_stopping.patience\" = [7]";
    let train = &planned(&text).configurations[0].member.resolved.train;
    assert_eq!(train.early_stopping.as_ref().map(|e| e.patience), Some(7));
}

#[test]
fn none_is_not_a_value_of_anything_else() {
    let text = sweep("grid.\"train.optimizer.weight_decay\" = [\"none\", 0.1]");
    assert!(problems(&text).contains("must be a number of at least 0, not a string"));
    let text = sweep("grid.\"train.ema\" = [\"non\", 0.9]");
    assert!(problems(&text).contains("did you mean \"none\"?"));
}

#[test]
fn ranges_of_whole_numbers_are_rounded_on_a_grid() {
    let width = |range: &str| format!("grid.\"model.parameters.width\" = {{ {range} }}");
    let log = width("from = 8, to = 64, steps = 3, scale = \"log\"");
    check_labels(&log, &["width=8", "width=23", "width=64"]);
    let linear = width("from = 1, to = 4, steps = 3");
    check_labels(&linear, &["width=1", "width=3", "width=4"]);
    let few = width("from = 1, to = 3, steps = 9");
    check_labels(&few, &["width=1", "width=2", "width=3"]);
    assert_eq!(planned(&sweep(&few)).notes, Vec::<String>::new());
    check_labels(
        "grid.\"train.epochs\" = { from = 1, to = 10, steps = 3 }",
        &["epochs=1", "epochs=6", "epochs=10"],
    );
}

#[test]
fn ranges_of_keys_with_fractions_are_not_rounded() {
    check_labels(
        "grid.\"train.loss.label_smoothing\" = { from = 0, to = 1, steps = 5 }"
            .replace("to = 1", "to = 0.5")
            .as_str(),
        &[
            "label_smoothing=0",
            "label_smoothing=0.125",
            "label_smoothing=0.25",
            "label_smoothing=0.375",
            "label_smoothing=0.5",
        ],
    );
    check_labels(
        "grid.\"train.optimizer.weight_decay\" = { from = 0, to = 1, steps = 3 }",
        &["weight_decay=0", "weight_decay=0.5", "weight_decay=1"],
    );
    // A parameter has the type of the key that it is used for.
    let dropout = small(
        "{ flatten = true }",
        "{ flatten = true }, { dropout = \"$p\" }",
    )
    .replace("width = 16", "width = 16, p = 0.5");
    let axes = "[[sweep]]\ngrid.\"model.parameters.p\" = { from = 0, to = 1, steps = 3 }";
    let text = format!("{dropout}\n{axes}").replace("to = 1", "to = 0.9");
    let plan = planned(&text);
    assert_eq!(labels(&plan), ["p=0", "p=0.45", "p=0.9"]);
    let whole = plan_text(&format!("{dropout}\n{axes}"));
    let message = whole.expect_err("a dropout of 1 is refused").to_string();
    assert!(message.contains("below 1, not 1"), "{message}");
}

#[test]
fn an_axis_of_a_zip_keeps_all_its_values() {
    let axes = "zip.\"model.parameters.width\" = { from = 1, to = 2, steps = 3 }\n\
                zip.\"train.optimizer.lr\" = [0.1, 0.2, 0.3]";
    check_labels(
        axes,
        &["width=1, lr=0.1", "width=2, lr=0.2", "width=2, lr=0.3"],
    );
}

#[test]
fn labels_of_long_values_say_what_differs() {
    let rotated = "{ rotate = 15 }, { translate = 0.1 }, { scale = [0.9, 1.1] }";
    let axes = format!(
        "grid.\"augment.steps\" = [\n  [],\n  [{rotated}, {{ flip = \"horizontal\" }}],\n  \
         [{rotated}, {{ erase = [0.02, 0.3] }}],\n  [{{ scale = [0.9, 1.1] }}],\n]"
    );
    check_labels(
        &axes,
        &[
            "none",
            "… + flip=horizontal",
            "… + erase=[0.02, 0.3]",
            "scale=[0.9, 1.1]",
        ],
    );
    // A single long value is labelled by the names of its parts.
    check_labels(
        &format!("grid.\"augment.steps\" = [[], [{rotated}]]"),
        &["none", "rotate + translate + scale"],
    );
    let axes = format!(
        "grid.\"augment.steps\" = [\n  [{rotated}],\n  [{rotated}, {{ flip = \"horizontal\" }}],\n  \
         [{rotated}, {{ erase = [0.02, 0.3] }}],\n]"
    );
    check_labels(
        &axes,
        &[
            "without flip=horizontal, erase",
            "… + flip=horizontal",
            "… + erase=[0.02, 0.3]",
        ],
    );
}

#[test]
fn a_misspelt_main_word_is_answered_with_the_word() {
    let check = |from: &str, to: &str, help: &str| {
        let text = problems(&small(from, to));
        assert!(text.contains(help), "\"{help}\" is not in\n{text}");
        assert!(!text.contains("known here:"), "{text}");
    };
    check("{ conv =", "{ cnov =", "did you mean `conv`?");
    let conv = "{ conv = \"$width\", kernel = 3, activation = \"relu\" }";
    for wrong in [
        "{ cnov = 32, activation = \"relu\" }",
        "{ activation = \"relu\", cnov = 32 }",
        "{ kernel = 3, norm = \"batch\", conv2d = 32 }",
        "{ norm = \"batch\", activation = \"relu\", padding = 1, cnov = 8 }",
    ] {
        check(conv, wrong, "did you mean `conv`?");
    }
    check(
        "[train]",
        "[augment]\nsteps = [{ rotat = 15, fill = \"zero\", p = 0.5 }]\n[train]",
        "did you mean `rotate`?",
    );
    check(
        "source = \"cifar10\"",
        "source = { nmae = \"cifar10\" }",
        "did you mean `name`?",
    );
}
