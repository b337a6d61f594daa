//! What goes on, in words.

use convsweep_data::LookProgress;
use convsweep_spec::words::{duration, thousands};
use std::time::{Duration, Instant};

/// Number of a phase.
pub type PhaseNumber = u64;

/// What goes on.
#[derive(Debug, Default)]
pub struct OpenPhases {
    phases: Vec<OpenPhase>,
    /// A look at an image set, and when it began.
    look: Option<(LookProgress, Instant)>,
    next: PhaseNumber,
    /// When something began after nothing had gone on.
    pub since: Option<Instant>,
}

#[derive(Debug)]
struct OpenPhase {
    number: PhaseNumber,
    what: String,
    /// How much of it is done, and how much there is.
    step: Option<(u64, u64)>,
}

impl OpenPhases {
    /// Something begins.
    pub fn begin(&mut self, what: String) -> PhaseNumber {
        self.next += 1;
        self.since.get_or_insert_with(Instant::now);
        self.phases.push(OpenPhase {
            number: self.next,
            what,
            step: None,
        });
        self.next
    }

    /// So much of it is done.
    pub fn step(&mut self, number: PhaseNumber, step: (u64, u64)) {
        if let Some(phase) = self.phase(number) {
            phase.step = Some(step);
        }
    }

    /// It does something else now.
    pub fn becomes(&mut self, number: PhaseNumber, what: String) {
        if let Some(phase) = self.phase(number) {
            (phase.what, phase.step) = (what, None);
        }
    }

    /// It is over.
    pub fn end(&mut self, number: PhaseNumber) {
        self.phases.retain(|phase| phase.number != number);
        self.forget_since();
    }

    /// A look at an image set has come so far.
    pub fn look(&mut self, progress: LookProgress) {
        if progress.done >= progress.files {
            self.look = None;
            self.forget_since();
            return;
        }
        let now = Instant::now();
        self.since.get_or_insert(now);
        let begun = self.look.map_or(now, |(_, begun)| begun);
        self.look = Some((progress, begun));
    }

    fn forget_since(&mut self) {
        if self.phases.is_empty() && self.look.is_none() {
            self.since = None;
        }
    }

    fn phase(&mut self, number: PhaseNumber) -> Option<&mut OpenPhase> {
        self.phases.iter_mut().find(|phase| phase.number == number)
    }

    /// What goes on: a look, or what began last. `None` if nothing does.
    pub fn words(&self) -> Option<String> {
        if let Some((progress, begun)) = self.look {
            return Some(look_words(progress, begun.elapsed()));
        }
        let OpenPhase { what, step, .. } = self.phases.last()?;
        Some(match step {
            Some((done, all)) => format!("{what}: {} of {}", thousands(*done), thousands(*all)),
            None => what.clone(),
        })
    }
}

fn look_words(progress: LookProgress, elapsed: Duration) -> String {
    let LookProgress { done, files, .. } = progress;
    let rate = done as f64 / elapsed.as_secs_f64().max(1e-3);
    let left = (files - done) as f64 / rate.max(1e-3);
    format!(
        "looking at images: {} of {}, {rate:.0} a second, {} left",
        thousands(done as u64),
        thousands(files as u64),
        duration(left)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(done: usize) -> LookProgress {
        LookProgress {
            done,
            files: 10_000,
            is_kept: true,
        }
    }

    #[test]
    fn progress_is_told_with_rate_and_time_left() {
        assert_eq!(
            look_words(look(1500), Duration::from_secs(10)),
            "looking at images: 1,500 of 10,000, 150 a second, 57 s left"
        );
    }

    #[test]
    fn what_began_last_is_told_until_it_is_over() {
        let mut open = OpenPhases::default();
        assert_eq!((open.words(), open.since), (None, None));
        let report = open.begin("drawing charts".into());
        open.step(report, (3, 1200));
        assert_eq!(open.words().as_deref(), Some("drawing charts: 3 of 1,200"));
        let since = open.since;
        let inner = open.begin("reading the logs".into());
        assert_eq!(open.words().as_deref(), Some("reading the logs"));
        open.look(look(1));
        assert!(
            open.words()
                .is_some_and(|words| words.starts_with("looking"))
        );
        open.look(look(10_000));
        open.end(inner);
        open.becomes(report, "writing the page".into());
        assert_eq!(open.words().as_deref(), Some("writing the page"));
        assert_eq!(open.since, since, "it was never silent");
        open.end(report);
        assert_eq!((open.words(), open.since), (None, None));
    }
}
