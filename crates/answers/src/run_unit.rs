//! What distinguishes the runs of a configuration, in words.

use convsweep_spec::words::counted;
use serde::Serialize;
use std::collections::BTreeSet;

/// What the runs of a configuration differ by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RunUnit {
    /// Their seeds.
    Seed,
    /// Their folds; all have the same seed.
    Fold,
    /// Their seeds and folds.
    SeedAndFold,
}

impl RunUnit {
    /// What runs with these seeds and folds differ by.
    pub fn of(runs: impl Iterator<Item = (u64, Option<u32>)>) -> RunUnit {
        let mut has_folds = false;
        let mut seeds = BTreeSet::new();
        for (seed, fold) in runs {
            has_folds |= fold.is_some();
            seeds.insert(seed);
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

    /// The word for several runs: `seeds`, `folds` or `runs`.
    pub fn plural(self) -> &'static str {
        match self {
            RunUnit::Seed => "seeds",
            RunUnit::Fold => "folds",
            RunUnit::SeedAndFold => "runs",
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
