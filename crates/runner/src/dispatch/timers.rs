//! What is due though nothing is heard: rests, limits, silence.

use super::*;

impl Dispatcher<'_> {
    /// When there is something to do though nothing is heard.
    pub(super) fn next_due(&self) -> Option<Instant> {
        let pending = self
            .seats
            .iter()
            .filter_map(|seat| seat.pending.as_ref().map(|(due, _)| *due));
        let rested = self.resting.iter().map(|(due, _)| *due);
        let currents = self.seats.iter().filter_map(|seat| seat.current.as_ref());
        let silent = currents.clone().map(|c| c.heard + self.policy.lost_after);
        let over = currents.filter_map(|c| c.doom.as_ref().map(|(at, _)| *at).or(c.limit));
        let end = self
            .policy
            .sweep_time_limit
            .filter(|_| self.stop == StopRequest::No && self.halted.is_none());
        pending
            .chain(rested)
            .chain(silent)
            .chain(over)
            .chain(end.map(|limit| self.began + limit))
            .min()
    }

    /// Does what was due at `due`; `all_heard` says that no word waits to be heard.
    pub(super) fn tick(&mut self, due: Instant, all_heard: bool) {
        let now = Instant::now();
        let woken = |(at, _): &mut (Instant, usize)| *at <= now;
        for (_, job) in self.resting.extract_if(.., woken).collect::<Vec<_>>() {
            self.schedule.wake(job);
        }
        if self
            .policy
            .sweep_time_limit
            .is_some_and(|limit| now >= self.began + limit)
        {
            self.halt_by_policy(HaltReason::TimeLimit);
        }
        // Who slept himself (suspended, stopped) cannot say that others were silent.
        let slept = now.duration_since(due) > self.policy.lost_after / 4;
        for slot in 0..self.seats.len() {
            let Some(current) = &mut self.seats[slot].current else {
                continue;
            };
            if slept {
                current.heard = now;
            }
            let silence = now.duration_since(current.heard);
            if let Some((_, outcome)) = current.doom.take_if(|(at, _)| *at <= now) {
                self.give_up(slot, outcome);
            } else if current.limit.take_if(|at| *at <= now).is_some() {
                current.doom = Some((now + self.policy.grace * 3, Outcome::TimedOut));
                self.send(
                    slot,
                    WorkerRequest::Send(Box::new(Command::Stop {
                        outcome: Outcome::TimedOut,
                    })),
                );
            } else if silence >= self.policy.lost_after && all_heard {
                self.give_up(
                    slot,
                    Outcome::Lost {
                        seconds: silence.as_secs_f64(),
                    },
                );
            }
        }
    }

    pub(super) fn send(&self, slot: usize, order: WorkerRequest) {
        if let Some((_, worker)) = &self.seats[slot].worker {
            let _ = worker.orders.send(order);
        }
    }

    /// Kills the slot's worker, whose attempt thereby ended.
    pub(super) fn give_up(&mut self, slot: usize, outcome: Outcome) {
        self.send(slot, WorkerRequest::Kill);
        self.retire(slot);
        self.attempt_ended(slot, outcome, false);
    }

    pub(super) fn halt_by_policy(&mut self, halt: HaltReason) {
        if self.halted.is_none() && self.stop == StopRequest::No {
            self.halted = Some(halt);
            self.say(RunEvent::Halting(halt));
            self.halt(false);
        }
    }
}
