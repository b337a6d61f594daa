//! The state that an attempt starts from.

use crate::attempt::Attempt;
use crate::checkpoint::{self, Saved};
use crate::error::TrainError;
use crate::job_data::JobData;
use crate::plausible::JobFacts;
use crate::training_state::TrainingState;
use crate::transfer::transfer;
use convsweep_nn::{Network, build, check_precision};
use convsweep_spec::event::{STATE_REFUSED, Start};
use convsweep_spec::job::{Job, SavedState};
use convsweep_spec::layout;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// A state to start from, its origin, and why better ones were not used.
pub(crate) struct StartingState {
    pub state: TrainingState,
    pub start: Start,
    /// Whether it is that of the job's newest checkpoint.
    pub checkpoint_is_whole: bool,
    pub warnings: Vec<String>,
}

/// The newest usable state: the job's own checkpoint, the one before it, the states that the job
/// has kept, else the saved state that the job names, else the initial weights.
///
/// # Errors
/// If the architecture does not fit the images, or the file of initial weights cannot be used. An
/// unusable state is only a warning.
pub(crate) fn starting_state(
    attempt: &Attempt,
    data: &JobData,
) -> Result<StartingState, TrainError> {
    let (job, fingerprint) = (attempt.job, attempt.fingerprint);
    let network = new_network(attempt, data)?;
    let mut search = Search {
        job,
        network: &network,
        facts: JobFacts {
            question: &job.question,
            images: data.subsets.train.len(),
            logged: attempt.logged_metrics,
        },
        warnings: Vec::new(),
    };
    let found = match search.own_state() {
        Some(found) => Some(found),
        None => search.named_state(),
    };
    let warnings = search.warnings;
    let Some((state, origin)) = found else {
        return Ok(StartingState {
            state: TrainingState::initial(job, fingerprint, with_initial_weights(job, network)?),
            start: Start::Scratch,
            checkpoint_is_whole: false,
            warnings,
        });
    };
    let exact = state.position.fingerprint == *fingerprint;
    Ok(StartingState {
        start: origin.start(&state, exact),
        checkpoint_is_whole: matches!(origin, Origin::Own { is_newest: true }),
        state: state.adopt(job, fingerprint),
        warnings,
    })
}

fn new_network(attempt: &Attempt, data: &JobData) -> Result<Network, TrainError> {
    let question = &attempt.job.question;
    let configuration = &question.configuration;
    let training = &configuration.train;
    check_precision(training.precision, attempt.job.execution.device)?;
    let network = build(
        &configuration.model,
        data.image_shape(),
        data.classes(),
        question.seed,
        attempt.device,
    )?;
    Ok(network
        .with_kernels(training.kernels)
        .with_precision(training.precision))
}

/// The network with the weights of the file that the job names, if it names one.
fn with_initial_weights(job: &Job, mut network: Network) -> Result<Network, TrainError> {
    if let Some(from) = &job.question.configuration.train.from {
        let path = job.execution.weights.as_deref();
        transfer(&mut network, from, path.ok_or(TrainError::NoWeights)?)?;
    }
    Ok(network)
}

/// Which saved state was found.
enum Origin<'a> {
    /// A checkpoint or kept state of the job itself.
    Own { is_newest: bool },
    /// The state that the job names.
    Saved(&'a SavedState),
}

impl Origin<'_> {
    fn start(&self, state: &TrainingState, exact: bool) -> Start {
        match self {
            Origin::Own { .. } => Start::Checkpoint {
                epoch: state.position.epoch,
                step: state.position.step,
                exact,
            },
            Origin::Saved(saved) => Start::State {
                job: saved.job.clone(),
                epoch: saved.epoch,
                exact,
            },
        }
    }
}

type Found<'a> = Option<(TrainingState, Origin<'a>)>;

/// The search for a state to start from.
struct Search<'a> {
    job: &'a Job,
    network: &'a Network,
    facts: JobFacts<'a>,
    /// Why states were refused, and which ones nothing vouches for.
    warnings: Vec<String>,
}

