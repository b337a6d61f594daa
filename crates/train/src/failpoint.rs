//! Places where a test may kill the process.
//!
//! `CONVSWEEP_FAILPOINT="name:count"` makes the process send itself SIGKILL when it passes the
//! place `name` for the `count`-th time in an attempt (from 1, the default). Only first attempts
//! die, unless `CONVSWEEP_FAILPOINT_ATTEMPTS` names a higher number of attempts.
//!
//! Places, in the order in which an attempt passes them:
//!
//! | name | where |
//! | --- | --- |
//! | `started` | after the `Started` event |
//! | `features` | after what frozen layers make of a batch was computed to be kept |
//! | `gradients` | within a step, between its gradients and the update |
//! | `step` | after a step's update |
//! | `validation` | after a batch of an epoch's validation |
//! | `metrics` | between an epoch's `Metrics` event and its checkpoint |
//! | `checkpoint-write` | in the middle of writing a state, as a checkpoint or as a kept state |
//! | `checkpoint-renamed` | between a checkpoint's rename and its event |
//! | `state-link` | before a hard link to the checkpoint becomes a kept state |
//! | `state-saved` | between a kept state's rename and its event |
//! | `model` | after the trained weights were written |
//! | `kernels` | after the kernels' names were written |
//! | `evaluation` | after a batch of the final evaluation |
//! | `predictions` | between the predictions' rename and the events about them |
//! | `range-test` | between the rename of a range test's curve and the event about it |
//! | `evaluated` | between the `Evaluated` events and `Ended` |
//! | `event-torn` | in the middle of writing an event's line |
//!
//! At the place `grow`, after an epoch's `Metrics` event on a device other than the CPU, the process
//! takes a gigabyte instead of dying.

use rustix::process::{Signal, getpid, kill_process};
use std::cell::Cell;
use std::env::var;

/// The failpoint of an attempt, if one is set.
#[derive(Debug, Default)]
pub struct Failpoints {
    armed: Option<Failpoint>,
}

#[derive(Debug)]
struct Failpoint {
    name: String,
    /// How many more times the place is passed until the process dies there.
    remaining: Cell<u32>,
}

impl Failpoints {
    /// The failpoint that the environment sets for this attempt (from 1).
    pub fn from_env(attempt: u32) -> Self {
        let attempts = var("CONVSWEEP_FAILPOINT_ATTEMPTS")
            .ok()
            .and_then(|n| n.parse().ok())
            .unwrap_or(1);
        match var("CONVSWEEP_FAILPOINT") {
            Ok(text) if attempt <= attempts => Failpoints {
                armed: Some(parse(&text)),
            },
            _ => Failpoints::default(),
        }
    }

    /// Passes the place `name`: returns, or ends the process.
    pub fn hit(&self, name: &str) {
        if self.is_due(name) {
            die();
        }
    }

    /// Counts a pass of the place `name`; true if the process is to die there.
    pub fn is_due(&self, name: &str) -> bool {
        match &self.armed {
            Some(failpoint) if failpoint.name == name => {
                let remaining = failpoint.remaining.get().saturating_sub(1);
                failpoint.remaining.set(remaining);
                remaining == 0
            }
            Some(_) | None => false,
        }
    }
}

/// Kills this process, as a crash would.
pub fn die() {
    // Cannot fail: a process may always signal itself.
    let _ = kill_process(getpid(), Signal::KILL);
}

fn parse(text: &str) -> Failpoint {
    let (name, count) = text.rsplit_once(':').unwrap_or((text, "1"));
    Failpoint {
        name: name.to_string(),
        remaining: Cell::new(count.parse().unwrap_or(1)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn armed(text: &str) -> Failpoints {
        Failpoints {
            armed: Some(parse(text)),
        }
    }

    #[test]
    fn is_due_at_the_named_place_and_count_only() {
        let failpoints = armed("step:3");
        let mut due = Vec::new();
        for name in ["step", "metrics", "step", "metrics", "step"] {
            due.push(failpoints.is_due(name));
        }
        assert_eq!(due, [false, false, false, false, true]);
        assert!(armed("metrics").is_due("metrics"));
        assert!(!Failpoints::default().is_due("step"));
    }
}
