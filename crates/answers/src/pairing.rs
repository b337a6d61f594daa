//! Which configurations are compared run by run.
//!
//! Pairing is structural, never chosen by looking at the results: configurations whose runs of the
//! same seed go on from one training state, and folds, which validate on the same images. The same
//! seed alone makes no pair: it gives different networks different starts.

use crate::estimates::{Estimate, RunKey};
use crate::results::SweepResults;
use convsweep_spec::configuration::{Configuration, ConfigurationDigest};
use convsweep_spec::data::SplitScheme;
use convsweep_spec::id::StateKey;
use convsweep_statistics::folds::mean_over_folds;
use convsweep_statistics::paired::paired_difference;
use convsweep_statistics::welch::{MeanDifference, contrast};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// How the runs of two configurations are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum PairMethod {
    /// As independent samples, with moderated variances.
    Independent,
    /// Seed by seed: the runs of a seed share the beginning of their training.
    SharedTraining,
    /// Fold by fold, with the variance of Nadeau and Bengio.
    Folds,
}

impl PairMethod {
    /// The name in the database and in JSON.
    pub fn name(self) -> &'static str {
        match self {
            PairMethod::Independent => "independent",
            PairMethod::SharedTraining => "shared-training",
            PairMethod::Folds => "folds",
        }
    }
}

/// Which configurations of a sweep are compared run by run.
pub(crate) struct Pairing {
    /// Of each configuration, the training states of a seed after the lengths of first phases that
    /// occur in the sweep, up to its own.
    states: Vec<BTreeMap<u32, StateKey>>,
    /// Number of folds, if runs have folds.
    folds: Option<u32>,
}

impl Pairing {
    pub(crate) fn of(sweep: &SweepResults) -> Pairing {
        let configurations = sweep.configurations.iter();
        let phases: BTreeSet<u32> = configurations.map(|c| first_phase(&c.resolved)).collect();
        let mut states = Vec::with_capacity(sweep.configurations.len());
        for results in &sweep.configurations {
            states.push(states_of(&results.resolved, &results.data_hash, &phases));
        }
        Pairing {
            states,
            folds: folds(sweep),
        }
    }

    pub(crate) fn method(&self, a: usize, b: usize) -> PairMethod {
        if self.share_training(a, b) {
            PairMethod::SharedTraining
        } else if self.folds.is_some() {
            PairMethod::Folds
        } else {
            PairMethod::Independent
        }
    }

    /// Whether runs of one seed have equal training states after the shorter one's first phase.
    fn share_training(&self, a: usize, b: usize) -> bool {
        let last = |states: &BTreeMap<u32, StateKey>| states.keys().next_back().copied();
        let (first, second) = (&self.states[a], &self.states[b]);
        let epochs = last(first).min(last(second));
        epochs.is_some_and(|epochs| first.get(&epochs) == second.get(&epochs))
    }

    /// The mean difference over the runs that both have; `None` below two. With folds, its variance
    /// is that of Nadeau and Bengio.
    pub(crate) fn difference(&self, a: &Estimate, b: &Estimate) -> Option<MeanDifference> {
        let differences: Vec<f64> = paired(a, b).map(|(x, y)| x - y).collect();
        match self.folds {
            Some(folds) => contrast(&[(1.0, mean_over_folds(&differences, folds as usize)?)]),
            None => paired_difference(&differences),
        }
    }
}

/// The gains of the runs that both have, in the order of `a`.
fn paired(a: &Estimate, b: &Estimate) -> impl Iterator<Item = (f64, f64)> {
    let partner = |key: RunKey| b.gain_of(key);
    a.gains
        .iter()
        .filter_map(move |(key, gain)| Some((*gain, partner(*key)?)))
}

/// Epochs of the first phase of training.
fn first_phase(configuration: &Configuration) -> u32 {
    let phases = &configuration.train.phases;
    phases.first().map_or(0, |phase| phase.epochs)
}

/// The training states of one seed after each of these numbers of epochs, up to the length of the
/// first phase.
fn states_of(
    configuration: &Configuration,
    data_hash: &str,
    phases: &BTreeSet<u32>,
) -> BTreeMap<u32, StateKey> {
    let digests = ConfigurationDigest::new(configuration, data_hash);
    let mut states = BTreeMap::new();
    for &epochs in phases.range(1..=first_phase(configuration).max(1)) {
        let prefix = configuration.prefix_digest(epochs);
        states.insert(epochs, digests.state_key(&prefix, 0, None));
    }
    states
}

/// Number of folds, if every configuration is cross-validated; the fewest if they differ.
pub(crate) fn folds(sweep: &SweepResults) -> Option<u32> {
    let mut fewest: Option<u32> = None;
    for configuration in &sweep.configurations {
        let SplitScheme::Folds(folds) = configuration.resolved.data.split.scheme else {
            return None;
        };
        fewest = Some(fewest.map_or(folds, |fewest| fewest.min(folds)));
    }
    fewest.filter(|folds| *folds > 1)
}
