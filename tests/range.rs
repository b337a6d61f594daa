//! The learning-rate range test, from the file to the report.

use crate::support::{ProgramRun, SMALL, Workdir, assert_contains, assert_has_lines, entries};
use convsweep_spec::range::RangeResult;
use std::collections::BTreeMap;

const KIND: &str =
    "experiment.kind={ name = \"lr-range-test\", from = 1e-5, to = 1e5, steps = 100 }";
const FALLING_KIND: &str = "experiment.kind={ name = \"lr-range-test\", from = 1.0, to = 0.1 }";

/// The texts of all jobs' curves, by the job's folder.
fn curves(workdir: &Workdir) -> BTreeMap<String, String> {
    let mut curves = BTreeMap::new();
    for folder in workdir.job_folders() {
        let name = folder
            .file_name()
            .expect("has a name")
            .display()
            .to_string();
        let curve = workdir.read(&format!("results/jobs/{name}/range.json"));
        curves.insert(name, curve);
    }
    curves
}

/// The experiment's folder; its name is that of the file and a hash of the overrides.
fn experiment_folder(workdir: &Workdir) -> String {
    let folders = entries(&workdir.path("results"));
    let mut names = folders.iter().map(|folder| {
        folder
            .file_name()
            .expect("has a name")
            .display()
            .to_string()
    });
    let name = names.find(|name| name.starts_with("small+"));
    format!("results/{}", name.expect("the experiment has a folder"))
}

fn check_curve(curve: &str) {
    let result: RangeResult = serde_json::from_str(curve).expect("valid JSON");
    let rates: Vec<f64> = result.points.iter().map(|point| point.rate).collect();
    assert!(
        (21..100).contains(&rates.len()),
        "{} steps: it explodes before the end",
        rates.len()
    );
    assert!((rates[0] - 1e-5).abs() < 1e-15);
    let factor = 1e10f64.powf(1.0 / 99.0);
    for pair in rates.windows(2) {
        assert!((pair[1] / pair[0] - factor).abs() < 1e-9, "{pair:?}");
    }
    let steepest = result.steepest.expect("the loss falls");
    let exploded = result.exploded.expect("the loss explodes");
    assert!(
        1e-5 < steepest && steepest < exploded,
        "{steepest} {exploded}"
    );
}

#[test]
fn a_range_test_ends_in_an_explosion_and_suggests_a_rate() {
    let workdir = Workdir::small();
    let plan = workdir.stdout(&["plan", "small.toml", "--set", KIND]);
    assert_has_lines(
        &plan,
        &[
            "range test of 100 steps: 1e-5 to 100000 (adam)",
            "note: 1 point differs only in train.optimizer.lr, which has no effect there: equal \
             configurations are trained once (for example, lr=0.01 equals lr=0.001)",
        ],
    );
    let run = workdir.run(&["run", "small.toml", "--set", KIND]).exits(0);
    assert_contains(
        &(run.stdout() + &run.stderr()),
        &[
            "try a learning rate of",
            "exploding at",
            "not which trains best",
        ],
    );
    let folder = experiment_folder(&workdir);
    let chart = format!("{folder}/charts/range-test.png");
    assert!(workdir.path(&chart).exists());
    let page = workdir.read(&format!("{folder}/report.html"));
    assert!(page.contains("Loss by learning rate") && page.contains("try a learning rate of"));

    let curves = curves(&workdir);
    assert_eq!(curves.len(), 2, "one configuration, two seeds");
    for (job, curve) in &curves {
        check_curve(curve);
        let weights = format!("results/jobs/{job}/model.safetensors");
        assert!(!workdir.path(&weights).exists(), "weights are not kept");
    }
    assert_eq!(workdir.attempts("finished"), 2.0);
    workdir.run(&["check"]).exits(0);
    workdir
        .run(&["run", "small.toml", "--set", KIND])
        .exits(0)
        .says(&["2 reused"]);
    workdir
        .run(&["plan", "small.toml", "--set", FALLING_KIND])
        .exits(2)
        .says_lines(&[
            "error: the learning rate of a range test must rise, not go from 1 to 0.1",
            "= help: from = 1e-7, to = 10.0",
        ]);
}

#[test]
fn a_killed_range_test_ends_like_an_undisturbed_one() {
    let experiment = SMALL.to_string() + "\n[run]\ncheckpoint_every = \"1 epoch\"\n";
    let undisturbed = Workdir::with(&experiment);
    undisturbed
        .run(&["run", "small.toml", "--set", KIND])
        .exits(0);
    let killed = Workdir::with(&experiment);
    let mut command = killed.command(&["run", "small.toml", "--set", KIND]);
    ProgramRun::of(command.env("CONVSWEEP_FAILPOINT", "step:14")).exits(0);
    assert_eq!(killed.attempts("crashed"), 2.0);
    assert_eq!(curves(&killed), curves(&undisturbed));
}
