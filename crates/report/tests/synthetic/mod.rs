//! Synthetic experiments for tests and for looking at charts: the rows that a store would return,
//! and the files that workers would leave. Never part of the product.

pub mod across;
pub mod cases;
mod configuration;
pub mod jobs;
pub mod predictions;
mod random;
pub mod range_test;

use convsweep_spec::configuration::ConfigurationDigest;
use convsweep_spec::log::{Axis, AxisValue, Member, MemberJob, Revision};
use convsweep_spec::metric::{Direction, Metric};
use convsweep_store::{ConfigurationRow, ExperimentRows, JobRow};
use jobs::JobMaker;

/// An experiment to make rows of.
#[derive(Clone, Debug)]
pub struct Synthetic {
    /// Name of the experiment.
    pub name: &'static str,
    /// Axes: path and labels of the values.
    pub axes: Vec<(&'static str, Vec<&'static str>)>,
    /// Number of seeds.
    pub seeds: u64,
    /// Number of cross-validation folds.
    pub folds: Option<u32>,
    /// Class names.
    pub classes: Vec<String>,
    /// Position of the baseline in the plan.
    pub baseline: Option<usize>,
    /// Metric that configurations are compared by.
    pub metric: (&'static str, Direction),
    /// Standard deviation of the accuracy between seeds, as a share.
    pub noise: f64,
    /// Steps of the learning-rate range test that every job is, if any.
    pub range_test_steps: Option<u32>,
}

impl Default for Synthetic {
    fn default() -> Self {
        Synthetic {
            name: "made-up",
            axes: vec![("model.parameters.pool", vec!["max", "average"])],
            seeds: 3,
            folds: None,
            classes: cifar10_classes(),
            baseline: None,
            metric: ("val_accuracy", Direction::Max),
            noise: 0.006,
            range_test_steps: None,
        }
    }
}

/// The class names of CIFAR-10.
pub fn cifar10_classes() -> Vec<String> {
    let names = [
        "airplane",
        "automobile",
        "bird",
        "cat",
        "deer",
        "dog",
        "frog",
        "horse",
        "ship",
        "truck",
    ];
    names.map(String::from).to_vec()
}

impl Synthetic {
    /// The rows: every combination of the axes' values, every seed and fold finished.
    pub fn rows(&self) -> ExperimentRows {
        let mut configurations = Vec::new();
        for (position, point) in self.grid().iter().enumerate() {
            configurations.push(self.configuration(position as u32, point));
        }
        let revision = self.revision(&configurations);
        ExperimentRows {
            revision,
            configurations,
            race_rounds: 0,
            log_problems: vec![],
            database_doubt: None,
        }
    }

    fn revision(&self, configurations: &[ConfigurationRow]) -> Revision {
        let baseline = self.baseline.map(|b| &configurations[b].member);
        let axes = self.axes.iter().map(|(path, labels)| Axis {
            path: path.to_string(),
            name: last_part(path).to_string(),
            labels: labels.iter().map(|l| l.to_string()).collect(),
        });
        Revision {
            revision: 1,
            experiment: self.name.to_string(),
            file: format!("/home/me/{}.toml", self.name),
            text: format!("[experiment]\nname = \"{}\"\n", self.name),
            includes: vec![],
            overrides: vec![],
            question: Some("Which of these made-up choices is best?".into()),
            metric: Metric {
                name: self.metric.0.into(),
                direction: self.metric.1,
            },
            margin: None,
            baseline: baseline.map(|member| member.configuration.clone()),
            axes: axes.collect(),
            classes: self.classes.clone(),
            show_test: false,
            images: vec![],
            decisions: vec![],
            redecided: vec![],
        }
    }

    /// Index of the value on each axis, for every configuration.
    fn grid(&self) -> Vec<Vec<usize>> {
        let mut points = vec![vec![]];
        for (_, labels) in &self.axes {
            let mut longer = Vec::new();
            for point in &points {
                for value in 0..labels.len() {
                    longer.push([point.clone(), vec![value]].concat());
                }
            }
            points = longer;
        }
        points
    }

    /// Seeds and folds of every configuration.
    fn runs(&self) -> Vec<(u64, Option<u32>)> {
        let mut runs = Vec::new();
        for seed in 0..self.seeds {
            match self.folds {
                None => runs.push((seed, None)),
                Some(folds) => runs.extend((0..folds).map(|fold| (seed, Some(fold)))),
            }
        }
        runs
    }

    fn configuration(&self, position: u32, point: &[usize]) -> ConfigurationRow {
        let mut values = Vec::new();
        let mut names = Vec::new();
        let mut quality = 0.62;
        let mut bonus = 0.0;
        for (axis, ((path, labels), &value)) in self.axes.iter().zip(point).enumerate() {
            values.push(AxisValue {
                path: path.to_string(),
                label: labels[value].to_string(),
                value: labels[value].into(),
            });
            names.push(format!("{}={}", last_part(path), labels[value]));
            bonus += 0.035 / (axis + 1) as f64 * (value as f64 * 1.3).sin();
        }
        quality += bonus;
        let rate = match point.get(1) {
            Some(&value) => 1e-4 * 10f64.powi(value as i32 % 4),
            None => 1e-3,
        };
        let resolved = configuration::resolved(self, position, rate);
        let digest = ConfigurationDigest::new(&resolved, "made-up");
        let maker = JobMaker {
            classes: self.classes.len(),
            noise: self.noise,
            position,
            quality,
            rate,
            digest: &digest,
        };
        let jobs: Vec<JobRow> = self
            .runs()
            .into_iter()
            .map(|(seed, fold)| maker.job(seed, fold))
            .collect();
        let member = Member {
            configuration: digest.configuration_id(),
            position,
            label: names.join(" "),
            values,
            resolved,
            data_hash: "made-up".into(),
            parameters: 60_000 + 31_000 * (u64::from(position) % 5),
            macs: 4_000_000 + 3_700_000 * (u64::from(position) % 7),
            jobs: jobs.iter().map(member_job).collect(),
        };
        ConfigurationRow { member, jobs }
    }
}

fn member_job(row: &JobRow) -> MemberJob {
    MemberJob {
        job: row.job.clone(),
        seed: row.seed,
        fold: row.fold,
    }
}

fn last_part(path: &str) -> &str {
    path.rsplit('.').next().expect("a path has a part")
}
