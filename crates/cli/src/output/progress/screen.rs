//! Where progress is shown: nowhere, as lines, or as bars.

use crate::streams::{StderrTerminal, say_error};
use convsweep_spec::words::printable_lines;
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;

/// Steps of a job's bar.
const BAR_STEPS: f64 = 1000.0;
/// How often bars are drawn at most.
const PICTURES_A_SECOND: u8 = 20;

/// Where progress is shown.
pub enum Screen {
    Quiet,
    /// Lines on stderr, which is not a terminal.
    Lines,
    /// A bar for the sweep and one for each slot.
    Bars {
        all: MultiProgress,
        sweep: ProgressBar,
        slots: Vec<ProgressBar>,
    },
}

impl Screen {
    /// A screen for a run of this many jobs.
    pub fn new(jobs: usize, slots: &[String], quiet: bool) -> Screen {
        if quiet {
            Screen::Quiet
        } else if std::io::stderr().is_terminal() {
            bars(jobs as u64, slots)
        } else {
            Screen::Lines
        }
    }

    pub fn is_quiet(&self) -> bool {
        matches!(self, Screen::Quiet)
    }

    pub fn has_lines_only(&self) -> bool {
        matches!(self, Screen::Lines)
    }

    /// Shows a line that stays. What a worker says of the user's files may hold anything.
    pub fn say(&self, text: &str) {
        match self {
            Screen::Quiet => {}
            Screen::Lines => say_error(text),
            Screen::Bars { all, .. } => _ = all.println(printable_lines(text)),
        }
    }

    /// Removes the bars.
    pub fn clear(&self) {
        if let Screen::Bars { all, .. } = self {
            _ = all.clear();
        }
    }

    /// Shows what a slot is doing: a message, and the share of the job that is done.
    pub fn slot(&self, slot: usize, message: impl Into<String>, share: f64) {
        if let Screen::Bars { slots, .. } = self {
            slots[slot].set_position((share * BAR_STEPS) as u64);
            slots[slot].set_message(message.into());
        }
    }

    /// Shows how many jobs of the sweep have finished.
    pub fn finished(&self, jobs: usize) {
        if let Screen::Bars { sweep, .. } = self {
            sweep.set_position(jobs as u64);
        }
    }

    /// Shows a message next to the sweep's bar; `message` is only computed if there is one.
    pub fn sweep(&self, message: impl FnOnce() -> String) {
        if let Screen::Bars { sweep, .. } = self {
            sweep.set_message(message());
        }
    }
}

fn bars(jobs: u64, slots: &[String]) -> Screen {
    let terminal = Box::new(StderrTerminal::default());
    let target = ProgressDrawTarget::term_like_with_hz(terminal, PICTURES_A_SECOND);
    let all = MultiProgress::with_draw_target(target);
    let sweep = ProgressBar::new(jobs);
    let sweep = all.add(sweep.with_style(style("{bar:30} {pos} of {len} jobs, {elapsed}, {msg}")));
    let mut slot_bars = Vec::new();
    for slot in slots {
        let bar = ProgressBar::new(BAR_STEPS as u64)
            .with_style(style("{bar:30.dim} {prefix} {msg}"))
            .with_prefix(slot.clone());
        slot_bars.push(all.add(bar));
    }
    Screen::Bars {
        all,
        sweep,
        slots: slot_bars,
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}
