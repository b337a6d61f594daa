//! A slot is idle: a job is given to its worker, which is launched first if necessary.

use super::dispatcher::Dispatcher;
use super::worker_slot::RunningAttempt;
use crate::error::RunnerError;
use crate::launcher::{LaunchError, WorkerReports, WorkerRequest};
use crate::run_event::RunEvent;
use crate::schedule::JobAssignment;
use convsweep_files::{Durability, FileError, create_folder};
use convsweep_spec::command::Command;
use convsweep_spec::job::{Execution, FolderIdentity, Job};
use convsweep_spec::precision::Precision;
use std::io;
use std::path::Path;
use std::time::Duration;
use tokio::time::Instant;

impl Dispatcher<'_> {
    /// Assigns jobs to idle slots, and starts those whose time has come.
    pub(super) fn start_jobs(&mut self) {
        loop {
            for assignment in self.scheduler.assign() {
                let start = Instant::now() + assignment.delay;
                let slot = assignment.slot;
                self.slots[slot].pending = Some((start, assignment));
            }
            // A launch that fails makes its slot idle again, so the loop continues until nothing
            // is due.
            let Some(assignment) = self.take_due_assignment() else {
                return;
            };
            self.start_attempt(assignment);
        }
    }

    fn take_due_assignment(&mut self) -> Option<JobAssignment> {
        let now = Instant::now();
        for slot in &mut self.slots {
            if let Some((_, assignment)) = slot.pending.take_if(|(start, _)| *start <= now) {
                return Some(assignment);
            }
        }
        None
    }

    fn start_attempt(&mut self, assignment: JobAssignment) {
        let JobAssignment { slot, job, .. } = assignment;
        let precision = self.jobs[job].question.configuration.train.precision;
        if self.slots[slot].has_other_worker(precision) {
            return self.replace_worker(slot);
        }
        let command = self.complete_job(&assignment);
        if let Err(error) = create_job_folder(&command.execution) {
            self.scheduler.withdraw(slot);
            return self.fail(RunnerError::results(&error.path, error.source));
        }
        if let Err(error) = self.ensure_worker(slot, precision) {
            return self.launch_failed(slot, error);
        }
        let attempt = self.running_attempt(slot, job, &command);
        tracing::debug!(parent: &attempt.span, "attempt started");
        let id = attempt.job.clone();
        self.give_to_worker(slot, attempt, command);
        self.report(RunEvent::AttemptStarted {
            slot,
            device: self.slots[slot].slot.device,
            job: id,
            attempt: assignment.attempt,
        });
    }

    /// The slot's job is queued again, and starts once the slot's worker has exited or on another
    /// slot.
    fn replace_worker(&mut self, slot: usize) {
        self.scheduler.withdraw(slot);
        self.slots[slot].close_worker();
        self.scheduler.worker_exiting(slot);
    }

    /// The job with all that belongs to this attempt.
    fn complete_job(&self, assignment: &JobAssignment) -> Job {
        let slot = self.slots[assignment.slot].slot;
        let mut job = self.jobs[assignment.job].clone();
        job.execution.attempt = assignment.attempt;
        job.execution.device = slot.device;
        job.execution.threads = slot.threads;
        let search = self.search.as_ref();
        if let Some(search) = search {
            job.execution.until = search.pause_epoch(assignment.job);
        }
        job.execution.asks_from = search.and_then(|search| search.asks_from(assignment.job));
        job
    }

    fn running_attempt(&self, slot: usize, job: usize, command: &Job) -> RunningAttempt {
        let (id, execution) = (&command.id, &command.execution);
        let attempt = execution.attempt;
        let now = Instant::now();
        let rest = |limit: Duration| limit.saturating_sub(self.training_time[job]);
        RunningAttempt {
            job: id.clone(),
            attempt,
            started: now,
            has_responded: false,
            last_event: now,
            next_event: 0,
            epoch: 0,
            pause_epoch: execution.until,
            time_limit: self.policy.time_limit.map(|limit| now + rest(limit)),
            kill_deadline: None,
            span: tracing::info_span!(
                "attempt", job = %id, attempt, slot, device = %execution.device
            ),
        }
    }

    /// If the worker has just died, that is reported later, and the attempt then ends as a death at
    /// the start.
    fn give_to_worker(&mut self, slot: usize, attempt: RunningAttempt, mut command: Job) {
        let slot = &mut self.slots[slot];
        if slot.slot.place.host != 0 {
            // Another machine may number the devices of a network's file systems in another way.
            command.execution.jobs_folder = None;
        }
        if let Some((_, worker)) = &slot.worker {
            let folder = command.execution.folder.clone();
            worker.stderr.clear();
            worker.request(WorkerRequest::BeginAttempt(folder, attempt.attempt));
            worker.send(Command::Train(Box::new(command)));
        }
        slot.attempt = Some(attempt);
        slot.ignored_lines = 0;
    }

    /// Launches a worker if the slot has none.
    fn ensure_worker(&mut self, slot: usize, precision: Precision) -> Result<(), LaunchError> {
        if self.slots[slot].worker.is_some() {
            return Ok(());
        }
        self.launched_workers += 1;
        let id = self.launched_workers;
        let reports = WorkerReports {
            worker: id,
            channel: self.worker_messages.clone(),
        };
        let worker = self.launcher.launch(slot, precision, reports)?;
        tracing::debug!(
            slot,
            worker = id,
            program = worker.program,
            "worker launched"
        );
        self.slot_of_worker.insert(id, slot);
        self.slots[slot].worker = Some((id, worker));
        self.slots[slot].precision = precision;
        Ok(())
    }

    pub(super) fn launch_failed(&mut self, slot: usize, error: LaunchError) {
        let LaunchError { reason, is_lasting } = error;
        if is_lasting {
            return self.worker_is_unfit(slot, reason, String::new());
        }
        let Some(consequence) = self.scheduler.launch_failed(slot) else {
            return;
        };
        self.report_start_failure(slot, reason.clone(), String::new());
        if consequence.closes_slot {
            self.close_slot(slot, reason, String::new());
        }
    }

    pub(super) fn report_start_failure(&self, slot: usize, reason: String, stderr: String) {
        let failures = self.scheduler.start_failures(slot);
        tracing::info!(slot, failures, reason, "worker failed to start");
        self.report(RunEvent::StartFailed {
            slot,
            failures,
            reason,
            stderr,
        });
    }
}

/// Makes a job's folder. Its worker waits until its name is on the disk; the name of the folder of
/// all jobs is waited for here. Nothing is made where another folder is in the place of that one,
/// such as the mount point of a disk that went away.
fn create_job_folder(execution: &Execution) -> Result<(), FileError> {
    let folder = &execution.folder;
    match (folder.parent(), execution.jobs_folder) {
        (Some(jobs), Some(expected)) => require_folder(jobs, expected)?,
        (Some(jobs), None) => create_folder(jobs, Durability::ContentAndName)?,
        (None, _) => {}
    }
    create_folder(folder, Durability::SystemCache)
}

fn require_folder(path: &Path, expected: FolderIdentity) -> Result<(), FileError> {
    let found = path.metadata().map_err(FileError::at("look at", path))?;
    if FolderIdentity::of(&found) == expected {
        return Ok(());
    }
    let message = "the folder of the jobs is no longer the one that it was when the run began";
    let error = io::Error::new(io::ErrorKind::StaleNetworkFileHandle, message);
    Err(FileError::at("write in", path)(error))
}
