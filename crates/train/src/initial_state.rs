//! The state that an attempt starts from.

use crate::attempt::Attempt;
use crate::checkpoint;
use crate::error::TrainError;
use crate::job_data::JobData;
use crate::training_state::TrainingState;
use crate::transfer::transfer;
use convsweep_nn::{Network, build};
use convsweep_spec::checkpoint::Position;
use convsweep_spec::event::Start;
use convsweep_spec::job::{Job, SavedState};
use convsweep_spec::layout;
use convsweep_spec::train::TrainSpec;
use std::path::Path;

/// A state to start from, its origin, and why better ones were not used.
pub(crate) struct StartingState {
    pub state: TrainingState,
    pub start: Start,
    pub warnings: Vec<String>,
}

/// The newest usable state: the job's own checkpoint, else the saved state that the job names, else
/// the initial weights.
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
    let mut warnings = Vec::new();
    let mut found = usable(from_checkpoint(job, &network), &mut warnings);
    if let (None, Some(saved)) = (&found, &job.execution.start_from) {
        found = usable(from_saved_state(job, saved, &network), &mut warnings);
    }
    if let Some((state, origin)) = found {
        let exact = state.position.fingerprint == *fingerprint;
        return Ok(StartingState {
            start: origin.start(&state.position, exact),
            state: state.adopt(job, fingerprint),
            warnings,
        });
    }
    Ok(StartingState {
        state: TrainingState::initial(job, fingerprint, with_initial_weights(job, network)?),
        start: Start::Scratch,
        warnings,
    })
}

fn new_network(attempt: &Attempt, data: &JobData) -> Result<Network, TrainError> {
    let question = &attempt.job.question;
    let configuration = &question.configuration;
    let network = build(
        &configuration.model,
        data.image_shape(),
        data.classes(),
        question.seed,
        attempt.device,
    )?;
    Ok(network.with_kernels(configuration.train.kernels))
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
    Checkpoint,
    Saved(&'a SavedState),
}

impl Origin<'_> {
    fn start(&self, position: &Position, exact: bool) -> Start {
        match self {
            Origin::Checkpoint => Start::Checkpoint {
                epoch: position.epoch,
                step: position.step,
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

/// What was found; the error of an unusable state becomes a warning.
fn usable<'a>(found: Result<Found<'a>, TrainError>, warnings: &mut Vec<String>) -> Found<'a> {
    match found {
        Ok(found) => found,
        Err(error) => {
            warnings.push(format!("not used: {error}"));
            None
        }
    }
}

fn from_checkpoint<'a>(job: &'a Job, network: &Network) -> Result<Found<'a>, TrainError> {
    let folder = job.execution.folder.join(layout::CHECKPOINT);
    let training = &job.question.configuration.train;
    let state = load(&folder, network, training, |position| {
        position.job == job.id
    })?;
    Ok(state.map(|state| (state, Origin::Checkpoint)))
}

fn from_saved_state<'a>(
    job: &'a Job,
    saved: &'a SavedState,
    network: &Network,
) -> Result<Found<'a>, TrainError> {
    let key = job.question.state_key(saved.epoch);
    let fits = |position: &Position| {
        position.epoch == saved.epoch && position.step == 0 && position.key.as_ref() == Some(&key)
    };
    let training = &job.question.configuration.train;
    match load(&saved.path, network, training, fits)? {
        Some(state) => Ok(Some((state, Origin::Saved(saved)))),
        None => {
            let file = checkpoint::file(&saved.path);
            Err(TrainError::state(&file, "is not there"))
        }
    }
}

/// The state in `folder`, if there is one.
///
/// # Errors
/// If its position does not fit, or the file is damaged.
fn load(
    folder: &Path,
    network: &Network,
    training: &TrainSpec,
    fits: impl Fn(&Position) -> bool,
) -> Result<Option<TrainingState>, TrainError> {
    let Some(saved) = checkpoint::load(folder)? else {
        return Ok(None);
    };
    if !fits(&saved.position) {
        let problem = "is the state of another job or epoch";
        return Err(TrainError::state(&saved.path, problem));
    }
    TrainingState::restore(&saved, network.clone(), training).map(Some)
}
