//! A time is reached: a back-off or a limit is over, or a worker was silent for too long.

use super::dispatcher::Dispatcher;
use crate::run_event::LimitReached;
use convsweep_spec::command::Command;
use convsweep_spec::outcome::Outcome;
use std::time::Duration;
use tokio::time::Instant;

/// What a deadline of an attempt leads to.
enum Expired {
    /// The worker did not end the attempt as it was told to.
    Kill(Outcome),
    /// The attempt has trained as long as it may.
    TimeLimit,
    /// The worker was silent for this long.
    Silence(Duration),
}

impl Dispatcher<'_> {
    /// The next deadline: when to act even if no event arrives before.
    pub(super) fn next_deadline(&self) -> Option<Instant> {
        let mut next = self.sweep_deadline();
        let mut add = |deadline: Instant| {
            next = Some(next.map_or(deadline, |other| other.min(deadline)));
        };
        for (retry, _) in &self.backoffs {
            add(*retry);
        }
        for slot in &self.slots {
            if let Some((start, _)) = &slot.pending {
                add(*start);
            }
            if let Some(attempt) = &slot.attempt {
                add(attempt.next_deadline(self.policy.lost_after));
            }
        }
        next
    }

    /// Handles all deadlines that have passed; `deadline` is the one that was waited for.
    /// `no_messages` says that no message of a worker waits to be handled.
    pub(super) fn handle_deadlines(&mut self, deadline: Option<Instant>, no_messages: bool) {
        let now = Instant::now();
        for (_, job) in self.backoffs.extract_if(.., |(retry, _)| *retry <= now) {
            self.scheduler.backoff_over(job);
        }
        if self.sweep_deadline().is_some_and(|end| end <= now) {
            self.stop_at_limit(LimitReached::TimeLimit);
        }
        // If this process itself was suspended, silence of the workers means nothing.
        let late = deadline.map_or(Duration::ZERO, |deadline| now.duration_since(deadline));
        let was_suspended = late > self.policy.lost_after / 4;
        for slot in 0..self.slots.len() {
            if was_suspended && let Some(attempt) = &mut self.slots[slot].attempt {
                attempt.last_event = now;
            }
            if let Some(expired) = self.take_expired(slot, now, no_messages) {
                self.handle_expired(slot, now, expired);
            }
        }
    }

    fn sweep_deadline(&self) -> Option<Instant> {
        let limit = self.policy.sweep_time_limit?;
        (!self.is_stopping()).then(|| self.started + limit)
    }

    fn take_expired(&mut self, slot: usize, now: Instant, no_messages: bool) -> Option<Expired> {
        let attempt = self.slots[slot].attempt.as_mut()?;
        if let Some((_, outcome)) = attempt.kill_deadline.take_if(|(at, _)| *at <= now) {
            return Some(Expired::Kill(outcome));
        }
        if attempt.time_limit.take_if(|limit| *limit <= now).is_some() {
            return Some(Expired::TimeLimit);
        }
        let silence = now.duration_since(attempt.last_event);
        if silence >= self.policy.lost_after && no_messages {
            return Some(Expired::Silence(silence));
        }
        None
    }

    fn handle_expired(&mut self, slot: usize, now: Instant, expired: Expired) {
        match expired {
            Expired::Kill(outcome) => self.kill_attempt(slot, outcome),
            Expired::TimeLimit => self.stop_at_time_limit(slot, now),
            Expired::Silence(silence) => {
                let seconds = silence.as_secs_f64();
                self.kill_attempt(slot, Outcome::Lost { seconds });
            }
        }
    }

    /// The attempt is to write a checkpoint and end as timed out; if it does not, it is killed.
    fn stop_at_time_limit(&mut self, slot: usize, now: Instant) {
        let outcome = Outcome::TimedOut;
        let time_for_checkpoint = self.policy.grace_period * 3;
        if let Some(attempt) = &mut self.slots[slot].attempt {
            tracing::info!(parent: &attempt.span, "time limit reached");
            attempt.kill_deadline = Some((now + time_for_checkpoint, outcome.clone()));
        }
        self.slots[slot].send(Command::Stop { outcome });
    }
}
