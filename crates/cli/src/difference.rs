//! What a plan lacks: each job's standing against what the results folder holds. A pure function.

use convsweep_spec::job::{SavedState, StateKey};
use convsweep_store::JobState;
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
            Standing::Settled { .. } => "settled",
        }
    }

    /// Whether a run trains the job.
    pub fn is_trained(&self) -> bool {
        matches!(self, Standing::Resumed { .. } | Standing::Extended(_) | Standing::New)
    }
}

/// The standing of one job, by what is known of it, and by the states that it could start from, the longest first.
pub fn standing(state: Option<&JobState>, starts: &[StateKey], saved: &HashMap<StateKey, SavedState>) -> Standing {
    if let Some(state) = state {
        if state.finished {
            return Standing::Reused;
        }
        if let Some(outcome @ ("diverged" | "stopped")) = state.outcome.as_deref() {
            return Standing::Settled { outcome: outcome.to_string() };
        }
        if state.checkpoint {
            return Standing::Resumed { epoch: state.epoch };
        }
    }
    let start = starts.iter().find_map(|key| saved.get(key));
    start.map_or(Standing::New, |start| Standing::Extended(start.clone()))
}

/// `6 reused, 2 new`, in a fixed order; zero counts left out.
pub fn counts(standings: &[Standing]) -> String {
    let words = ["new", "extended", "resumed", "reused", "settled"];
    let count = |word: &str| standings.iter().filter(|s| s.word() == word).count();
    let parts: Vec<String> =
        words.iter().map(|w| (count(w), w)).filter(|(n, _)| *n > 0).map(|(n, w)| format!("{n} {w}")).collect();
    if parts.is_empty() { "no jobs".into() } else { parts.join(", ") }
}
