//! What `status` and `watch` are told about a run besides what the database records: whether it is
//! paused, and which jobs have ended an attempt and wait for their next one.

use convsweep_runner::{ResultsLock, RunEvent};
use convsweep_spec::id::JobId;

/// Keeps the text of the lock up to date.
pub struct QueueNotice<'a> {
    lock: &'a mut ResultsLock,
    is_paused: bool,
    queued: Vec<JobId>,
}

impl<'a> QueueNotice<'a> {
    /// For a run that begins.
    pub fn new(lock: &'a mut ResultsLock) -> Self {
        QueueNotice {
            lock,
            is_paused: false,
            queued: vec![],
        }
    }

    /// Publishes what the event changes.
    pub fn on(&mut self, event: &RunEvent) {
        match event {
            RunEvent::Paused(is_paused) => self.is_paused = *is_paused,
            RunEvent::Retrying { job, .. } | RunEvent::JobPaused { job } => {
                self.queued.push(job.clone());
            }
            RunEvent::AttemptStarted { job, .. }
            | RunEvent::Finished { job, .. }
            | RunEvent::JobCancelled { job }
                if self.queued.contains(job) =>
            {
                self.queued.retain(|queued| queued != job);
            }
            _ => return,
        }
        self.lock.publish(self.is_paused, self.queued.clone());
    }
}

impl Drop for QueueNotice<'_> {
    fn drop(&mut self) {
        if self.is_paused || !self.queued.is_empty() {
            self.lock.publish(false, vec![]);
        }
    }
}
