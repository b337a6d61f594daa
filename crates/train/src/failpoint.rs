//! Places where a test may kill the process.
//!
//! `CONVSWEEP_FAILPOINT="name:count"` sends the own process SIGKILL when it passes the place `name`
//! for the `count`-th time in an attempt (counted from 1, the default). Only first attempts die,
//! unless `CONVSWEEP_FAILPOINT_ATTEMPTS` names a higher number of attempts. Places, in the order in
//! which an attempt meets them:
//!
//! | name | where |
//! | --- | --- |
//! | `started` | after the `Started` event |
//! | `gradients` | within a step, between its gradients and the optimiser |
//! | `step` | after an optimiser step |
//! | `validation` | after a batch of an epoch's validation |
//! | `metrics` | between an epoch's `Metrics` event and its checkpoint |
//! | `checkpoint-write` | in the middle of writing a checkpoint |
//! | `checkpoint-renamed` | between a checkpoint's rename and its event |
//! | `state-saved` | between a kept state's rename and its event |
//! | `model` | after the trained weights were written |
//! | `evaluation` | after a batch of the final evaluation |
//! | `predictions` | between the predictions' rename and the events about them |
//! | `evaluated` | between the `Evaluated` events and `Ended` |
//! | `event-torn` | in the middle of writing an event's line |

use rustix::process::{Signal, getpid, kill_process};
use std::cell::Cell;
use std::env::var;

/// The armed failpoint of an attempt, if one is.
#[derive(Debug, Default)]
pub struct Failpoints {
    armed: Option<(String, Cell<u32>)>,
}

impl Failpoints {
    /// What the environment arms for this attempt (from 1).
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
        let Some((_, left)) = self.armed.as_ref().filter(|(armed, _)| armed == name) else {
            return false;
        };
        left.set(left.get().saturating_sub(1));
        left.get() == 0
    }
}

/// Ends the own process as a crash would.
pub fn die() {
    // Cannot fail: the process exists and is our own.
    let _ = kill_process(getpid(), Signal::KILL);
}

fn parse(text: &str) -> (String, Cell<u32>) {
    let (name, count) = text.rsplit_once(':').unwrap_or((text, "1"));
    (name.to_string(), Cell::new(count.parse().unwrap_or(1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dies_at_the_named_place_and_count_only() {
        let points = Failpoints {
            armed: Some(parse("step:3")),
        };
        let due: Vec<bool> = ["step", "metrics", "step", "metrics", "step"]
            .iter()
            .map(|n| points.is_due(n))
            .collect();
        assert_eq!(due, [false, false, false, false, true]);
        assert!(
            Failpoints {
                armed: Some(parse("metrics"))
            }
            .is_due("metrics")
        );
        assert!(!Failpoints::default().is_due("step"));
    }
}
