//! What is heard of the workers, and what it means.

use super::*;

impl Dispatcher<'_> {
    pub(super) fn hear(&mut self, id: WorkerId, says: WorkerMessage) {
        let Some(&slot) = self.live.get(&id) else {
            return;
        };
        match says {
            WorkerMessage::Line(line) => self.hear_line(slot, id, &line),
            WorkerMessage::Note(text) => self.noise(slot, text),
            WorkerMessage::Exited(end) => self.exited(slot, id, end),
        }
    }

    pub(super) fn noise(&self, slot: usize, text: String) {
        let job = self.seats[slot].current.as_ref().map(|c| c.job.clone());
        self.say(RunEvent::Noise { slot, job, text });
    }

    /// WorkerMessage a line that is no event; of very many only the first.
    fn babble(&mut self, slot: usize, text: String) {
        const TOLD: u32 = 5;
        let count = &mut self.seats[slot].noise;
        *count = count.saturating_add(1);
        match *count {
            ..=TOLD => self.noise(slot, text),
            count if count == TOLD + 1 => {
                self.noise(
                    slot,
                    "the worker says more that is no event; it is passed over unseen".to_string(),
                );
            }
            _ => {}
        }
    }

    pub(super) fn hear_line(&mut self, slot: usize, id: WorkerId, line: &str) {
        let seat = &self.seats[slot];
        let holds = seat
            .worker
            .as_ref()
            .is_some_and(|(worker, _)| *worker == id);
        let current = seat
            .current
            .as_ref()
            .filter(|_| holds)
            .map(|c| (&c.job, c.attempt));
        let has_job = current.is_some();
        match read_line(line, current) {
            WorkerLine::Event(envelope) => self.event(slot, envelope),
            WorkerLine::Noise(text) => self.babble(slot, text),
            WorkerLine::Stray(text) => self.confused(slot, text),
            WorkerLine::Newer(text) if has_job => {
                self.confused(slot, text.clone());
                self.close(slot, text, String::new());
            }
            WorkerLine::Newer(text) => self.noise(slot, text),
        }
    }

    pub(super) fn event(&mut self, slot: usize, envelope: Box<Envelope>) {
        if let Some(current) = &mut self.seats[slot].current {
            current.heard = Instant::now();
            if envelope.event == Event::Alive {
                return;
            }
            if !envelope.event.is_passing() {
                current.next = envelope.n + 1;
            }
            if !std::mem::replace(&mut current.spoke, true) {
                self.schedule.spoke(slot);
            }
        }
        let outcome = match &envelope.event {
            // The log does not hold it, so nobody else may.
            Event::Ended {
                outcome: outcome @ Outcome::DiskFull { .. },
                ..
            } => return self.disk_full(slot, outcome.clone()),
            Event::Ended { outcome, .. } => Some(outcome.clone()),
            Event::Metrics { epoch, values, .. } => {
                self.guide_by(slot, *epoch, values);
                None
            }
            Event::StateSaved {
                epoch, key, path, ..
            } => {
                self.state_saved(
                    slot,
                    SavedState {
                        job: envelope.job.clone(),
                        epoch: *epoch,
                        key: key.clone(),
                        path: path.into(),
                    },
                );
                None
            }
            _ => None,
        };
        self.say(RunEvent::Worker(envelope));
        if let Some(outcome) = outcome {
            if matches!(
                outcome,
                Outcome::Failed { .. } | Outcome::OutOfMemory | Outcome::Crashed { .. }
            ) {
                self.retire(slot);
            }
            self.attempt_ended(slot, outcome, true);
        }
    }

    /// The disk has no room: the attempt did not really end, and no other one may begin.
    pub(super) fn disk_full(&mut self, slot: usize, outcome: Outcome) {
        if let Some(job) = self.schedule.job_of(slot) {
            let full = std::io::Error::from(std::io::ErrorKind::StorageFull);
            self.fail(RunnerError::results(&self.jobs[job].execution.folder, full));
        }
        self.retire(slot);
        self.attempt_ended(slot, outcome, false);
    }

    /// Gives a state to the jobs that wait for it.
    pub(super) fn state_saved(&mut self, slot: usize, mut state: SavedState) {
        let Some(saver) = self.schedule.job_of(slot) else {
            return;
        };
        state.path = self.jobs[saver].execution.folder.join(&state.path);
        let waits = |&heir: &usize| {
            self.parents[heir]
                .as_ref()
                .is_some_and(|p| p.key == state.key)
        };
        let heirs: Vec<usize> = self
            .schedule
            .waiting_for(saver)
            .iter()
            .copied()
            .filter(waits)
            .collect();
        for heir in heirs {
            self.jobs[heir].execution.start_from = Some(state.clone());
            self.schedule.release(saver, heir);
        }
    }

    /// The worker broke the protocol: its attempt ends as failed, and it is replaced.
    pub(super) fn confused(&mut self, slot: usize, message: String) {
        self.give_up(slot, Outcome::Failed { message });
    }

    pub(super) fn exited(&mut self, slot: usize, id: WorkerId, end: ProcessExit) {
        self.live.remove(&id);
        let seat = &mut self.seats[slot];
        if seat
            .leaving
            .as_ref()
            .is_some_and(|(leaver, _)| *leaver == id)
        {
            seat.leaving = None;
            return self.schedule.gone(slot);
        }
        let Some((_, worker)) = seat.worker.take_if(|(worker, _)| *worker == id) else {
            return;
        };
        let stderr = worker.stderr.text();
        self.read_unheard(slot);
        let seat = &self.seats[slot];
        match &seat.current {
            None if end.code == Some(0) || self.stop == StopRequest::Now => {}
            None => self.noise(
                slot,
                format!("the worker {} between two jobs", death_words(&end)),
            ),
            Some(_) if self.stop == StopRequest::Now => {
                self.end_attempt(slot, Outcome::Cancelled, false, stderr)
            }
            Some(current) if current.spoke || death(&end, &stderr) == Outcome::OutOfMemory => {
                self.end_attempt(slot, death(&end, &stderr), false, stderr);
            }
            Some(_) => self.died_at_start(slot, &end, stderr),
        }
    }

    /// Hears from the log of the attempt what its dead worker could no longer say; it may even have
    /// ended.
    pub(super) fn read_unheard(&mut self, slot: usize) {
        let (Some(current), Some(job)) = (&self.seats[slot].current, self.schedule.job_of(slot))
        else {
            return;
        };
        let log = fs::read(self.jobs[job].execution.folder.join(EVENTS)).unwrap_or_default();
        for envelope in unheard(&log, &current.job.clone(), current.attempt, current.next) {
            self.event(slot, Box::new(envelope));
        }
    }

    pub(super) fn died_at_start(&mut self, slot: usize, end: &ProcessExit, stderr: String) {
        let Some(current) = self.seats[slot].current.take() else {
            return;
        };
        let Some(verdict) = self.schedule.died_at_start(slot) else {
            return;
        };
        let reason = format!(
            "the worker {} {} before its first word",
            self.slots[slot].worker.display(),
            death_words(end)
        );
        let failures = self.schedule.start_failures(slot);
        self.say(RunEvent::StartFailed {
            slot,
            failures,
            reason: reason.clone(),
            stderr: stderr.clone(),
        });
        let outcome = Outcome::Crashed {
            signal: end.signal,
            code: end.code,
        };
        self.conclude(slot, current, &verdict, outcome, false, stderr.clone());
        if verdict.closes {
            self.close(slot, reason, stderr);
        }
    }
}