impl<'a> Search<'a> {
    /// The newest usable one of the job's own states. A file that was refused is not tried again
    /// under another name.
    fn own_state(&mut self) -> Found<'a> {
        let mut refused: Vec<(u64, u64)> = Vec::new();
        for (i, path) in own_files(self.job).iter().enumerate() {
            let inode = fs::metadata(path).map(|file| (file.dev(), file.ino())).ok();
            if inode.is_some_and(|inode| refused.contains(&inode)) {
                continue;
            }
            let found = checkpoint::load(path).and_then(|saved| match saved {
                Some(saved) => self.own(&saved).map(Some),
                None => Ok(None),
            });
            match self.usable(found) {
                Some(state) => return Some((state, Origin::Own { is_newest: i == 0 })),
                None => refused.extend(inode),
            }
        }
        None
    }

    fn own(&mut self, saved: &Saved) -> Result<TrainingState, TrainError> {
        let checked = self.facts.check_own(&saved.position);
        checked.map_err(|problem| TrainError::state(&saved.path, problem))?;
        self.restore(saved)
    }

    /// The saved state that the job names, if it names one.
    fn named_state(&mut self) -> Found<'a> {
        let named = self.job.execution.start_from.as_ref()?;
        let path = checkpoint::file(&named.path);
        let found = checkpoint::load(&path).and_then(|saved| match saved {
            Some(saved) => self.named(named, &saved).map(Some),
            None => Err(TrainError::state(&path, "is not there")),
        });
        let state = self.usable(found)?;
        Some((state, Origin::Saved(named)))
    }

    fn named(&mut self, named: &SavedState, saved: &Saved) -> Result<TrainingState, TrainError> {
        let position = &saved.position;
        let refused = |problem: String| TrainError::state(&saved.path, problem);
        if position.epoch != named.epoch || position.step != 0 {
            let (epoch, step) = (position.epoch, position.step);
            let expected = named.epoch;
            return Err(refused(format!(
                "is at step {step} after epoch {epoch}, not after epoch {expected}"
            )));
        }
        if position.key.as_ref() != Some(&self.job.question.state_key(named.epoch)) {
            let problem = format!("is a state of job {} with another key", position.job);
            return Err(refused(problem));
        }
        self.facts.check(position).map_err(refused)?;
        self.restore(saved)
    }

    fn restore(&mut self, saved: &Saved) -> Result<TrainingState, TrainError> {
        let training = &self.job.question.configuration.train;
        let state = TrainingState::restore(saved, self.network.clone(), training)?;
        if saved.blake3.is_none() {
            self.warnings.push(format!(
                "{}: unchecked, since an older program wrote it without a hash",
                saved.path.display()
            ));
        }
        Ok(state)
    }

    /// What was found; the error of an unusable state becomes a warning.
    fn usable(
        &mut self,
        found: Result<Option<TrainingState>, TrainError>,
    ) -> Option<TrainingState> {
        match found {
            Ok(found) => found,
            Err(error) => {
                self.warnings.push(format!("{STATE_REFUSED}{error}"));
                None
            }
        }
    }
}

/// Where the job's own states may be, the newest first.
fn own_files(job: &Job) -> Vec<PathBuf> {
    let folder = &job.execution.folder;
    let checkpoints = folder.join(layout::CHECKPOINT);
    let mut files = vec![
        checkpoint::file(&checkpoints),
        checkpoint::previous(&checkpoints),
    ];
    for epoch in kept_epochs(&folder.join(layout::STATES)) {
        if epoch <= job.question.configuration.train.epochs() {
            files.push(checkpoint::file(&folder.join(layout::state(epoch))));
        }
    }
    files
}

/// The epochs of which there are states, the last first.
fn kept_epochs(states: &Path) -> Vec<u32> {
    let mut epochs = Vec::new();
    for entry in fs::read_dir(states).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let epoch = name.to_str().and_then(|name| name.strip_prefix("epoch-"));
        epochs.extend(epoch.and_then(|epoch| epoch.parse::<u32>().ok()));
    }
    epochs.sort_unstable_by(|a, b| b.cmp(a));
    epochs
}
