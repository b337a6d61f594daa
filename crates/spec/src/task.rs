//! What a worker does for a job.

use crate::train::TrainSpec;
use serde::ser::{Error as _, Serialize, Serializer};
use serde_json::{Value, json};

/// What a worker does for a job. Part of the job's identity.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Task {
    /// Train all epochs, evaluate, and keep the weights and predictions.
    #[default]
    Train,
    /// Run the learning-rate range test ([`crate::range`]); nothing but its curve is kept.
    RangeTest(RangeTest),
}

/// A learning-rate range test (Smith 2017): the rate rises by the same factor at every step, from
/// `from` to the optimizer's rate, until the loss explodes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RangeTest {
    /// Learning rate of the first step.
    pub from: f64,
    /// Number of steps.
    pub steps: u32,
}

impl Task {
    /// The range test, if this is one.
    pub fn range_test(&self) -> Option<RangeTest> {
        match self {
            Task::RangeTest(test) => Some(*test),
            Task::Train => None,
        }
    }
}

impl RangeTest {
    /// Learning rate of `step` (from 0) when the last step's rate is `to`.
    pub fn rate(&self, to: f64, step: u64) -> f64 {
        let share = step as f64 / f64::from(self.steps.saturating_sub(1).max(1));
        self.from * (to / self.from).powf(share.min(1.0))
    }
}

/// A training section together with its task, in the form in which files and ids record them.
///
/// A range test is recorded as a schedule of the first phase, as it was when it was one: ids and
/// old results folders stay valid.
pub(crate) struct RecordedTraining<'a> {
    pub train: &'a TrainSpec,
    pub task: Task,
}

const RANGE_TEST: &str = "range-test";

impl Serialize for RecordedTraining<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let RangeTest { from, steps } = match self.task {
            Task::Train => return self.train.serialize(serializer),
            Task::RangeTest(test) => test,
        };
        let mut train = serde_json::to_value(self.train).map_err(S::Error::custom)?;
        if let Some(schedule) = train.pointer_mut("/phases/0/schedule") {
            *schedule = json!({ "name": RANGE_TEST, "from": from, "steps": steps });
        }
        train.serialize(serializer)
    }
}

/// Reads what [`RecordedTraining`] wrote.
pub(crate) fn read_recorded(mut train: Value) -> Result<(TrainSpec, Task), serde_json::Error> {
    let mut task = Task::Train;
    if let Some(schedule) = train.pointer_mut("/phases/0/schedule")
        && schedule["name"] == RANGE_TEST
    {
        task = Task::RangeTest(RangeTest {
            from: serde_json::from_value(schedule["from"].take())?,
            steps: serde_json::from_value(schedule["steps"].take())?,
        });
        *schedule = json!({ "name": "constant" });
    }
    Ok((serde_json::from_value(train)?, task))
}
