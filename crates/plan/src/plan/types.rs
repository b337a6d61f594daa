//! What a plan is.

use convsweep_spec::configuration::ConfigurationDigest;
use convsweep_spec::data::{DataFacts, ImageLimits};
use convsweep_spec::id::{ConfigurationId, JobId};
use convsweep_spec::job::Question;
use convsweep_spec::log::{Axis, AxisValue, Choice, Included, Member, MemberJob};
use convsweep_spec::metric::Metric;
use convsweep_spec::run_settings::RunSettings;
use convsweep_spec::search::SearchSettings;
use convsweep_spec::shape::ModelSummary;
use std::path::PathBuf;
use std::sync::Arc;

/// Everything that is needed to answer an experiment's question.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Name of the experiment, which is a safe name for a folder; `NAME+<hash>` if the command line
    /// overrides the file.
    pub name: String,
    /// Absolute path of the file.
    pub file: PathBuf,
    /// The file's text.
    pub text: String,
    /// The files that it includes, directly or not.
    pub includes: Vec<Included>,
    /// The overrides of the command line, as they are recorded.
    pub overrides: Vec<String>,
    /// The question in words.
    pub question: Option<String>,
    /// The metric by which configurations are compared.
    pub metric: Metric,
    /// Differences of the metric up to this count as practically equal, if the file says so.
    pub margin: Option<f64>,
    /// The configuration with which the others are compared.
    pub baseline: Option<ConfigurationId>,
    /// The axes in the order of the file.
    pub axes: Vec<Axis>,
    /// Names of the classes, by label, of the images of the first configuration.
    pub classes: Vec<String>,
    /// Whether the report shows test results of all configurations.
    pub show_test: bool,
    /// How jobs are run.
    pub run: RunSettings,
    /// Which jobs may be skipped or stopped early.
    pub search: SearchSettings,
    /// The configurations in the order of the grid, each once.
    pub configurations: Vec<Planned>,
    /// What the user should know although nothing is wrong.
    pub notes: Vec<String>,
    /// The stages, if the file has any. The configurations are those of the stages up to the first
    /// that has not chosen yet.
    pub stages: Vec<StagePlan>,
    /// What the first stages have chosen.
    pub decisions: Vec<Choice>,
}

/// A configuration of the plan.
#[derive(Clone, Debug)]
pub struct Planned {
    /// Its place in the experiment, with its jobs.
    pub member: Member,
    /// Shapes and costs of its layers.
    pub summary: Arc<ModelSummary>,
    /// Facts of its image set.
    pub facts: Arc<DataFacts>,
    /// Folder or file of its images, if the file names one.
    pub data_path: Option<PathBuf>,
    /// What the user should know of its image set, besides what was left out of it.
    pub set_notes: Arc<[String]>,
    /// The largest image files that are read.
    pub image_limits: ImageLimits,
    /// File of the weights from which its jobs start, if they are not random.
    pub weights: Option<PathBuf>,
    /// Digests of its sections, from which ids are derived.
    pub digest: ConfigurationDigest,
    /// Number of the first entry of `run.priority` that it matches, or their count if it matches
    /// none. Lower ones start first.
    pub rank: u32,
}

/// A stage of the plan.
#[derive(Clone, Debug)]
pub struct StagePlan {
    /// Its name.
    pub name: String,
    /// Number of its configurations. Equal ones count once as soon as they are known.
    pub count: usize,
    /// Number of its jobs. Folds are not counted before the stages before it have chosen.
    pub jobs: usize,
    /// What it chooses from; empty before the stages before it have chosen.
    pub candidates: Vec<StageCandidate>,
    /// What it chose.
    pub decision: Option<Choice>,
}

/// A configuration that a stage may choose.
#[derive(Clone, Debug)]
pub struct StageCandidate {
    /// Index in [`Plan::configurations`].
    pub configuration: usize,
    /// Its label within the stage.
    pub label: String,
    /// Its values on all axes so far.
    pub values: Vec<AxisValue>,
}

impl Plan {
    /// Every job: the index of its configuration, its id and its question.
    pub fn questions(&self) -> impl Iterator<Item = (usize, JobId, Question)> + '_ {
        let configurations = self.configurations.iter().enumerate();
        configurations.flat_map(|(index, planned)| {
            let jobs = planned.member.jobs.iter();
            jobs.map(move |job| (index, job.job.clone(), planned.question(job)))
        })
    }

    /// Every job, in the order of the configurations.
    pub fn member_jobs(&self) -> impl Iterator<Item = &MemberJob> {
        self.configurations.iter().flat_map(|c| &c.member.jobs)
    }

    /// Number of jobs.
    pub fn jobs(&self) -> usize {
        let counts = self.configurations.iter().map(|c| c.member.jobs.len());
        counts.sum()
    }
}

impl Planned {
    /// The question of one of its jobs.
    pub fn question(&self, job: &MemberJob) -> Question {
        Question {
            configuration: self.member.resolved.clone(),
            data_hash: self.member.data_hash.clone(),
            seed: job.seed,
            fold: job.fold,
        }
    }
}
