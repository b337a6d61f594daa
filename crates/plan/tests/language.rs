//! What files mean: merging, alternatives, axes.

mod common;

use common::{SMALL, labels, optimizers, planned, set, small, sweep};
use convsweep_spec::augment::Normalize;
use convsweep_spec::data::SplitScheme;
use convsweep_spec::model::Layer;
use convsweep_spec::train::Optimizer;

fn adam(lr: f64) -> Optimizer {
    Optimizer::adam(lr)
}

fn sgd(lr: f64, momentum: f64) -> Optimizer {
    Optimizer::sgd(lr, momentum)
}

#[test]
fn a_table_merges_unless_its_name_changes() {
    let base = "{ name = \"adam\", lr = 0.5 }";
    let check = |axis: &str, expect: &[Optimizer]| {
        let text = small("{ name = \"adam\", lr = 1e-3 }", base)
            + "[optimizers.heavy]\nname = \"sgd\"\nmomentum = 0.9\n";
        assert_eq!(
            optimizers(&planned(&format!("{text}\n[[sweep]]\n{axis}"))),
            expect,
            "{axis}"
        );
    };
    check(
        "grid.\"train.optimizer\" = [{ name = \"sgd\" }, { epsilon = 1e-7 }]",
        &[sgd(0.01, 0.0), adam(0.5)],
    );
    check(
        "grid.\"train.optimizer\" = [{ name = \"sgd\", lr = 0.1 }, { name = \"adam\" }]",
        &[sgd(0.1, 0.0), adam(0.5)],
    );
    check(
        "grid.\"train.optimizer\" = [\"sgd\", \"adam\", \"heavy\"]",
        &[sgd(0.01, 0.0), adam(0.001), sgd(0.01, 0.9)],
    );
    check(
        "grid.\"train.optimizer.name\" = [\"sgd\", \"adam\"]",
        &[sgd(0.5, 0.0), adam(0.5)],
    );
    check(
        "grid.\"train.optimizer.lr\" = [1, 2]\ngrid.\"train.optimizer\" = [\"heavy\", \"adam\"]",
        &[sgd(1.0, 0.9), adam(1.0), sgd(2.0, 0.9), adam(2.0)],
    );
}

#[test]
fn an_axis_without_effect_does_not_multiply_jobs() {
    let plan = planned(&sweep(
        "grid.\"train.optimizer\" = [\"sgd\", \"adam\"]\ngrid.\"train.optimizer.momentum\" = [0, 0.5, 0.9]",
    ));
    assert_eq!(
        labels(&plan),
        [
            "sgd, momentum=0",
            "sgd, momentum=0.5",
            "sgd, momentum=0.9",
            "adam, momentum=0"
        ]
    );
    insta::assert_snapshot!("without_effect", plan.notes.join("\n"));
}

#[test]
fn an_alternative_is_merged_into_its_section() {
    let text = sweep(
        "grid.model = [\"base\", \"strided\"]\ngrid.augment = [\"base\", \"mirrored\"]",
    ) + "[models.strided]\nlayers = [ { conv = \"$width\", kernel = 3, stride = 2 }, { flatten = true }, { dense = \"classes\" } ]\n\
           [augment]\nnormalize = \"standard\"\n[augments.mirrored]\nsteps = [ { flip = \"horizontal\" } ]\n";
    let plan = planned(&text);
    assert_eq!(
        labels(&plan),
        [
            "base, base",
            "base, mirrored",
            "strided, base",
            "strided, mirrored"
        ]
    );
    let last = &plan.configurations[3].member.resolved;
    assert!(
        matches!(&last.model.layers[0], Layer::Conv(c) if c.filters == 16 && c.stride == [2, 2])
    );
    assert_eq!(
        (&last.augment.normalize, last.augment.steps.len()),
        (&Normalize::Standard, 1)
    );
    assert_eq!(
        plan.axes
            .iter()
            .map(|a| a.name.as_str())
            .collect::<Vec<_>>(),
        ["model", "augment"]
    );
}

#[test]
fn a_norm_or_activation_none_is_no_layer() {
    let text = small(
        "\"$width\", kernel = 3, activation = \"relu\" }",
        "16, kernel = 3, norm = \"$norm\" }, { activation = \"$act\" }",
    );
    let text = text.replace("width = 16", "norm = \"none\", act = \"none\"");
    let plan = planned(
        &(text
            + "\n[[sweep]]\n[sweep.grid]\nmodel.parameters.norm = [\"none\", \"batch\"]\nmodel.parameters.act = [\"none\", \"elu\"]\n"),
    );
    let layers: Vec<_> = plan
        .configurations
        .iter()
        .map(|c| c.member.resolved.model.layers.len())
        .collect();
    assert_eq!(layers, [4, 5, 4, 5]);
    let costs: Vec<_> = plan
        .configurations
        .iter()
        .map(|c| c.member.parameters)
        .collect();
    assert_eq!(
        costs[2] - costs[0],
        32,
        "batch norm has two numbers a channel"
    );
}

