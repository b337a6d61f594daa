//! What a run does with a job, given what the results folder contains.

use convsweep_spec::job::SavedState;
use convsweep_spec::log::MemberJob;
use convsweep_spec::outcome::DAMAGED;
use convsweep_store::JobState;
use std::collections::HashMap;

/// The words of all actions, in the order in which counts list them.
const WORDS: [&str; 8] = [
    "new",
    "extended",
    "resumed",
    "failed before",
    "reused",
    "diverged before",
    "stopped before",
    "damaged",
];

/// What a run does with a job.
#[derive(Clone, Debug, PartialEq)]
pub enum JobAction {
    /// It has finished, for this or another experiment: reused.
    Reuse,
    /// It continues from its own checkpoint.
    Resume {
        /// Completed epochs.
        epoch: u32,
    },
    /// It starts from the saved state of a job that equals it up to there.
    Extend(SavedState),
    /// It trains from scratch.
    Train,
    /// It failed with nothing to continue from: it trains from scratch again.
    Retry,
    /// It diverged, which another attempt would only repeat: not trained.
    Diverged,
    /// A rule pruned it: not trained.
    Pruned,
    /// Its log is damaged: not trained until the log has been moved away.
    Damaged,
}

/// A job of a plan and what a run does with it.
#[derive(Clone, Debug)]
pub struct PlannedJob<'a> {
    /// Index of its configuration in the plan.
    pub configuration: usize,
    /// The job.
    pub job: &'a MemberJob,
    /// What a run does with it.
    pub action: JobAction,
}

impl JobAction {
    /// The action for a job with this recorded state, which a decision of this experiment has
    /// stopped or not, and which could start from the saved state that `saved` finds. What another
    /// experiment has decided about the job does not matter.
    pub fn of(
        state: Option<&JobState>,
        is_stopped: bool,
        saved: impl FnOnce() -> Option<SavedState>,
    ) -> JobAction {
        let outcome = state.and_then(|state| state.outcome.as_deref());
        match outcome {
            Some("finished") => return JobAction::Reuse,
            Some("diverged") => return JobAction::Diverged,
            Some(DAMAGED) => return JobAction::Damaged,
            Some(_) | None if is_stopped => return JobAction::Pruned,
            Some(_) | None => {}
        }
        if let Some(state) = state
            && state.checkpoint
        {
            return JobAction::Resume { epoch: state.epoch };
        }
        if let Some(saved) = saved() {
            return JobAction::Extend(saved);
        }
        match outcome {
            Some("failed" | "crashed" | "lost" | "out-of-memory" | "disk-full" | "timed-out") => {
                JobAction::Retry
            }
            Some(_) | None => JobAction::Train,
        }
    }

    /// One or two words for tables and JSON.
    pub fn words(&self) -> &'static str {
        match self {
            JobAction::Reuse => "reused",
            JobAction::Resume { .. } => "resumed",
            JobAction::Extend(_) => "extended",
            JobAction::Train => "new",
            JobAction::Retry => "failed before",
            JobAction::Diverged => "diverged before",
            JobAction::Pruned => "stopped before",
            JobAction::Damaged => "damaged",
        }
    }

    /// Whether a run trains the job.
    pub fn is_trained(&self) -> bool {
        match self {
            JobAction::Reuse | JobAction::Diverged | JobAction::Pruned | JobAction::Damaged => {
                false
            }
            JobAction::Resume { .. }
            | JobAction::Extend(_)
            | JobAction::Train
            | JobAction::Retry => true,
        }
    }
}

/// `2 new, 6 reused`, in a fixed order; zero counts are left out.
pub fn counts<'a>(actions: impl IntoIterator<Item = &'a JobAction>) -> String {
    let mut found: HashMap<&str, usize> = HashMap::new();
    for action in actions {
        *found.entry(action.words()).or_default() += 1;
    }
    let mut parts = Vec::new();
    for words in WORDS {
        if let Some(count) = found.get(words) {
            parts.push(format!("{count} {words}"));
        }
    }
    if parts.is_empty() {
        "no jobs".into()
    } else {
        parts.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use convsweep_spec::id::{JobId, StateKey};

    fn state(outcome: Option<&str>, checkpoint: bool) -> Option<JobState> {
        Some(JobState {
            attempts: 1,
            outcome: outcome.map(String::from),
            finished: outcome == Some("finished"),
            epoch: 3,
            epochs: 5,
            checkpoint,
            detail: String::new(),
        })
    }

    #[test]
    fn every_recorded_state_leads_to_an_action() {
        let saved = SavedState {
            job: JobId("a".into()),
            epoch: 2,
            key: StateKey("k".into()),
            path: "p".into(),
        };
        let check_if =
            |stopped, state: Option<JobState>, saved: Option<&SavedState>, words, trained| {
                let action = JobAction::of(state.as_ref(), stopped, || saved.cloned());
                let found = (action.words(), action.is_trained());
                assert_eq!(found, (words, trained), "{state:?}");
            };
        let check = |state, saved, words, trained| check_if(false, state, saved, words, trained);
        check(None, None, "new", true);
        check(None, Some(&saved), "extended", true);
        check(state(Some("finished"), true), Some(&saved), "reused", false);
        check(state(None, true), Some(&saved), "resumed", true);
        check(state(None, false), None, "new", true);
        check(state(Some("cancelled"), false), None, "new", true);
        for outcome in [
            "failed",
            "crashed",
            "lost",
            "out-of-memory",
            "disk-full",
            "timed-out",
        ] {
            let outcome = Some(outcome);
            check(state(outcome, false), None, "failed before", true);
            check(state(outcome, false), Some(&saved), "extended", true);
            check(state(outcome, true), None, "resumed", true);
        }
        let diverged = state(Some("diverged"), true);
        check(diverged, Some(&saved), "diverged before", false);
        let stopped = || state(Some("stopped"), true);
        check_if(true, stopped(), Some(&saved), "stopped before", false);
        check_if(true, None, None, "stopped before", false);
        check_if(true, state(Some("finished"), true), None, "reused", false);
        // Another experiment has stopped it.
        check(stopped(), None, "resumed", true);
        check(state(Some("stopped"), false), None, "new", true);
        check(state(Some("damaged"), true), Some(&saved), "damaged", false);
    }

    #[test]
    fn counts_have_a_fixed_order() {
        let actions = [
            JobAction::Reuse,
            JobAction::Train,
            JobAction::Reuse,
            JobAction::Retry,
        ];
        assert_eq!(counts(&actions), "1 new, 1 failed before, 2 reused");
        assert_eq!(counts(&[]), "no jobs");
    }
}
