//! When a worker that should answer counts as lost.

use convsweep_spec::words::duration;
use std::time::Duration;
use tokio::time::Instant;

/// How many times longer than it may be silent a worker may be alive and compute nothing: a disk or
/// a network may keep it waiting.
const IDLE: u32 = 10;

/// When a worker that should answer was last heard of.
#[derive(Clone, Copy, Debug)]
pub(super) struct LastHeard {
    /// When it last said anything.
    heard: Instant,
    /// When it last said that it has computed anything.
    computed: Instant,
    /// Processor time in seconds that it had used then, if it has said so.
    seconds_computed: Option<f64>,
}

impl LastHeard {
    /// It has said something, and begins something else.
    pub(super) fn new(now: Instant) -> LastHeard {
        LastHeard {
            heard: now,
            computed: now,
            seconds_computed: None,
        }
    }

    /// It says that it is at work, and has used so much processor time.
    pub(super) fn alive(&mut self, now: Instant, seconds_computed: f64) {
        self.heard = now;
        if self.seconds_computed != Some(seconds_computed) {
            self.seconds_computed = Some(seconds_computed);
            self.computed = now;
        }
    }

    /// When it counts as lost if nothing is heard before.
    pub(super) fn deadline(&self, lost_after: Duration) -> Instant {
        (self.heard + lost_after).min(self.computed + lost_after * IDLE)
    }

    /// Why it counts as lost, in words that follow its name, and what to do; `None` if it does not.
    pub(super) fn problem(&self, now: Instant, lost_after: Duration) -> Option<String> {
        if now < self.deadline(lost_after) {
            return None;
        }
        let silence = now.duration_since(self.heard);
        let what = match silence >= lost_after {
            true => format!(
                "has said nothing for {} and was killed: was it stopped, or is the machine short \
                of memory or time?",
                duration(silence.as_secs_f64())
            ),
            false => format!(
                "has computed nothing for {} and was killed: does the disk or network that the \
                images are on answer?",
                duration(now.duration_since(self.computed).as_secs_f64())
            ),
        };
        let longer = lost_after.as_secs().saturating_mul(10);
        Some(format!(
            "{what} Give the command again, or more time with --lost-after {longer}"
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOST_AFTER: Duration = Duration::from_secs(60);

    /// What is said of a worker that said after each of these seconds how long it had computed,
    /// and is looked at after `end` seconds.
    fn problem(heartbeats: &[(u64, f64)], end: u64) -> Option<String> {
        let start = Instant::now();
        let after = |seconds| start + Duration::from_secs(seconds);
        let mut last = LastHeard::new(start);
        for (second, computed) in heartbeats {
            last.alive(after(*second), *computed);
        }
        let problem = last.problem(after(end), LOST_AFTER);
        let is_due = last.deadline(LOST_AFTER) <= after(end);
        assert_eq!(problem.is_some(), is_due);
        problem
    }

    #[test]
    fn silence_is_judged_by_the_limit() {
        assert_eq!(problem(&[], 59), None);
        let silent = problem(&[], 60).expect("is lost");
        assert!(silent.starts_with("has said nothing for 1 min"), "{silent}");
        assert!(silent.ends_with("--lost-after 600"), "{silent}");
        assert_eq!(problem(&[(50, 0.1)], 100), None);
        assert!(problem(&[(50, 0.1)], 110).is_some());
    }

    #[test]
    fn a_worker_may_wait_for_a_disk_but_not_for_ever() {
        let alive: Vec<(u64, f64)> = (1..=600).map(|second| (second, 0.5)).collect();
        assert_eq!(problem(&alive[..599], 600), None);
        let waits = problem(&alive, 601).expect("is lost");
        assert!(
            waits.starts_with("has computed nothing for 10 min"),
            "{waits}"
        );
        let slow: Vec<(u64, f64)> = (1..=6000).map(|s| (s, s as f64 / 1e4)).collect();
        assert_eq!(
            problem(&slow, 6001),
            None,
            "a slow machine is no lost worker"
        );
    }
}
