//! Consecutive equal errors on one device: the device, not its jobs, may be broken.

use convsweep_spec::outcome::Outcome;

/// Consecutive equal errors on one device.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ErrorStreak {
    kind: String,
    /// The job and the configuration of each error; every job once.
    errors: Vec<(usize, usize)>,
}

impl ErrorStreak {
    /// Number of different configurations that must have failed: one that is too large for a device
    /// does not show that the device is broken.
    pub const CONFIGURATIONS: usize = 3;

    /// Counts the end of a job's attempt (its number and that of its configuration).
    ///
    /// Returns the reason to close the device, once `breaker` jobs of enough configurations have
    /// failed. `configurations` is the number of configurations in the run.
    pub fn count(
        &mut self,
        outcome: &Outcome,
        (job, configuration): (usize, usize),
        breaker: u32,
        configurations: usize,
    ) -> Option<String> {
        if matches!(outcome, Outcome::Finished | Outcome::Stopped { .. }) {
            *self = ErrorStreak::default();
            return None;
        }
        let kind = error_kind(outcome)?;
        if kind != self.kind {
            self.kind = kind;
            self.errors.clear();
        }
        if self.errors.iter().all(|(other, _)| *other != job) {
            self.errors.push((job, configuration));
        }
        let needed = Self::CONFIGURATIONS.min(configurations);
        if self.errors.len() < breaker as usize || self.distinct_configurations() < needed {
            return None;
        }
        let (jobs, error) = (self.errors.len(), describe(outcome));
        Some(format!(
            "{jobs} consecutive jobs ended with the same error ({error})"
        ))
    }

    fn distinct_configurations(&self) -> usize {
        let mut configurations: Vec<usize> = self.errors.iter().map(|(_, c)| *c).collect();
        configurations.sort_unstable();
        configurations.dedup();
        configurations.len()
    }
}

/// Key under which errors count as the same; `None` for outcomes that say nothing about the device.
///
/// Numbers in a message (of bytes, of a job, of a line) do not make it another error.
fn error_kind(outcome: &Outcome) -> Option<String> {
    const COMPARED_CHARS: usize = 120;
    match outcome {
        Outcome::Failed { message } => {
            let words = message.chars().filter(|c| !c.is_ascii_digit());
            let words: String = words.take(COMPARED_CHARS).collect();
            Some(format!("failed: {words}"))
        }
        Outcome::Crashed { .. } | Outcome::Lost { .. } | Outcome::OutOfMemory => {
            Some(outcome.name().to_string())
        }
        Outcome::Finished
        | Outcome::Stopped { .. }
        | Outcome::Diverged { .. }
        | Outcome::DiskFull { .. }
        | Outcome::TimedOut
        | Outcome::Cancelled => None,
    }
}

fn describe(outcome: &Outcome) -> String {
    let (name, detail) = (outcome.name(), outcome.detail());
    if detail.is_empty() {
        return name.to_string();
    }
    format!("{name}: {detail}")
}
