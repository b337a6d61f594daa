//! The training state: network, optimiser and position; where it comes from and how it is kept.

use crate::TrainError;
use crate::checkpoint::{self, Saved, Tensor};
use crate::failpoint::Failpoints;
use crate::transfer::transfer;
use convsweep_nn::optimizer::OptimizerState;
use convsweep_nn::{Average, Device, Network, build};
use convsweep_spec::FORMAT;
use convsweep_spec::checkpoint::Position;
use convsweep_spec::event::{Fingerprint, Start};
use convsweep_spec::job::{Job, Question};
use convsweep_spec::layout;
use convsweep_spec::shape::Shape;
use convsweep_spec::train::{Phase, TrainSpec};
use std::borrow::Cow;
use std::path::Path;

/// Everything that training changes.
#[derive(Debug)]
pub(crate) struct State {
    pub network: Network,
    pub optimizer: OptimizerState,
    /// Moving average of the weights, where the job has one.
    pub average: Option<Average>,
    /// The best epoch's network as it was evaluated, where the job keeps it and there is one.
    pub best: Option<Network>,
    pub position: Position,
}

/// A state to begin with, where it comes from, and what was wrong with better ones.
pub(crate) struct Beginning {
    pub state: State,
    pub start: Start,
    pub warnings: Vec<String>,
}

impl State {
    /// The newest usable state: the job's own checkpoint, else the saved state that the job names,
    /// else the initial weights.
    pub(crate) fn begin(
        job: &Job,
        fingerprint: &Fingerprint,
        input: Shape,
        classes: u32,
        device: &Device,
    ) -> Result<Beginning, TrainError> {
        let question = &job.question;
        let network = build(
            &question.configuration.model,
            input,
            classes,
            question.seed,
            device,
        )?
        .with_kernels(question.configuration.train.kernels);
        let mut warnings = Vec::new();
        let mut usable = |found: Result<Option<State>, TrainError>| {
            found.unwrap_or_else(|error| {
                warnings.push(format!("not used: {error}"));
                None
            })
        };
        let train = &question.configuration.train;
        let own = load(
            &job.execution.folder.join(layout::CHECKPOINT),
            &network,
            train,
            |p| p.job == job.id,
        );
        if let Some(state) = usable(own) {
            let Position { epoch, step, .. } = state.position;
            let start = Start::Checkpoint {
                epoch,
                step,
                exact: state.position.fingerprint == *fingerprint,
            };
            return Ok(Beginning {
                state: state.adopt(job, fingerprint),
                start,
                warnings,
            });
        }
        if let Some(saved) = &job.execution.start_from {
            let key = question.state_key(saved.epoch);
            let fits = |p: &Position| {
                p.epoch == saved.epoch && p.step == 0 && p.key.as_ref() == Some(&key)
            };
            let found = load(&saved.path, &network, train, fits).and_then(|found| match found {
                None => Err(TrainError::state(
                    &checkpoint::file(&saved.path),
                    "is not there",
                )),
                some => Ok(some),
            });
            if let Some(state) = usable(found) {
                let exact = state.position.fingerprint == *fingerprint;
                let start = Start::State {
                    job: saved.job.clone(),
                    epoch: saved.epoch,
                    exact,
                };
                return Ok(Beginning {
                    state: state.adopt(job, fingerprint),
                    start,
                    warnings,
                });
            }
        }
        let mut network = network;
        if let Some(from) = &train.from {
            let path = job
                .execution
                .weights
                .as_deref()
                .ok_or(TrainError::NoWeights)?;
            transfer(&mut network, from, path)?;
        }
        Ok(Beginning {
            state: State::initial(job, fingerprint, network),
            start: Start::Scratch,
            warnings,
        })
    }

    fn initial(job: &Job, fingerprint: &Fingerprint, network: Network) -> State {
        let optimizer = OptimizerState::new(&job.question.configuration.train.phases[0].optimizer);
        let position = Position {
            format: FORMAT,
            job: job.id.clone(),
            epoch: 0,
            step: 0,
            partial: Default::default(),
            key: None,
            optimizer: optimizer.description().clone(),
            fingerprint: fingerprint.clone(),
            range: vec![],
            history: vec![],
        };
        let average = job
            .question
            .configuration
            .train
            .ema
            .map(|_| Average::new(&network));
        State {
            network,
            optimizer,
            average,
            best: None,
            position,
        }
    }

