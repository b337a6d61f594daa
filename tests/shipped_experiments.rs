//! The experiments in `experiments/`: each can be planned and trained.

use crate::support::{Workdir, assert_contains, entries, root};
use std::path::{Path, PathBuf};

/// The files of all shipped experiments.
fn experiments() -> Vec<PathBuf> {
    let mut files = entries(&root().join("experiments"));
    files.retain(|file| {
        file.extension()
            .is_some_and(|extension| extension == "toml")
    });
    assert!(files.len() >= 5, "{files:?}");
    files
}

fn text(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

#[test]
fn every_shipped_experiment_can_be_planned() {
    let workdir = Workdir::new();
    for file in experiments() {
        let plan = workdir.stdout(&["plan", text(&file)]);
        assert_contains(&plan, &["jobs"]);
    }
}

/// The experiment with a few drawn images in the place of its own. A limit that was meant for
/// CIFAR-10 would exceed their number.
fn on_few_shapes(file: &Path) -> String {
    let experiment = std::fs::read_to_string(file).expect("readable");
    let mut lines: Vec<&str> = experiment.lines().collect();
    lines.retain(|line| !line.starts_with("limit =") && !line.starts_with("source ="));
    let shapes = "[data]\nsource = { name = \"shapes\", train = 40, test = 10 }";
    lines.join("\n").replace("[data]", shapes)
}

#[test]
fn every_shipped_experiment_trains() {
    let small = ["--set", "train.epochs=2", "--set", "train.batch_size=16"];
    let arguments = ["run", "small.toml", "--quiet", "--seeds", "1"];
    for file in experiments() {
        let workdir = Workdir::with(&on_few_shapes(&file));
        workdir.run(&[&arguments[..], &small].concat()).exits(0);
        let failed = workdir.number("select count(*) from attempts where outcome <> 'finished'");
        assert_eq!(failed, 0.0, "{}", file.display());
    }
}

#[test]
fn the_plan_of_the_tutorial_shows_the_costs_computed_by_hand() {
    let file = root().join("experiments/tutorial.toml");
    let plan = Workdir::new().stdout(&["plan", text(&file)]);
    // Parameters and multiply-accumulates.
    assert_contains(&plan, &["122,570", "4,548,608"]);
    let mut lines = plan.lines().map(str::trim);
    let conv3 = lines.find(|line| line.starts_with("conv3"));
    let conv3 = conv3.expect("a line for the third convolution");
    assert!(conv3.ends_with("18"), "receptive field 18: {conv3}");
}
