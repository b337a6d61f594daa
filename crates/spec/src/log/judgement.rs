//! What a stopping rule or a race decided, and all that it looked at.

use crate::id::JobId;
use crate::metric::{Metric, Number};
use serde::{Deserialize, Serialize};

/// One decision of a stopping rule or a race. It is written before anything follows from it, and a
/// later run replays it: what has been decided is never decided again.
///
/// A [`super::Decision`] for each job that it let go on or stopped follows it in the log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Judgement {
    /// The rule with its figures, such as `successive-halving:eta=3,first=1`.
    pub rule: String,
    /// The metric that it compared.
    pub metric: Metric,
    /// The stage of the experiment, if it has stages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage: Option<String>,
    /// Number of completed epochs at which the jobs were compared; of a race, the number of the
    /// round, from 1.
    pub step: u32,
    /// Every job that was looked at.
    pub jobs: Vec<JudgedJob<JobId>>,
}

/// What is decided about a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum JobVerdict {
    /// The job continues.
    GoOn,
    /// The job is stopped early.
    Stop,
}

impl JobVerdict {
    /// The name used in the database.
    pub fn name(self) -> &'static str {
        match self {
            JobVerdict::GoOn => "go-on",
            JobVerdict::Stop => "stop",
        }
    }
}

/// A job as a decision saw it. `J` identifies the job.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JudgedJob<J> {
    /// The job.
    pub job: J,
    /// Its value of the metric; `None` if it had none because it failed or was not trained so far.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Number>,
    /// For the median rule: the mean of its values so far, which others are compared with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mean: Option<Number>,
    /// What was decided about it; `None` if it was only compared with, because it had ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<JobVerdict>,
}
