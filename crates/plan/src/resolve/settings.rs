//! The sections that no axis changes: `[experiment]`, `[run]` and `[search]`.

use super::experiment::{ExperimentSettings, experiment, seeds};
use super::run::run;
use super::search::search;
use crate::document::overrides::Overrides;
use crate::source::problem::ProblemSink;
use crate::source::tree::Node;
use convsweep_spec::run_settings::RunSettings;
use convsweep_spec::search::SearchSettings;

/// Jobs at most if `[experiment]` is wrong.
const DEFAULT_LIMIT: u64 = 10_000;

#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub experiment: ExperimentSettings,
    pub run: RunSettings,
    pub search: SearchSettings,
}

/// How large a sweep may become.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SweepSize {
    pub seeds: usize,
    /// Largest number of jobs.
    pub limit: u64,
}

impl Settings {
    /// Resolves the three sections; `None` if something is wrong with any of them.
    pub(crate) fn resolve(
        root: &Node,
        overrides: &Overrides,
        sink: &mut ProblemSink,
    ) -> Option<Settings> {
        // All are looked at, so that the problems of all are reported.
        let section = root.get("experiment");
        let experiment = section.and_then(|node| experiment(node, sink));
        let experiment = experiment.map(|settings| with_seeds_of(settings, overrides));
        let seeds = experiment.as_ref().map(|e| e.seeds.len());
        let run = run(root.get("run"), sink);
        let search = search(root.get("search"), seeds, sink)?;
        Some(Settings {
            experiment: experiment?.with_seeds(search.max_seeds),
            run: run?,
            search: search.settings,
        })
    }

    pub(crate) fn size(&self) -> SweepSize {
        SweepSize {
            seeds: self.experiment.seeds.len(),
            limit: self.experiment.limit,
        }
    }
}

fn with_seeds_of(experiment: ExperimentSettings, overrides: &Overrides) -> ExperimentSettings {
    match &overrides.seeds {
        Some(seeds) => ExperimentSettings {
            seeds: seeds.0.clone(),
            ..experiment
        },
        None => experiment,
    }
}

impl SweepSize {
    /// The size of a sweep whose settings are wrong, as far as its seeds are known.
    pub(crate) fn of_wrong_settings(root: &Node) -> SweepSize {
        let section = root.get("experiment");
        let node = section.and_then(|section| section.get("seeds"));
        let seeds = node.and_then(|node| seeds(node, &mut ProblemSink::default()));
        SweepSize {
            seeds: seeds.map_or(1, |seeds| seeds.len()),
            limit: DEFAULT_LIMIT,
        }
    }
}
