//! What people and the search want of a run.

use super::*;

impl Dispatcher<'_> {
    pub(super) fn control(&mut self, control: ControlRequest) {
        match control {
            ControlRequest::Cancel { jobs } => {
                let named = |&job: &usize| jobs.contains(&self.jobs[job].id);
                for job in (0..self.jobs.len()).filter(named).collect::<Vec<_>>() {
                    if !self.schedule.leave(job) {
                        self.cancel(job);
                    }
                }
            }
            ControlRequest::Pause => {
                self.schedule.set_paused(true);
                let running: Vec<usize> = (0..self.seats.len())
                    .filter_map(|s| self.schedule.job_of(s))
                    .collect();
                self.paused.extend(&running);
                running.into_iter().for_each(|job| self.cancel(job));
                self.say(RunEvent::Paused(true));
            }
            ControlRequest::Resume => {
                self.schedule.set_paused(false);
                self.say(RunEvent::Paused(false));
            }
        }
    }

    /// A running job writes a checkpoint and ends as cancelled.
    pub(super) fn cancel(&mut self, job: usize) {
        if let Some(slot) =
            (0..self.seats.len()).find(|&slot| self.schedule.job_of(slot) == Some(job))
        {
            self.send(slot, WorkerRequest::Send(Box::new(Command::CANCEL)));
        }
    }

    /// Does what the search wants.
    pub(super) fn act(&mut self, actions: Vec<SearchAction>) {
        let mut free = Vec::new();
        for action in actions {
            let Some(guide) = &self.guide else { return };
            match action {
                SearchAction::Free(entry) => free.extend(guide.job(entry)),
                SearchAction::Decide {
                    job: entry,
                    epoch,
                    verdict,
                    rule,
                    reason,
                } => {
                    let Some(job) = guide.job(entry) else {
                        continue;
                    };
                    let (id, rule) = (self.jobs[job].id.clone(), rule.to_string());
                    let attempt = (self.jobs[job].execution.attempt + self.schedule.attempts(job))
                        .checked_sub(1);
                    self.say(RunEvent::Decided(Decision {
                        job: id,
                        attempt,
                        epoch,
                        verdict,
                        rule,
                        reason: reason.clone(),
                    }));
                    if verdict == convsweep_spec::log::Verdict::Stop {
                        self.spare(job, reason);
                    }
                }
            }
        }
        // In the run's order, not in the plan's.
        free.sort_unstable();
        free.into_iter().for_each(|job| self.schedule.free(job));
    }

    pub(super) fn spare(&mut self, job: usize, reason: String) {
        let outcome = Outcome::Stopped { reason };
        if self.schedule.drop_job(job) {
            let (id, attempts) = (self.jobs[job].id.clone(), self.schedule.attempts(job));
            self.ended.push((id.clone(), attempts, outcome.clone()));
            return self.say(RunEvent::Finished {
                job: id,
                attempts,
                outcome,
            });
        }
        if let Some(slot) =
            (0..self.seats.len()).find(|&slot| self.schedule.job_of(slot) == Some(job))
        {
            self.send(
                slot,
                WorkerRequest::Send(Box::new(Command::Stop { outcome })),
            );
        }
    }

    /// Tells the search of an epoch's metrics.
    pub(super) fn guide_by(&mut self, slot: usize, epoch: u32, values: &BTreeMap<String, Number>) {
        if let Some(current) = &mut self.seats[slot].current {
            current.epoch = epoch;
        }
        let Some(job) = self.schedule.job_of(slot) else {
            return;
        };
        let actions = self
            .guide
            .as_mut()
            .map(|guide| guide.metrics(job, epoch, values))
            .unwrap_or_default();
        self.act(actions);
    }

    /// Tells the search how an attempt ended; a job that was paused by a person is queued again.
    pub(super) fn guide_end(
        &mut self,
        current: &RunningAttempt,
        verdict: &Consequence,
        outcome: &Outcome,
    ) {
        if self.paused.remove(&verdict.job)
            && *outcome == Outcome::Cancelled
            && self.stop == StopRequest::No
        {
            self.schedule.pause(verdict.job);
            return self.schedule.free(verdict.job);
        }
        let Some(guide) = &mut self.guide else { return };
        let paused = *outcome == Outcome::Cancelled
            && current.until.is_some_and(|until| current.epoch >= until);
        let actions = match verdict.next {
            Next::Done => guide.ended(verdict.job, *outcome == Outcome::Finished),
            Next::Left if paused && self.stop == StopRequest::No && self.halted.is_none() => {
                self.schedule.pause(verdict.job);
                guide.paused(verdict.job)
            }
            Next::Left | Next::Again(_) => vec![],
        };
        self.act(actions);
    }
}
