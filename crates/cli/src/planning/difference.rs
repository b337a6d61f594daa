//! What a plan lacks: each job's standing against what the results folder holds.

use crate::exit::{Code, Exit};
use anyhow::Result;
use convsweep_plan::{Plan, Planned};
use convsweep_spec::canonical::Digest;
use convsweep_spec::id::{JobId, StateKey};
use convsweep_spec::job::SavedState;
use convsweep_spec::layout::ResultsFolder;
use convsweep_spec::log::MemberJob;
use convsweep_store::{JobState, Reader};
use std::collections::HashMap;

/// A job's standing.
#[derive(Clone, Debug, PartialEq)]
pub enum Standing {
    /// Trained before, by this or another experiment: reused.
    Reused,
    /// Begun before: goes on from its checkpoint after so many epochs.
    Resumed {
        /// Completed epochs.
        epoch: u32,
    },
    /// Starts from a saved state of a job that equals it up to there.
    Extended(SavedState),
    /// Trains from the start.
    New,
    /// Failed before, with nothing to go on from: trained from the start once more.
    Failed {
        /// `failed`, `crashed`, `lost`, `out-of-memory`, `timed-out`.
        outcome: String,
    },
    /// Ended in a way that trying again would repeat; not trained.
    Settled {
        /// `diverged`, `stopped`.
        outcome: String,
    },
}

impl Standing {
    /// One word for tables and JSON.
    pub fn word(&self) -> &'static str {
        match self {
            Standing::Reused => "reused",
            Standing::Resumed { .. } => "resumed",
            Standing::Extended(_) => "extended",
            Standing::New => "new",
            Standing::Failed { .. } => "failed before",
            Standing::Settled { outcome } if outcome == "diverged" => "diverged before",
            Standing::Settled { .. } => "stopped before",
        }
    }

    /// Whether a run trains the job.
    pub fn is_trained(&self) -> bool {
        !matches!(self, Standing::Reused | Standing::Settled { .. })
    }
}

/// What the results folder holds of a plan.
#[derive(Default)]
pub struct Held {
    /// How far each known job of the plan is.
    pub states: HashMap<JobId, JobState>,
    saved: HashMap<StateKey, SavedState>,
    /// Epochs after which anybody saved a state, the latest first.
    epochs: Vec<u32>,
}

impl Held {
    /// Looks everything up that is known of these jobs.
    pub fn look(results: &ResultsFolder, plan: &Plan) -> Result<Held> {
        if !results.database().exists() {
            return Ok(Held::default());
        }
        let reader = Reader::open(results).code(Exit::Results)?;
        let ids: Vec<JobId> = plan
            .configurations
            .iter()
            .flat_map(|c| &c.member.jobs)
            .map(|j| j.job.clone())
            .collect();
        let states = reader.job_states(&ids).code(Exit::Results)?;
        let mut held = Held {
            states,
            epochs: reader.saved_epochs().code(Exit::Results)?,
            ..Held::default()
        };
        let open = |job: &&MemberJob| !held.states.get(&job.job).is_some_and(|s| s.finished);
        let keys = plan.configurations.iter().flat_map(|c| {
            let open: Vec<&MemberJob> = c.member.jobs.iter().filter(open).collect();
            let epochs = if open.is_empty() {
                vec![]
            } else {
                held.prefixes(c)
            };
            epochs.into_iter().flat_map(move |(_, d)| {
                open.clone()
                    .into_iter()
                    .map(move |j| c.digest.state_key(&d, j.seed, j.fold))
            })
        });
        let keys: Vec<StateKey> = keys.collect();
        held.saved = reader.saved_states(&keys).code(Exit::Results)?;
        held.saved.retain(|_, state| state.path.is_dir());
        Ok(held)
    }

    /// Digests of the configuration's training up to each epoch after which a state may be saved.
    fn prefixes(&self, planned: &Planned) -> Vec<(u32, Digest)> {
        let configuration = &planned.member.resolved;
        let asked = configuration.train.epochs();
        self.epochs
            .iter()
            .filter(|e| **e <= asked)
            .map(|e| (*e, configuration.prefix_digest(*e)))
            .collect()
    }

