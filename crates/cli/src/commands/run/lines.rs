//! `run --json`: what happens as lines of JSON. `convsweep help scripting` describes each of them.

use crate::commands::verdict::VerdictObject;
use crate::exit;
use crate::output::json::line_of;
use crate::output::tell::Teller;
use crate::streams::{data_line, say_error};
use convsweep_plan::Plan;
use convsweep_spec::id::{ConfigurationId, JobId};
use convsweep_spec::log::Choice;
use convsweep_spec::metric::Number;
use convsweep_spec::words::printable;
use serde::Serialize;
use serde_json::Value;
use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::time::{SystemTime, UNIX_EPOCH};

/// The lines of a run, if the command line asks for them.
pub struct RunLines {
    is_on: bool,
    /// What the terminal is asked for.
    teller: Teller,
    /// How the experiments ended, by their names.
    ends: RefCell<Vec<ExperimentEnd>>,
}

/// Something that happened.
#[derive(Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum RunLine<'a> {
    /// What the file asks for and what is to be done.
    Planned {
        experiment: &'a str,
        file: String,
        configurations: Vec<PlannedConfiguration<'a>>,
        /// Jobs in all, and those that are trained now.
        jobs: usize,
        to_train: usize,
        /// Numbers of jobs by what is done with them, as in `plan`.
        standings: BTreeMap<&'static str, usize>,
        slots: usize,
    },
    /// An attempt at a job began.
    Started {
        #[serde(flatten)]
        job: &'a JobTag,
        attempt: u32,
        device: String,
        slot: usize,
    },
    /// A job has trained an epoch.
    Epoch {
        #[serde(flatten)]
        job: &'a JobTag,
        attempt: u32,
        epoch: u32,
        step: u64,
        metrics: &'a BTreeMap<String, Number>,
    },
    /// An attempt ended without finishing the job.
    AttemptEnded {
        #[serde(flatten)]
        job: &'a JobTag,
        attempt: u32,
        outcome: &'static str,
        detail: String,
    },
    /// A job is done in this run.
    Finished {
        #[serde(flatten)]
        job: &'a JobTag,
        attempts: u32,
        outcome: &'static str,
        detail: String,
        /// Metrics of the weights that are kept.
        metrics: BTreeMap<String, Number>,
    },
    /// A job that had not started was cancelled.
    Cancelled {
        #[serde(flatten)]
        job: &'a JobTag,
    },
    /// A rule decided about a job.
    Decided {
        #[serde(flatten)]
        job: &'a JobTag,
        epoch: u32,
        verdict: &'static str,
        rule: &'a str,
        reason: &'a str,
    },
    /// A stage chose the configuration that the next one starts from.
    Chosen {
        experiment: &'a str,
        stage: &'a str,
        configuration: &'a str,
    },
    /// A person paused the run.
    Paused,
    /// It goes on.
    Resumed,
    /// It is going to stop before all jobs are done.
    Stopping { reason: String },
    /// Something that may need a person.
    Warning {
        job: Option<&'a JobId>,
        text: String,
    },
    /// Something worth knowing.
    Note { text: &'a str },
    /// What the results say.
    Answer {
        #[serde(flatten)]
        verdict: Box<VerdictObject<'a>>,
        /// Where the report is; `None` if no job has finished.
        report: Option<Value>,
    },
    /// The command ends.
    Ended {
        exit_code: u8,
        error: Option<Value>,
        experiments: &'a [ExperimentEnd],
    },
}

/// A configuration of the plan.
#[derive(Serialize)]
pub struct PlannedConfiguration<'a> {
    id: &'a ConfigurationId,
    label: &'a str,
    /// Its values on the axes, by their paths.
    values: BTreeMap<&'a str, &'a Value>,
}

/// What tells a job from others.
#[derive(Clone, Debug, Serialize)]
pub struct JobTag {
    job: JobId,
    /// Label of its configuration.
    configuration: String,
    seed: u64,
    fold: Option<u32>,
}

/// How the jobs of an experiment stand at the end.
#[derive(Clone, Debug, Serialize)]
pub struct ExperimentEnd {
    pub experiment: String,
    pub jobs: usize,
    pub finished: usize,
    /// Jobs that a rule stopped.
    pub stopped: usize,
    /// Jobs that ended in another way, such as crashed or diverged.
    pub failed: usize,
    /// Jobs that have not ended: the same command continues with them.
    pub left: usize,
}

