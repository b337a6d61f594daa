//! What the rules have looked at so far.

use convsweep_spec::log::JudgedJob;
use std::collections::{BTreeMap, BTreeSet};

/// What successive halving decided after one number of epochs, by job.
pub(super) type Rung = BTreeMap<usize, JudgedJob<usize>>;

/// The results that have arrived, for the rules that judge at arrival.
#[derive(Clone, Debug, Default)]
pub(super) struct Arrivals {
    /// Jobs and epochs.
    seen: BTreeSet<(usize, u32)>,
    /// The values by epoch.
    values: BTreeMap<u32, Vec<f64>>,
    /// For the median rule: by epoch, each job's configuration and its mean value up to there.
    means: BTreeMap<u32, Vec<(usize, f64)>>,
}

impl Arrivals {
    /// Whether the job's result after this epoch has arrived.
    pub(super) fn has_seen(&self, job: usize, epoch: u32) -> bool {
        self.seen.contains(&(job, epoch))
    }

    /// The values after this epoch, in the order of arrival.
    pub(super) fn values(&self, epoch: u32) -> &[f64] {
        let values = self.values.get(&epoch);
        values.map_or(&[], Vec::as_slice)
    }

    /// Configurations and mean values up to this epoch, in the order of arrival.
    pub(super) fn means(&self, epoch: u32) -> &[(usize, f64)] {
        let means = self.means.get(&epoch);
        means.map_or(&[], Vec::as_slice)
    }

    /// Notes a result, once.
    pub(super) fn note(&mut self, epoch: u32, judged: &JudgedJob<usize>, configuration: usize) {
        if judged.value.is_none() || !self.seen.insert((judged.job, epoch)) {
            return;
        }
        if let Some(value) = judged.value {
            self.values.entry(epoch).or_default().push(value.0);
        }
        if let Some(mean) = judged.mean {
            let means = self.means.entry(epoch).or_default();
            means.push((configuration, mean.0));
        }
    }
}