    /// The network that is left at the end: the best epoch's where that is kept.
    pub(crate) fn kept(&self) -> Cow<'_, Network> {
        self.best
            .as_ref()
            .map_or_else(|| self.evaluated(), Cow::Borrowed)
    }

    /// The values of a metric, epoch by epoch.
    pub(crate) fn values(&self, metric: &str) -> impl Iterator<Item = f64> {
        self.position
            .history
            .iter()
            .map(move |epoch| epoch.values.get(metric).map_or(f64::NAN, |value| value.0))
    }

    /// The network that is evaluated: the weights' moving average where there is one.
    pub(crate) fn evaluated(&self) -> Cow<'_, Network> {
        match &self.average {
            Some(average) => Cow::Owned(average.applied(&self.network)),
            None => Cow::Borrowed(&self.network),
        }
    }

    /// What is written from now on is this job's and this program's.
    fn adopt(mut self, job: &Job, fingerprint: &Fingerprint) -> State {
        self.position.job = job.id.clone();
        self.position.fingerprint = fingerprint.clone();
        self
    }

    /// Begins or goes on with phase `index` of `phases`: another optimiser starts afresh, the same
    /// one keeps what it remembers, unless other layers are trained from here on.
    pub(crate) fn enter(&mut self, phases: &[Phase], index: usize, is_beginning: bool) {
        let Phase {
            optimizer, freeze, ..
        } = &phases[index];
        self.network.freeze(freeze);
        let thawed = is_beginning && index > 0 && phases[index - 1].freeze != *freeze;
        if thawed || self.optimizer.description().name != optimizer.name() {
            self.optimizer = OptimizerState::new(optimizer);
        }
    }

    /// Writes the state into `folder` and returns its size in bytes.
    pub(crate) fn save(
        &mut self,
        question: &Question,
        folder: &Path,
        failpoints: &Failpoints,
    ) -> Result<u64, TrainError> {
        self.position.optimizer = self.optimizer.description().clone();
        let Position { epoch, step, .. } = self.position;
        self.position.key = (step == 0).then(|| question.state_key(epoch));
        checkpoint::save(folder, &self.position, &self.tensors(), failpoints)
    }

    fn tensors(&self) -> Vec<Tensor> {
        let mut tensors = weights(&self.network);
        tensors.extend(self.optimizer.tensors(&self.network));
        tensors.extend(
            self.average
                .iter()
                .flat_map(|average| average.tensors(&self.network)),
        );
        let best = self
            .best
            .iter()
            .flat_map(weights)
            .map(|(name, shape, values)| (format!("best.{name}"), shape, values));
        tensors.extend(best);
        tensors
    }
}

/// Parameters and running statistics.
pub(crate) fn weights(network: &Network) -> Vec<Tensor> {
    network
        .tensors()
        .map(|t| (t.name.clone(), t.shape.clone(), t.values()))
        .collect()
}

/// The state in `folder` if there is one and `fits` its position.
fn load(
    folder: &Path,
    network: &Network,
    train: &TrainSpec,
    fits: impl Fn(&Position) -> bool,
) -> Result<Option<State>, TrainError> {
    let Some(saved) = checkpoint::load(folder)? else {
        return Ok(None);
    };
    if !fits(&saved.position) {
        return Err(TrainError::state(
            &saved.path,
            "is the state of another job or epoch",
        ));
    }
    restore(&saved, network.clone(), train).map(Some)
}

fn restore(saved: &Saved, mut network: Network, train: &TrainSpec) -> Result<State, TrainError> {
    let find = |name: &str| saved.tensor(name);
    network
        .restore(&find)
        .map_err(TrainError::tensors(&saved.path))?;
    let optimizer = OptimizerState::restore(saved.position.optimizer.clone(), &network, &find)
        .map_err(TrainError::tensors(&saved.path))?;
    let average = train
        .ema
        .map(|_| Average::restore(&network, &find))
        .transpose();
    let average = average.map_err(TrainError::tensors(&saved.path))?;
    let best = train.best.is_some()
        && saved
            .tensor(&format!("best.{}", network.parameters()[0].name))
            .is_some();
    let best = best.then(|| {
        let mut best = network.clone();
        best.restore(&|name| saved.tensor(&format!("best.{name}")))
            .map(|()| best)
    });
    let best = best.transpose().map_err(TrainError::tensors(&saved.path))?;
    Ok(State {
        network,
        optimizer,
        average,
        best,
        position: saved.position.clone(),
    })
}
