//! The training state: network, optimiser, averages and position.

use crate::checkpoint::{self, NamedValues, Saved, Written};
use crate::error::TrainError;
use crate::failpoint::Failpoints;
use convsweep_nn::optimizer::OptimizerState;
use convsweep_nn::{Average, Network};
use convsweep_spec::checkpoint::{POSITION_FORMAT, Partial, Position};
use convsweep_spec::event::Fingerprint;
use convsweep_spec::job::{Job, Question};
use convsweep_spec::metric::{Metric, Number};
use convsweep_spec::train::{Phase, TrainSpec};
use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::{BTreeMap, HashSet};
use std::path::Path;

/// Beginning of the names of the best epoch's tensors.
const BEST: &str = "best.";

/// Everything that training changes.
#[derive(Debug)]
pub(crate) struct TrainingState {
    pub network: Network,
    pub optimizer: OptimizerState,
    /// Moving average of the weights, if the job has one.
    pub average: Option<Average>,
    /// The network of the best epoch as it was evaluated, if the job keeps it and there is one.
    pub best: Option<Network>,
    pub position: Position,
}

impl TrainingState {
    /// The state before the first step.
    pub(crate) fn initial(job: &Job, fingerprint: &Fingerprint, network: Network) -> Self {
        let training = &job.question.configuration.train;
        let optimizer = OptimizerState::new(&training.phases[0].optimizer);
        let position = Position {
            format: POSITION_FORMAT,
            job: job.id.clone(),
            epoch: 0,
            step: 0,
            partial: Partial::default(),
            key: None,
            optimizer: optimizer.description().clone(),
            fingerprint: fingerprint.clone(),
            range: vec![],
            history: vec![],
        };
        let average = training.ema.map(|_| Average::new(&network));
        TrainingState {
            network,
            optimizer,
            average,
            best: None,
            position,
        }
    }

    /// The state in a file, for a network of the same architecture.
    ///
    /// # Errors
    /// If a tensor is missing or has another size, or belongs to none of the parts of the state.
    pub(crate) fn restore(
        saved: &Saved,
        mut network: Network,
        training: &TrainSpec,
    ) -> Result<Self, TrainError> {
        let unusable = |error| TrainError::state(&saved.path, error);
        let used = RefCell::new(HashSet::new());
        let find = |name: &str| {
            used.borrow_mut().insert(name.to_string());
            saved.tensor(name)
        };
        network.restore(&find).map_err(unusable)?;
        let description = saved.position.optimizer.clone();
        let optimizer = OptimizerState::restore(description, &network, &find).map_err(unusable)?;
        let average = match training.ema {
            Some(_) => Some(Average::restore(&network, &find).map_err(unusable)?),
            None => None,
        };
        let find_best = |name: &str| find(&best_name(name));
        let has_best = saved.names().any(|name| name.starts_with(BEST));
        let best = if training.best.is_some() && has_best {
            let mut best = network.clone();
            best.restore(&find_best).map_err(unusable)?;
            Some(best)
        } else {
            None
        };
        let used = used.into_inner();
        if let Some(name) = saved.names().find(|name| !used.contains(*name)) {
            let problem = format!("is damaged: the network has no tensor {name}");
            return Err(TrainError::state(&saved.path, problem));
        }
        Ok(TrainingState {
            network,
            optimizer,
            average,
            best,
            position: saved.position.clone(),
        })
    }

    /// Marks the state as this job's and this program's: they write it from now on.
    pub(crate) fn adopt(mut self, job: &Job, fingerprint: &Fingerprint) -> Self {
        self.position.job = job.id.clone();
        self.position.fingerprint = fingerprint.clone();
        self.position.format = POSITION_FORMAT;
        self
    }

    /// Begins or continues the phase `index`, of which `epoch_of_phase` epochs are completed.
    ///
    /// A different optimiser starts afresh. The same one keeps its moments, unless the phase trains
    /// other layers than the phase before it.
    pub(crate) fn enter_phase(&mut self, phases: &[Phase], index: usize, epoch_of_phase: u32) {
        let Phase {
            optimizer, freeze, ..
        } = &phases[index];
        self.network.freeze(freeze);
        let is_beginning = epoch_of_phase == 0 && self.position.step == 0;
        let trains_other_layers = is_beginning && index > 0 && phases[index - 1].freeze != *freeze;
        if trains_other_layers || self.optimizer.description().name != optimizer.name() {
            self.optimizer = OptimizerState::new(optimizer);
        }
    }

    /// The network that is evaluated during training: with the moving average of the weights where
    /// the job has one.
    pub(crate) fn evaluated_network(&self) -> Cow<'_, Network> {
        match &self.average {
            Some(average) => Cow::Owned(average.applied(&self.network)),
            None => Cow::Borrowed(&self.network),
        }
    }

    /// The network that the job results in: that of the best epoch if it is kept, else the last.
    pub(crate) fn final_network(&self) -> Cow<'_, Network> {
        match &self.best {
            Some(best) => Cow::Borrowed(best),
            None => self.evaluated_network(),
        }
    }

    /// The values of a metric, one for each completed epoch; NaN if it was not recorded.
    pub(crate) fn history_of(&self, metric: &str) -> impl Iterator<Item = f64> {
        self.position
            .history
            .iter()
            .map(move |epoch| epoch.values.get(metric).map_or(f64::NAN, |value| value.0))
    }

    /// Keeps the network if the epoch with these `values`, which is not yet in the history, is the
    /// best one by `metric`. Returns the number of the best epoch, from 1; NaN if there is none.
    pub(crate) fn keep_if_best(
        &mut self,
        metric: &Metric,
        values: &BTreeMap<String, Number>,
    ) -> f64 {
        let newest = values.get(&metric.name).map(|value| value.0);
        let best = metric.best_of(self.history_of(&metric.name).chain(newest));
        if best == Some(self.position.history.len()) {
            self.best = Some(self.evaluated_network().into_owned());
        }
        best.map_or(f64::NAN, |i| i as f64 + 1.0)
    }

    /// Writes the state into `folder`; `keeps_previous` as in [`checkpoint::save`].
    pub(crate) fn save(
        &mut self,
        question: &Question,
        folder: &Path,
        keeps_previous: bool,
        failpoints: &Failpoints,
    ) -> Result<Written, TrainError> {
        self.describe(question);
        let tensors = self.tensors();
        checkpoint::save(folder, &self.position, &tensors, keeps_previous, failpoints)
    }

    /// Brings the position's optimiser and key up to date, as they are saved.
    pub(crate) fn describe(&mut self, question: &Question) {
        self.position.optimizer = self.optimizer.description().clone();
        let Position { epoch, step, .. } = self.position;
        self.position.key = (step == 0).then(|| question.state_key(epoch));
    }

    fn tensors(&self) -> Vec<NamedValues> {
        let mut tensors = weights(&self.network);
        tensors.extend(self.optimizer.tensors(&self.network));
        if let Some(average) = &self.average {
            tensors.extend(average.tensors(&self.network));
        }
        if let Some(best) = &self.best {
            for (name, shape, values) in weights(best) {
                tensors.push((best_name(&name), shape, values));
            }
        }
        tensors
    }
}

/// Parameters and running statistics.
pub(crate) fn weights(network: &Network) -> Vec<NamedValues> {
    network
        .tensors()
        .map(|tensor| (tensor.name.clone(), tensor.shape.clone(), tensor.values()))
        .collect()
}

fn best_name(name: &str) -> String {
    format!("{BEST}{name}")
}
