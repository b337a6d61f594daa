//! Tells whoever waits what long work is doing, once it has been silent for a while: on a terminal in
//! a line that is overwritten, elsewhere in a line now and then.

mod display;
mod open;

use convsweep_data::LookProgress;
use display::{Display, PhaseBoard};
use open::PhaseNumber;
use std::sync::Arc;

/// What goes on, and the thread that tells it.
#[derive(Clone)]
pub struct Phases(Option<Arc<PhaseBoard>>);

/// Something that goes on until it is dropped. Nothing else is told while another one that began
/// later goes on.
pub struct LongPhase {
    shared: Option<Arc<PhaseBoard>>,
    number: PhaseNumber,
}

impl Phases {
    /// Phases that are told on stderr, unless the user wants it quiet.
    pub fn new(is_quiet: bool) -> Phases {
        Phases((!is_quiet).then(|| Arc::new(PhaseBoard::new(Display::of_stderr()))))
    }

    /// Something begins, such as "reading the logs".
    pub fn begin(&self, what: impl Into<String>) -> LongPhase {
        let shared = self.0.clone();
        let number = match &shared {
            Some(shared) => shared.change(|open| open.begin(what.into())),
            None => PhaseNumber::default(),
        };
        if let Some(shared) = &shared {
            shared.tell();
        }
        LongPhase { shared, number }
    }

    /// A look at an image set has come so far.
    pub fn look(&self, progress: LookProgress) {
        if let Some(shared) = &self.0 {
            shared.change(|open| open.look(progress));
            shared.tell();
        }
    }
}

impl LongPhase {
    /// So much of it is done.
    pub fn step(&self, done: u64, all: u64) {
        if let Some(shared) = &self.shared {
            shared.change(|open| open.step(self.number, (done, all)));
        }
    }

    /// It does something else now.
    pub fn becomes(&self, what: impl Into<String>) {
        if let Some(shared) = &self.shared {
            shared.change(|open| open.becomes(self.number, what.into()));
        }
    }
}

impl Drop for LongPhase {
    fn drop(&mut self) {
        if let Some(shared) = &self.shared {
            shared.change(|open| open.end(self.number));
        }
    }
}