    /// Every job of the plan, in its order: the index of its configuration, the job, its standing.
    pub fn standings<'a>(&self, plan: &'a Plan) -> Vec<(usize, &'a MemberJob, Standing)> {
        let of = |(index, planned): (usize, &'a Planned)| {
            let mut prefixes: Option<Vec<(u32, Digest)>> = None;
            let mut places = Vec::with_capacity(planned.member.jobs.len());
            for job in &planned.member.jobs {
                let start = || {
                    if self.saved.is_empty() {
                        return None;
                    }
                    let prefixes = prefixes.get_or_insert_with(|| self.prefixes(planned));
                    let key =
                        |(_, d): &(u32, Digest)| planned.digest.state_key(d, job.seed, job.fold);
                    prefixes
                        .iter()
                        .find_map(|p| self.saved.get(&key(p)))
                        .cloned()
                };
                places.push((index, job, standing(self.states.get(&job.job), start)));
            }
            places
        };
        plan.configurations
            .iter()
            .enumerate()
            .flat_map(of)
            .collect()
    }
}

/// The standing of one job of which `state` is known and which could `start` from a saved state.
pub fn standing(state: Option<&JobState>, start: impl FnOnce() -> Option<SavedState>) -> Standing {
    if let Some(state) = state {
        if state.finished {
            return Standing::Reused;
        }
        if let Some(outcome @ ("diverged" | "stopped")) = state.outcome.as_deref() {
            return Standing::Settled {
                outcome: outcome.to_string(),
            };
        }
        if state.checkpoint {
            return Standing::Resumed { epoch: state.epoch };
        }
    }
    if let Some(start) = start() {
        return Standing::Extended(start);
    }
    match state.and_then(|s| s.outcome.as_deref()) {
        Some(outcome @ ("failed" | "crashed" | "lost" | "out-of-memory" | "timed-out")) => {
            Standing::Failed {
                outcome: outcome.to_string(),
            }
        }
        _ => Standing::New,
    }
}

/// `6 reused, 2 new`, in a fixed order; zero counts left out.
pub fn counts<'a>(standings: impl IntoIterator<Item = &'a Standing>) -> String {
    let words = [
        "new",
        "extended",
        "resumed",
        "failed before",
        "reused",
        "diverged before",
        "stopped before",
    ];
    let mut found: HashMap<&str, usize> = HashMap::new();
    standings
        .into_iter()
        .for_each(|s| *found.entry(s.word()).or_default() += 1);
    let count = |word: &str| found.get(word).copied().unwrap_or(0);
    let parts: Vec<String> = words
        .iter()
        .map(|w| (count(w), w))
        .filter(|(n, _)| *n > 0)
        .map(|(n, w)| format!("{n} {w}"))
        .collect();
    if parts.is_empty() {
        "no jobs".into()
    } else {
        parts.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(outcome: Option<&str>, checkpoint: bool) -> JobState {
        JobState {
            attempts: 1,
            outcome: outcome.map(String::from),
            finished: outcome == Some("finished"),
            epoch: 3,
            epochs: 5,
            checkpoint,
            detail: String::new(),
        }
    }

    #[test]
    fn a_standing_for_every_way_to_have_ended() {
        let saved = SavedState {
            job: JobId("a".into()),
            epoch: 2,
            key: StateKey("k".into()),
            path: "p".into(),
        };
        let check =
            |state: Option<JobState>, start: Option<&SavedState>, word: &str, trained: bool| {
                let standing = standing(state.as_ref(), || start.cloned());
                assert_eq!(
                    (standing.word(), standing.is_trained()),
                    (word, trained),
                    "{state:?}"
                );
            };
        check(None, None, "new", true);
        check(None, Some(&saved), "extended", true);
        check(
            Some(state(Some("finished"), true)),
            Some(&saved),
            "reused",
            false,
        );
        check(Some(state(None, true)), Some(&saved), "resumed", true);
        check(Some(state(None, false)), None, "new", true);
        check(Some(state(Some("cancelled"), false)), None, "new", true);
        for outcome in ["failed", "crashed", "lost", "out-of-memory", "timed-out"] {
            check(
                Some(state(Some(outcome), false)),
                None,
                "failed before",
                true,
            );
            check(
                Some(state(Some(outcome), false)),
                Some(&saved),
                "extended",
                true,
            );
            check(Some(state(Some(outcome), true)), None, "resumed", true);
        }
        check(
            Some(state(Some("diverged"), true)),
            Some(&saved),
            "diverged before",
            false,
        );
        check(
            Some(state(Some("stopped"), true)),
            Some(&saved),
            "stopped before",
            false,
        );
    }

    #[test]
    fn counts_are_words() {
        let list = [
            Standing::Reused,
            Standing::New,
            Standing::Reused,
            Standing::Failed {
                outcome: "crashed".into(),
            },
        ];
        assert_eq!(counts(&list), "1 new, 1 failed before, 2 reused");
        assert_eq!(counts(&[]), "no jobs");
    }
}