/// A line with its time.
#[derive(Serialize)]
struct TimedLine<'a> {
    /// Seconds since 1970-01-01 UTC.
    time: f64,
    #[serde(flatten)]
    line: &'a RunLine<'a>,
}

impl RunLines {
    /// Lines, if they are asked for; the terminal is told as well.
    pub fn new(is_on: bool, teller: Teller) -> RunLines {
        teller.begin();
        RunLines {
            is_on,
            teller,
            ends: RefCell::default(),
        }
    }

    /// What the terminal is asked for.
    pub fn teller(&self) -> Teller {
        self.teller
    }

    /// Whether stdout is theirs.
    pub fn are_on(&self) -> bool {
        self.is_on
    }

    /// Writes a line, if lines are asked for. Whoever reads it does not hold up the run.
    pub fn say(&self, line: &RunLine) {
        if !self.is_on {
            return;
        }
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        let time = since.unwrap_or_default().as_secs_f64();
        match line_of(&TimedLine { time, line }) {
            Ok(line) => data_line(line),
            Err(error) => tracing::info!("a line was not written: {error:#}"),
        }
    }

    /// Says something worth knowing: on stderr, in the run's log, and as a line.
    pub fn note(&self, text: &str) {
        tracing::info!("note: {text}");
        say_error(&printable(&format!("note: {text}")));
        self.say(&RunLine::Note { text });
    }

    /// A stage has chosen.
    pub fn chosen(&self, experiment: &str, choice: &Choice) {
        self.say(&RunLine::Chosen {
            experiment,
            stage: &choice.stage,
            configuration: &choice.label,
        });
    }

    /// Keeps how the jobs of an experiment stand, for the last line.
    pub fn experiment_ended(&self, end: ExperimentEnd) {
        let mut ends = self.ends.borrow_mut();
        ends.retain(|other| other.experiment != end.experiment);
        ends.push(end);
    }

    /// The last line, and what the terminal is told.
    pub fn ended(&self, result: &anyhow::Result<exit::Exit>) {
        self.teller.end(&end_words(&self.ends.borrow(), result));
        let (exit_code, error) = match result {
            Ok(exit) => (*exit as u8, None),
            Err(error) => (exit::of(error) as u8, Some(exit::object(error))),
        };
        self.say(&RunLine::Ended {
            exit_code,
            error,
            experiments: &self.ends.borrow(),
        });
    }
}

/// How a run ended, in a few words.
fn end_words(ends: &[ExperimentEnd], result: &anyhow::Result<exit::Exit>) -> String {
    let mut words = Vec::new();
    for end in ends {
        let (name, finished, jobs) = (&end.experiment, end.finished, end.jobs);
        words.push(match end.failed {
            0 => format!("{name}: {finished} of {jobs} jobs finished"),
            failed => format!("{name}: {finished} of {jobs} jobs finished, {failed} failed"),
        });
    }
    match result {
        Ok(exit::Exit::Interrupted) => words.push("interrupted".into()),
        Ok(_) => {}
        Err(_) => words.push("ended by an error".into()),
    }
    words.join("; ")
}

/// The configurations of a plan.
pub fn planned_configurations(plan: &Plan) -> Vec<PlannedConfiguration<'_>> {
    let mut configurations = Vec::with_capacity(plan.configurations.len());
    for planned in &plan.configurations {
        let values = planned.member.values.iter();
        configurations.push(PlannedConfiguration {
            id: &planned.member.configuration,
            label: &planned.member.label,
            values: values.map(|value| (&*value.path, &value.value)).collect(),
        });
    }
    configurations
}

/// What tells the jobs of a plan from each other.
pub fn job_tags(plan: &Plan) -> HashMap<JobId, JobTag> {
    let mut tags = HashMap::new();
    for planned in &plan.configurations {
        for job in &planned.member.jobs {
            let tag = JobTag {
                job: job.job.clone(),
                configuration: planned.member.label.clone(),
                seed: job.seed,
                fold: job.fold,
            };
            tags.insert(job.job.clone(), tag);
        }
    }
    tags
}