#[test]
fn grids_zips_exclusions_and_blocks_make_points() {
    let check =
        |text: &str, expect: &[&str]| assert_eq!(labels(&planned(&sweep(text))), expect, "{text}");
    let both = "zip.\"train.epochs\" = [1, 2]\nzip.\"train.batch_size\" = [8, 16]";
    check(both, &["epochs=1, batch_size=8", "epochs=2, batch_size=16"]);
    check(
        &format!(
            "{both}\ngrid.\"model.parameters.width\" = [4, 5]\nexclude = [{{ train.epochs = 2, model.parameters.width = [4] }}]"
        ),
        &[
            "width=4, epochs=1, batch_size=8",
            "width=5, epochs=1, batch_size=8",
            "width=5, epochs=2, batch_size=16",
        ],
    );
    check(
        "grid.\"train.epochs\" = [1, 2]\n[[sweep]]\ngrid.\"model.parameters.width\" = [4]",
        &["epochs=1", "epochs=2", "width=4"],
    );
    check(
        "grid.\"train.epochs\" = [1, 2]\nlabels.\"train.epochs\" = [\"one\", \"two\"]\n[[sweep.exclude]]\n\"train.epochs\" = \"one\"",
        &["two"],
    );
    check(
        "grid.\"train.epochs\" = { from = 1, to = 16, steps = 5, scale = \"log\" }",
        &["epochs=1", "epochs=2", "epochs=4", "epochs=8", "epochs=16"],
    );
    check(
        "grid.\"train.optimizer.lr\" = { from = 1, to = 0, steps = 3 }"
            .replace("to = 0", "to = 0.5")
            .as_str(),
        &["lr=1", "lr=0.75", "lr=0.5"],
    );
}

#[test]
fn folds_multiply_jobs() {
    let plan = planned(&small("\"cifar10\"", "\"cifar10\"\nsplit = { folds = 3 }"));
    assert_eq!(
        plan.configurations[0].member.resolved.data.split.scheme,
        SplitScheme::Folds(3)
    );
    let jobs: Vec<_> = plan.configurations[0]
        .member
        .jobs
        .iter()
        .map(|j| (j.seed, j.fold))
        .collect();
    assert_eq!(
        jobs,
        [
            (0, Some(0)),
            (0, Some(1)),
            (0, Some(2)),
            (1, Some(0)),
            (1, Some(1)),
            (1, Some(2))
        ]
    );
}

#[test]
fn a_path_is_relative_to_the_file_or_to_the_working_directory() {
    let text = small("\"cifar10\"", "\"folder\"\npath = \"flowers\"").replace("\"classes\"", "5");
    let plan = planned(&text);
    let path = plan.configurations[0]
        .data_path
        .clone()
        .expect("has a path");
    assert_eq!(path.parent(), plan.file.parent());
    let elsewhere = common::plan_with(&text, &set(&["data.path=other/flowers"]))
        .unwrap_or_else(|p| panic!("{p}"));
    assert_eq!(
        elsewhere.configurations[0].data_path,
        Some("other/flowers".into())
    );
}

#[test]
fn unused_parameters_and_alternatives_are_noted() {
    let plan = planned(
        &(small("width = 16", "width = 16, depth = 3")
            + "[models.other]\nlayers = [ { flatten = true } ]\n"),
    );
    insta::assert_snapshot!("unused", plan.notes.join("\n"));
}

#[test]
fn the_baseline_is_found_by_value_or_label() {
    let text = sweep(
        "grid.\"train.epochs\" = [1, 2]\ngrid.\"model.parameters.width\" = [4, 8]\nlabels.\"train.epochs\" = [\"a\", \"b\"]",
    );
    let plan = planned(&text.replace(
        "seeds = 2",
        "baseline = { epochs = \"b\", \"model.parameters.width\" = 4 }",
    ));
    assert_eq!(
        plan.baseline.as_ref(),
        Some(&plan.configurations[2].member.configuration)
    );
    let merged = sweep(
        "grid.\"train.optimizer\" = [\"sgd\", \"adam\"]\ngrid.\"train.optimizer.momentum\" = [0, 0.5]",
    );
    let plan = planned(&merged.replace("seeds = 2", "baseline = { optimizer = \"adam\" }"));
    assert_eq!(
        plan.baseline.as_ref(),
        Some(&plan.configurations[2].member.configuration)
    );
}

#[test]
fn an_axis_may_bring_the_whole_model() {
    let one = "layers = [ { flatten = true }, { dense = \"classes\" } ]";
    let two = "layers = [ { flatten = true }, { dense = 8 }, { dense = \"classes\" } ]";
    let start = SMALL.find("[model]").expect("a model");
    let end = SMALL.find("[train]").expect("training");
    let models = format!(
        "[models.one]\n{one}\n[models.two]\n{two}\n{}",
        &SMALL[end..]
    );
    let text = format!(
        "{}{models}\n[sweep.grid]\nmodel = [\"one\", \"two\"]\n",
        &SMALL[..start]
    );
    assert_eq!(labels(&planned(&text)), ["one", "two"]);
}
