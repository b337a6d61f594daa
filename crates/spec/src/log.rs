//! What `<experiment>/log.jsonl` holds: the experiment's own truth, written by the runner.

use crate::configuration::Configuration;
use crate::id::{ConfigurationId, JobId};
use crate::metric::{Metric, Number};
use crate::outcome::Outcome;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::path::PathBuf;

/// One line of an experiment's log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LogEntry {
    /// [`crate::FORMAT`] of the writer.
    pub format: u32,
    /// Seconds since 1970-01-01 UTC.
    pub time: f64,
    /// What is recorded.
    pub record: Record,
}

/// What is recorded.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "record", rename_all = "kebab-case")]
pub enum Record {
    /// The file was run in a form not seen before; what follows until the next revision belongs to
    /// it.
    Revision(Revision),
    /// A configuration that the revision asks for.
    Member(Box<Member>),
    /// An attempt ended without its own word (the worker died), or could not begin.
    AttemptEnded {
        /// The job.
        job: JobId,
        /// The attempt.
        attempt: u32,
        /// How it ended.
        outcome: Outcome,
        /// The end of the worker's stderr.
        stderr: String,
    },
    /// A stopping rule or a person decided about a job.
    Decision(Decision),
}

/// What a stopping rule or a person decided about a job, and why.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    /// The job.
    pub job: JobId,
    /// Its newest attempt at that time, 0 before the first. It orders decisions and ends of
    /// attempts whatever the clock does; logs of older programs lack it, and the entry's time has
    /// to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempt: Option<u32>,
    /// Its completed epochs at that time.
    pub epoch: u32,
    /// What follows.
    pub verdict: Verdict,
    /// Name of the rule, or `person`.
    pub rule: String,
    /// Why, in words with figures.
    pub reason: String,
}

/// What follows from a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The job trains on.
    GoOn,
    /// The job is spared: it counts as stopped.
    Stop,
}

impl Verdict {
    /// As in the database.
    pub fn name(self) -> &'static str {
        match self {
            Verdict::GoOn => "go-on",
            Verdict::Stop => "stop",
        }
    }
}

/// One form of the experiment file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Revision {
    /// Number, from 1.
    pub revision: u32,
    /// Name of the experiment.
    pub experiment: String,
    /// Absolute path of the file.
    pub file: String,
    /// The file's text.
    pub text: String,
    /// Files that it includes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub includes: Vec<Included>,
    /// `--set` and `--seeds` of the command line, as written.
    pub overrides: Vec<String>,
    /// The question in words.
    pub question: Option<String>,
    /// What configurations are compared by.
    pub metric: Metric,
    /// Configuration that the others are compared with.
    pub baseline: Option<ConfigurationId>,
    /// Axes in the order of the file.
    pub axes: Vec<Axis>,
    /// Class names, by label.
    pub classes: Vec<String>,
    /// Whether the report shows test figures of all configurations.
    pub show_test: bool,
    /// What stages of the file have chosen; the stage after the last of them is under way.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub decisions: Vec<Choice>,
}

/// What a stage chose: the configuration that the next one starts from. It stands until it is asked
/// for anew.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Choice {
    /// Name of the stage.
    pub stage: String,
    /// The configuration chosen.
    pub configuration: ConfigurationId,
    /// Its label.
    pub label: String,
    /// Its values on all axes so far.
    pub values: Vec<AxisValue>,
    /// What was known when it was chosen, the best first.
    pub evidence: Vec<Evidence>,
}

/// What was known of a configuration when a stage chose.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// The configuration.
    pub configuration: ConfigurationId,
    /// Its label.
    pub label: String,
    /// Number of finished jobs.
    pub n: u32,
    /// Mean of the experiment's metric over them.
    pub mean: Number,
    /// Its standard deviation; `None` for one job.
    pub deviation: Option<Number>,
}

/// A file that an experiment file includes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Included {
    /// Absolute path.
    pub path: PathBuf,
    /// Its text.
    pub text: String,
}

/// One axis of the grid.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Axis {
    /// Dotted path of the file.
    pub path: String,
    /// Short name for charts: the end of the path.
    pub name: String,
    /// Labels of the values, in the file's order.
    pub labels: Vec<String>,
}

/// A configuration's place in a revision.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Member {
    /// Its id.
    pub configuration: ConfigurationId,
    /// Place in the plan, from 0.
    pub position: u32,
    /// Short name, from the labels of its axis values; the experiment's name where there are no
    /// axes.
    pub label: String,
    /// Values, one for each axis that it has.
    pub values: Vec<AxisValue>,
    /// The configuration, resolved.
    pub resolved: Configuration,
    /// Content hash of its image set.
    pub data_hash: String,
    /// Trainable parameters.
    pub parameters: u64,
    /// Multiply-accumulate operations for one image.
    pub macs: u64,
    /// Its jobs.
    pub jobs: Vec<MemberJob>,
}

/// A value that a configuration has on an axis.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AxisValue {
    /// Dotted path of the axis.
    pub path: String,
    /// Label of the value.
    pub label: String,
    /// The value as written, as JSON.
    pub value: Value,
}

/// A job of a configuration.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MemberJob {
    /// Its id.
    pub job: JobId,
    /// Its seed.
    pub seed: u64,
    /// Its fold.
    pub fold: Option<u32>,
}
