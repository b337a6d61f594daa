//! Shows how far the look at an image set has come: on a terminal in one line that is overwritten,
//! elsewhere in a line every few seconds.

use crate::streams::{say_error, write_error};
use convsweep_data::LookProgress;
use convsweep_spec::words::{duration, thousands};
use std::io::{IsTerminal, stderr};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A look that is over sooner is not shown.
const SHOWN_AFTER: Duration = Duration::from_millis(500);
/// Time between two pictures on a terminal.
const ON_TERMINAL: Duration = Duration::from_millis(200);
/// Time between two lines elsewhere.
const ELSEWHERE: Duration = Duration::from_secs(5);

/// What is shown of looks at image sets, one after another.
#[derive(Default)]
pub struct LookDisplay(Mutex<State>);

#[derive(Default)]
struct State {
    /// The look that goes on: when it began, and when it was shown last.
    look: Option<(Instant, Option<Instant>)>,
}

impl LookDisplay {
    /// Shows the progress, if it is time for it.
    pub fn show(&self, progress: LookProgress) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let (begun, shown) = state.look.unwrap_or((now, None));
        let is_terminal = stderr().is_terminal();
        if progress.done >= progress.files {
            if shown.is_some() && is_terminal {
                write_error(b"\r\x1b[K");
            }
            state.look = None;
            return;
        }
        let (since, pause) = match (shown, is_terminal) {
            (None, true) => (begun, SHOWN_AFTER),
            (Some(shown), true) => (shown, ON_TERMINAL),
            (shown, false) => (shown.unwrap_or(begun), ELSEWHERE),
        };
        if now < since + pause {
            state.look = Some((begun, shown));
            return;
        }
        let line = words(progress, now - begun);
        match is_terminal {
            true => write_error(format!("\r{line}\x1b[K").as_bytes()),
            false => say_error(&line),
        }
        state.look = Some((begun, Some(now)));
    }
}

fn words(progress: LookProgress, elapsed: Duration) -> String {
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

    #[test]
    fn progress_is_told_with_rate_and_time_left() {
        let progress = LookProgress {
            done: 1500,
            files: 10_000,
            is_kept: true,
        };
        assert_eq!(
            words(progress, Duration::from_secs(10)),
            "looking at images: 1,500 of 10,000, 150 a second, 57 s left"
        );
    }
}
