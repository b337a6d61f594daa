//! The loop for devices that compute while the host goes on, as GPUs do, tried on a CPU that is
//! taken for one: it trains as the host does, and to the same bits however it is interrupted.

use crate::support::{ProgramRun, SMALL, Workdir, small_with_epochs};
use convsweep_spec::range::RangeResult;
use std::path::PathBuf;

/// The environment variable by which a CPU is taken for a GPU.
const PRETEND: &str = "CONVSWEEP_PRETEND_GPU";

/// An experiment in an empty folder, where CPUs are taken for GPUs.
fn pretending(experiment: &str) -> Workdir {
    let mut workdir = Workdir::with(experiment);
    workdir.environment.push((PRETEND, PathBuf::from("1")));
    workdir
}

/// A metric of all jobs after their first epoch, by the jobs' ids.
fn after_one_epoch(workdir: &Workdir, metric: &str) -> Vec<f64> {
    let sql = format!(
        "select cast(value as text) from metrics where name = '{metric}' and epoch = 1 order by job"
    );
    let numbers = workdir.texts(&sql);
    numbers
        .iter()
        .map(|n| n.parse().expect("a number"))
        .collect()
}

/// Trains for one epoch on the host and on a device that is taken for a GPU, and compares.
#[track_caller]
fn assert_trains_as_the_host_does(experiment: &str) {
    // A bias before a norm has no gradient but what rounding leaves, of which Adam makes whole steps.
    let experiment = experiment.replace("norm = \"batch\"", "bias = false, norm = \"batch\"");
    let workdirs = [Workdir::with(&experiment), pretending(&experiment)];
    for workdir in &workdirs {
        workdir.run(&["run", "small.toml"]).exits(0);
    }
    for metric in ["train_loss", "gradient_norm", "val_loss"] {
        let [host, apart] = [0, 1].map(|i| after_one_epoch(&workdirs[i], metric));
        assert!(!host.is_empty() && host.len() == apart.len());
        for (expected, found) in host.iter().zip(&apart) {
            let difference = (expected - found).abs() / expected.abs();
            assert!(difference < 2e-4, "{metric}: {found} instead of {expected}");
        }
    }
}

#[test]
fn augmented_images_are_those_of_the_host() {
    let steps = "steps = [{ rotate = 15 }, { flip = \"horizontal\" }]";
    let all = "normalize = \"standard\"\nsteps = [{ rotate = 15 }, { scale = [0.9, 1.1], fill = \"reflect\" }, \
               { flip = \"alternating\" }, { crop = true, pad = 2 }, { mixup = 0.4, p = 0.5 }, \
               { cutmix = 1.0, p = 0.5 }]";
    assert_trains_as_the_host_does(&small_with_epochs(1).replace(steps, all));
}

#[test]
fn images_that_only_the_host_can_change_are_sent_to_the_device() {
    let steps = "steps = [{ rotate = 15 }, { flip = \"horizontal\" }]";
    let host = "steps = [{ brightness = 0.3 }, { trivial-augment = true }, { mixup = 0.4 }]";
    assert_trains_as_the_host_does(&small_with_epochs(1).replace(steps, host));
}

#[test]
fn losses_averages_and_limits_are_those_of_the_host() {
    let train = "epochs = 1\nema = 0.9\naccumulate = 2\nevaluate = { tta = \"flip\" }\n\
                 loss = { focal = 2.0, label_smoothing = 0.1, class_weights = \"balanced\" }";
    let clipped = "{ name = \"sgd\", lr = 1e-3, momentum = 0.9, clip_norm = 0.5 }";
    let experiment = SMALL
        .replace("epochs = 3", train)
        .replace("{ name = \"adam\", lr = 1e-3 }", clipped);
    assert_trains_as_the_host_does(&experiment);
}

#[test]
fn a_job_ends_with_the_same_bits_wherever_it_is_killed() {
    // Large enough for checkpoints in the middle of an epoch, between two readings.
    let experiment = SMALL.replace("train = 240", "train = 2400");
    let experiment = format!("{experiment}\n[run]\ncheckpoint_every = \"0.1 s\"\n");
    let undisturbed = pretending(&experiment);
    undisturbed.run(&["run", "small.toml"]).exits(0);
    for failpoint in [
        "step:3",
        "checkpoint-renamed:2",
        "validation:2",
        "metrics:2",
    ] {
        let workdir = pretending(&experiment);
        let mut command = workdir.command(&["run", "small.toml"]);
        ProgramRun::of(command.env("CONVSWEEP_FAILPOINT", failpoint)).exits(0);
        assert_eq!(workdir.attempts("crashed"), 4.0, "{failpoint}");
        assert_eq!(workdir.results(), undisturbed.results(), "{failpoint}");
    }
}

#[test]
fn divergence_is_found_at_its_step_although_it_is_read_later() {
    let diverging = SMALL.replace("[1e-3, 1e-2]", "[1e30]");
    let workdirs = [Workdir::with(&diverging), pretending(&diverging)];
    let [host, apart] = workdirs.map(|workdir| {
        let run = workdir.run(&["run", "small.toml"]).exits(1);
        let text = run.says(&["diverged"]).stderr();
        let line = text.lines().find(|line| line.contains("diverged"));
        line.expect("a line that says so").to_string()
    });
    let step = |line: &str| {
        let words = line.split("step ").nth(1).unwrap_or_default().to_string();
        words
            .split(|c: char| !c.is_ascii_digit())
            .next()
            .map(str::to_string)
    };
    assert!(step(&host).is_some_and(|step| !step.is_empty()), "{host}");
    assert_eq!(step(&host), step(&apart), "{host}\n{apart}");
}

#[test]
fn a_range_test_ends_where_that_of_the_host_does() {
    let kind = "experiment.kind={ name = \"lr-range-test\", from = 1e-5, to = 1e5, steps = 60 }";
    let workdirs = [Workdir::small(), pretending(SMALL)];
    let [host, apart] = workdirs.map(|workdir| {
        let arguments = ["run", "small.toml", "--set", kind, "--seeds", "1"];
        workdir.run(&arguments).exits(0);
        let folder = workdir.job_folders().remove(0);
        let text = std::fs::read_to_string(folder.join("range.json")).expect("a curve");
        let curve: RangeResult = serde_json::from_str(&text).expect("a curve");
        curve.points
    });
    assert_eq!(host.len(), apart.len());
    for (expected, found) in host.iter().zip(&apart).take(20) {
        let difference = (expected.loss.0 - found.loss.0).abs();
        assert!(
            difference < 1e-2,
            "{} instead of {}",
            found.loss.0,
            expected.loss.0
        );
    }
}

#[test]
fn a_worker_whose_memory_grows_is_replaced_and_nothing_changes() {
    let undisturbed = pretending(SMALL);
    undisturbed.run(&["run", "small.toml"]).exits(0);
    let workdir = pretending(SMALL);
    let mut command = workdir.command(&["run", "small.toml", "--slots", "cpu=1"]);
    command.env("CONVSWEEP_FAILPOINT", "grow:2");
    let grown = "has grown from";
    let new_worker = "the job goes on with a new worker, from a checkpoint";
    ProgramRun::of(&mut command)
        .exits(0)
        .says(&[grown, new_worker]);
    assert_eq!(workdir.attempts("cancelled"), 4.0, "each job once");
    assert_eq!(workdir.attempts("finished"), 4.0);
    assert_eq!(workdir.results(), undisturbed.results());
}
