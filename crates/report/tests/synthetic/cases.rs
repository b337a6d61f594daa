//! Named experiments that between them show every chart and every kind of sentence.

use super::Synthetic;
use convsweep_spec::log::{Choice, Evidence};
use convsweep_spec::metric::{Direction, Number};
use convsweep_store::ExperimentRows;

/// An experiment, and what happened to it.
pub struct Case {
    /// The experiment.
    pub experiment: Synthetic,
    /// Changes its rows afterwards.
    pub edit: fn(&mut ExperimentRows),
}

/// Every case.
pub fn all() -> Vec<Case> {
    let plain = [one(), two(), six(), folds(), sixty()];
    let mut cases: Vec<Case> = plain.map(|experiment| case(experiment, unchanged)).into();
    cases.push(case(twenty_four(), with_failures));
    cases.push(case(hundred_classes(), unchanged));
    cases.push(case(named("range-test", range_test()), unchanged));
    cases.push(case(named("pruned", six()), with_pruned_jobs));
    cases.push(case(named("stages", six()), with_a_stage));
    cases.push(case(named("scores", six()), with_further_scores));
    cases.push(case(named("machines", six()), on_two_machines));
    cases.push(case(named("unfinished", six()), without_results));
    cases
}

fn case(experiment: Synthetic, edit: fn(&mut ExperimentRows)) -> Case {
    Case { experiment, edit }
}

fn named(name: &'static str, experiment: Synthetic) -> Synthetic {
    Synthetic { name, ..experiment }
}

/// One configuration, one seed.
pub fn one() -> Synthetic {
    Synthetic {
        name: "one",
        axes: vec![],
        seeds: 1,
        ..Synthetic::default()
    }
}

/// Two configurations, one seed.
pub fn two() -> Synthetic {
    Synthetic {
        name: "two",
        seeds: 1,
        ..Synthetic::default()
    }
}

/// Two axes, three seeds, and a baseline.
pub fn six() -> Synthetic {
    Synthetic {
        name: "six",
        axes: vec![
            ("model.parameters.pool", vec!["max", "average", "strided"]),
            ("train.optimizer", vec!["sgd", "adam"]),
        ],
        baseline: Some(3),
        ..Synthetic::default()
    }
}

/// Three axes, one of them with a long label.
pub fn twenty_four() -> Synthetic {
    Synthetic {
        name: "twentyfour",
        axes: vec![
            ("model.parameters.width", vec!["16", "32", "64"]),
            ("train.optimizer.lr", vec!["0.0001", "0.001", "0.01", "0.1"]),
            (
                "augment",
                vec!["none", "rotate 15°, scale 0.9–1.1, flip horizontally"],
            ),
        ],
        seeds: 5,
        baseline: Some(20),
        ..Synthetic::default()
    }
}

/// As many classes as CIFAR-100 has.
pub fn hundred_classes() -> Synthetic {
    const NAMES: [&str; 5] = ["maple tree", "orchid", "sweet pepper", "lawn mower", "ray"];
    Synthetic {
        name: "hundred-classes",
        classes: (0..100)
            .map(|i| format!("{} {i}", NAMES[i % NAMES.len()]))
            .collect(),
        seeds: 2,
        noise: 0.02,
        ..Synthetic::default()
    }
}

/// Five folds, compared by the loss.
pub fn folds() -> Synthetic {
    Synthetic {
        name: "folds",
        folds: Some(5),
        seeds: 1,
        metric: ("val_loss", Direction::Min),
        ..Synthetic::default()
    }
}

/// More configurations than a chart has room for.
pub fn sixty() -> Synthetic {
    Synthetic {
        name: "sixty",
        axes: vec![
            ("a", vec!["1", "2", "3", "4", "5"]),
            ("b", vec!["red", "green", "blue"]),
            ("c", vec!["left", "right"]),
            ("d", vec!["up", "down"]),
        ],
        ..Synthetic::default()
    }
}

/// Two configurations whose jobs are learning-rate range tests.
pub fn range_test() -> Synthetic {
    Synthetic {
        seeds: 2,
        range_test_steps: Some(100),
        ..Synthetic::default()
    }
}

fn unchanged(_: &mut ExperimentRows) {}

/// Lets a job of one configuration diverge, one of another crash, and leaves a third unfinished.
pub fn with_failures(rows: &mut ExperimentRows) {
    for (i, outcome) in [(3, Some("diverged")), (7, Some("crashed")), (8, None)] {
        rows.configurations[i].jobs[1].outcome = outcome.map(String::from);
    }
}

/// Stops all jobs of two configurations after a few epochs.
pub fn with_pruned_jobs(rows: &mut ExperimentRows) {
    for (i, epochs) in [(1, 5), (4, 2)] {
        for job in &mut rows.configurations[i].jobs {
            job.outcome = Some("stopped".into());
            job.epochs.truncate(epochs);
            (job.validation, job.test) = (None, None);
        }
    }
}

/// Adds what an earlier stage chose.
pub fn with_a_stage(rows: &mut ExperimentRows) {
    let mut evidence = Vec::new();
    for (configuration, mean) in rows.configurations.iter().zip([0.65, 0.64, 0.61]) {
        evidence.push(Evidence {
            configuration: configuration.member.configuration.clone(),
            label: configuration.member.label.clone(),
            n: if mean > 0.62 { 3 } else { 1 },
            mean: Number(mean),
            deviation: (mean > 0.62).then_some(Number(0.004)),
        });
    }
    let chosen = &rows.configurations[0].member;
    rows.revision.decisions.push(Choice {
        stage: "architecture".into(),
        configuration: chosen.configuration.clone(),
        label: chosen.label.clone(),
        values: chosen.values.clone(),
        evidence,
    });
}

/// Records further scores, and which epoch was best.
pub fn with_further_scores(rows: &mut ExperimentRows) {
    for configuration in &mut rows.configurations {
        for job in &mut configuration.jobs {
            for epoch in &mut job.epochs {
                let accuracy = epoch.values["val_accuracy"];
                let scores = [
                    ("val_macro_f1", accuracy - 0.01),
                    ("val_top5_accuracy", (accuracy + 0.25).min(1.0)),
                    ("val_calibration_error", 0.05),
                    ("best_epoch", 12.0),
                ];
                epoch
                    .values
                    .extend(scores.map(|(name, v)| (name.to_string(), v)));
            }
        }
    }
}

/// Trains one configuration on another machine, and overrides a key on the command line.
pub fn on_two_machines(rows: &mut ExperimentRows) {
    rows.revision.overrides = vec!["--set".into(), "train.batch_size=64".into()];
    rows.revision.show_test = true;
    for job in &mut rows.configurations[4].jobs {
        job.fingerprint.as_mut().expect("set").backend = "cuda".into();
        job.device = "cuda:0".into();
    }
}

/// Makes every job unfinished, before the end of its first epoch.
pub fn without_results(rows: &mut ExperimentRows) {
    for job in rows.configurations.iter_mut().flat_map(|c| &mut c.jobs) {
        job.outcome = None;
        job.epochs.clear();
        (job.validation, job.test) = (None, None);
    }
}
