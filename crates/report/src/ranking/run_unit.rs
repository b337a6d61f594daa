//! What distinguishes the runs of a configuration, in words.

use super::RankedConfiguration;
use convsweep_spec::words::counted;
use std::collections::BTreeSet;

/// What the runs of a configuration differ by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunUnit {
    /// Their seeds.
    Seed,
    /// Their folds; all have the same seed.
    Fold,
    /// Their seeds and folds.
    SeedAndFold,
}

impl RunUnit {
    /// What the runs of these configurations differ by.
    pub fn of(configurations: &[RankedConfiguration]) -> RunUnit {
        let mut has_folds = false;
        let mut seeds = BTreeSet::new();
        for run in configurations.iter().flat_map(|c| &c.runs) {
            has_folds |= run.job.fold.is_some();
            seeds.insert(run.job.seed);
        }
        match (has_folds, seeds.len()) {
            (false, _) => RunUnit::Seed,
            (true, 1) => RunUnit::Fold,
            (true, _) => RunUnit::SeedAndFold,
        }
    }

    /// The word for one run: `seed`, `fold` or `run`.
    pub fn name(self) -> &'static str {
        match self {
            RunUnit::Seed => "seed",
            RunUnit::Fold => "fold",
            RunUnit::SeedAndFold => "run",
        }
    }

    /// What runs of two configurations are paired by.
    pub fn pairing(self) -> &'static str {
        match self {
            RunUnit::Seed | RunUnit::Fold => self.name(),
            RunUnit::SeedAndFold => "seed and fold",
        }
    }

    /// A number of runs: `3 seeds`, `1 fold`, `10 runs (seeds × folds)`.
    pub fn count(self, n: usize) -> String {
        let runs = counted(n as u64, self.name());
        if self == RunUnit::SeedAndFold && n != 1 {
            format!("{runs} (seeds × folds)")
        } else {
            runs
        }
    }

    /// Whether runs are folds of a cross-validation.
    pub fn has_folds(self) -> bool {
        self != RunUnit::Seed
    }
}
