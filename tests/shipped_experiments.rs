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

/// Whether the experiment starts from the weights of `pretrain.toml` and reads photographs.
fn is_of_photographs(file: &Path) -> bool {
    file.ends_with("transfer.toml") || file.ends_with("linear-probe.toml")
}

/// A working folder with what the experiment needs, but for photographs.
fn workdir_for(file: &Path) -> Workdir {
    let workdir = Workdir::new();
    if is_of_photographs(file) {
        let pretrain = on_few_shapes(&file.with_file_name("pretrain.toml"));
        // Options of the command line would give the experiment another name.
        let few = pretrain.replace("epochs = 15", "epochs = 1");
        workdir.write(
            "pretrain.toml",
            &few.replace("batch_size = 128", "batch_size = 16"),
        );
        workdir.run(&["run", "pretrain.toml", "--quiet"]).exits(0);
    }
    workdir
}

#[test]
fn every_shipped_experiment_can_be_planned() {
    for file in experiments() {
        let workdir = workdir_for(&file);
        let photographs = format!("data.path={}", workdir.path("photographs").display());
        let mut arguments = vec!["plan", text(&file)];
        if is_of_photographs(&file) {
            for (class, level) in [("dark", 20), ("light", 200)] {
                let folder = workdir.path("photographs").join(class);
                std::fs::create_dir_all(&folder).expect("makes");
                for i in 0..8 {
                    let pixel = image::Rgb([level + i; 3]);
                    let image = image::RgbImage::from_pixel(40, 32, pixel);
                    image.save(folder.join(format!("{i}.png"))).expect("saves");
                }
            }
            arguments.extend(["--set", &photographs]);
        }
        assert_contains(&workdir.stdout(&arguments), &["job"]);
    }
}

/// The experiment with a few drawn images in the place of its own. A limit that was meant for
/// CIFAR-10 would exceed their number.
fn on_few_shapes(file: &Path) -> String {
    let experiment = std::fs::read_to_string(file).expect("readable");
    let mut lines: Vec<&str> = experiment.lines().collect();
    let is_of_data = |line: &str| {
        ["limit =", "source =", "path ="]
            .iter()
            .any(|k| line.starts_with(k))
    };
    lines.retain(|line| !is_of_data(line));
    let shapes = "[data]\nsource = { name = \"shapes\", train = 40, test = 10 }";
    lines.join("\n").replace("[data]", shapes)
}

#[test]
fn every_shipped_experiment_trains() {
    let small = ["--set", "train.epochs=2", "--set", "train.batch_size=16"];
    let arguments = ["run", "small.toml", "--quiet", "--seeds", "1"];
    for file in experiments() {
        let workdir = workdir_for(&file);
        workdir.write("small.toml", &on_few_shapes(&file));
        workdir.run(&[&arguments[..], &small].concat()).exits(0);
        let failed = workdir.number("select count(*) from attempts where outcome <> 'finished'");
        assert_eq!(failed, 0.0, "{}", file.display());
    }
}

#[test]
fn a_linear_probe_computes_its_features_once_for_all_jobs() {
    let file = root().join("experiments/linear-probe.toml");
    let workdir = workdir_for(&file);
    workdir.write("small.toml", &on_few_shapes(&file));
    let run = ["run", "small.toml", "--quiet", "--seeds", "2"];
    let small = ["--set", "train.epochs=2", "--set", "train.batch_size=16"];
    workdir.run(&[&run[..], &small].concat()).exits(0);
    // Of training, validation and test images, for 20 configurations with two seeds each.
    assert_contains(
        &workdir.stdout(&["data", "cache"]),
        &["all with these frozen layers", " and 3 files of features, "],
    );
    let prune = ["data", "prune", "--unused-days", "0", "--dry-run"];
    let unused = workdir.stdout(&prune);
    assert_contains(&unused, &[".features", "sets and 3 files of features, "]);
    let pruned = workdir.stdout(&["data", "cache", "--prune"]);
    assert_contains(
        &pruned,
        &[
            ".features",
            "0 decoded image sets and 3 files of features, ",
        ],
    );
    assert!(!workdir.stdout(&prune).contains(".features"));
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
