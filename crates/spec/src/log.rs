//! Records of `<experiment>/log.jsonl`, the experiment's log, which the runner writes.

mod judgement;
mod recorded_set;

use crate::FORMAT;
use crate::configuration::Configuration;
use crate::id::{ConfigurationId, JobId};
use crate::metric::{Metric, Number};
use crate::outcome::Outcome;
use crate::words::printable;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::path::PathBuf;

pub use judgement::{JobVerdict, JudgedJob, Judgement};
pub use recorded_set::{ClassImages, RecordedSet};

/// One line of an experiment's log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LogEntry {
    /// [`crate::FORMAT`] of the writer.
    pub format: u32,
    /// Seconds since 1970-01-01 UTC.
    pub time: f64,
    /// The experiment whose log it is a line of, so that a line of another log is known; older
    /// programs left it out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub experiment: Option<String>,
    /// What is recorded.
    pub record: Record,
}

impl LogEntry {
    /// What is wrong with the entry if it is in the log of `expected`, in words that follow its
    /// place; `None` if nothing is.
    pub fn misplaced(&self, expected: &str) -> Option<String> {
        let found = self
            .experiment
            .as_deref()
            .filter(|name| *name != expected)?;
        let found = printable(found);
        Some(format!(
            "is a line of the log of the experiment \"{found}\" and was ignored"
        ))
    }
}

/// The format of a line of a log or of a worker's stdout that a newer version of the program wrote;
/// `None` for any other line, readable or not.
pub fn newer_format(line: &[u8]) -> Option<u64> {
    #[derive(Deserialize)]
    struct LineFormat {
        format: u64,
    }
    let LineFormat { format } = serde_json::from_slice(line).ok()?;
    (format > u64::from(FORMAT)).then_some(format)
}

/// What is wrong if the log of a job is in the folder of another one, and the remedy.
pub fn log_of_other_job(found: &str, expected: &JobId) -> String {
    format!(
        "the log of job {found}, not of {expected}: two folders were exchanged or copied; \
        name each folder after the job that its job.json and log belong to"
    )
}

/// What to do about damage to the log of an experiment: `written_again` is the revision in which
/// the plan stands behind it, if it does.
pub fn log_remedy(written_again: Option<u32>) -> String {
    match written_again {
        Some(revision) => format!(
            "the plan was written again in revision {revision}; decisions before it may be lost"
        ),
        None => "the next `convsweep run` of the experiment's file writes its plan again, \
            other records come back with a copy of the log"
            .into(),
    }
}

/// What is recorded.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "record", rename_all = "kebab-case")]
pub enum Record {
    /// The file was run in a new version. The records up to the next revision belong to it.
    Revision(Box<Revision>),
    /// A configuration of the revision.
    Member(Box<Member>),
    /// An attempt whose end the worker could not log: it died, or never started.
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
    /// A stopping rule or a race decided, from these values.
    Judgement(Judgement),
    /// A stopping rule or the user decided about a job.
    Decision(Decision),
}

/// The [`Decision::rule`] of a person's decisions.
pub const PERSON: &str = "person";

/// A decision of a stopping rule or the user about a job, with its reason.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    /// The job.
    pub job: JobId,
    /// The job's newest attempt at that time, 0 before the first. It orders decisions and ends of
    /// attempts even if the clock jumps. Logs of older programs lack it; there the entry's time
    /// decides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempt: Option<u32>,
    /// The completed epochs at which a rule judged the job; its completed epochs at that time for
    /// a race, a person, and in logs of older programs.
    pub epoch: u32,
    /// The decision.
    pub verdict: JobVerdict,
    /// Name of the rule, or [`PERSON`].
    pub rule: String,
    /// The reason, with its figures.
    pub reason: String,
}

/// One version of the experiment file.
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
    /// The user's question.
    pub question: Option<String>,
    /// The metric by which configurations are compared.
    pub metric: Metric,
    /// Differences of the metric up to this, in its own unit (0.005 of an accuracy is half a
    /// percentage point), count as practically equal; above 0. `None` if the file gives none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub margin: Option<f64>,
    /// The configuration that the others are compared with.
    pub baseline: Option<ConfigurationId>,
    /// Axes in the order of the file.
    pub axes: Vec<Axis>,
    /// Class names, by label.
    pub classes: Vec<String>,
    /// Whether the report shows the test results of all configurations.
    pub show_test: bool,
    /// What was read of the image sets that are folders or tables, each once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub images: Vec<RecordedSet>,
    /// The choices of the completed stages; the next stage is in progress.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub decisions: Vec<Choice>,
    /// Damaged lines of the log, from 1, whose decisions a person has had made again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub redecided: Vec<u64>,
}

/// The configuration that a stage chose and the next stage starts from. It stays valid until the
/// stage is asked to choose again.
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
    /// The evidence for the choice, best configuration first.
    pub evidence: Vec<Evidence>,
}

/// The result of one configuration when a stage chose.
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
    /// Standard deviation; `None` for a single job.
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

/// An axis of the grid.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Axis {
    /// Dotted path of the file.
    pub path: String,
    /// Short name for charts, taken from the end of the path.
    pub name: String,
    /// Labels of the values, in the file's order.
    pub labels: Vec<String>,
}

/// A configuration as part of a revision.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Member {
    /// Its id.
    pub configuration: ConfigurationId,
    /// Position in the plan, from 0.
    pub position: u32,
    /// Short name, made from the labels of its axis values; the experiment's name if there are no
    /// axes.
    pub label: String,
    /// Its values on the axes.
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

/// A configuration's value on one axis.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_complete_lines_of_newer_programs_have_a_newer_format() {
        assert_eq!(
            newer_format(br#"{"format": 2, "something": "else"}"#),
            Some(2)
        );
        assert_eq!(newer_format(br#"{"format": 1, "something": "else"}"#), None);
        assert_eq!(newer_format(br#"{"format": 2, "some"#), None);
        assert_eq!(newer_format(b"hello"), None);
    }
}
