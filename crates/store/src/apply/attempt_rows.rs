//! The rows that belong to one attempt at a job.

use super::derived::Changes;
use convsweep_spec::augment::MeanStd;
use convsweep_spec::event::{Evaluation, Fingerprint, Start};
use convsweep_spec::id::JobId;
use convsweep_spec::metric::Number;
use convsweep_spec::outcome::Outcome;
use rusqlite::{Connection, Result, params};
use std::collections::BTreeMap;

/// Writes the rows of one attempt.
pub(super) struct AttemptRows<'a> {
    connection: &'a Connection,
    job: &'a JobId,
    attempt: u32,
}

impl<'a> AttemptRows<'a> {
    /// The rows of this attempt, which exist from now on.
    pub(super) fn of(
        connection: &'a Connection,
        job: &'a JobId,
        attempt: u32,
        changes: &mut Changes,
    ) -> Result<AttemptRows<'a>> {
        let rows = AttemptRows {
            connection,
            job,
            attempt,
        };
        if changes.attempt(job, attempt) {
            rows.create()?;
        }
        Ok(rows)
    }

    /// Executes one statement.
    pub(super) fn write(&self, sql: &str, parameters: impl rusqlite::Params) -> Result<()> {
        self.connection
            .prepare_cached(sql)?
            .execute(parameters)
            .map(drop)
    }

    /// Creates the rows of the job and the attempt if they are missing.
    fn create(&self) -> Result<()> {
        self.write(
            "insert into jobs (job) values (?1) on conflict do nothing",
            [&self.job.0],
        )?;
        self.write(
            "insert into attempts (job, attempt) values (?1, ?2) on conflict do nothing",
            params![self.job.0, self.attempt],
        )
    }

    /// The attempt started: `process` is the worker's process id, machine and device.
    pub(super) fn started(
        &self,
        time: f64,
        (pid, host, device): (u32, &str, String),
        fingerprint: &Fingerprint,
        from: &Start,
    ) -> Result<()> {
        let (start, start_job, epoch, step, exact) = match from {
            Start::Scratch => ("scratch", None, None, None, None),
            Start::Checkpoint { epoch, step, exact } => {
                ("checkpoint", None, Some(epoch), Some(step), Some(exact))
            }
            Start::State { job, epoch, exact } => {
                ("state", Some(&job.0), Some(epoch), None, Some(exact))
            }
        };
        let Fingerprint {
            backend,
            device: device_kind,
            instructions,
            version,
            revision,
        } = fingerprint;
        self.write(
            "update attempts set device = ?3, host = ?4, pid = ?5, started = ?6, start = ?7,
              start_job = ?8, start_epoch = ?9, start_step = ?10, exact = ?11, backend = ?12,
              device_kind = ?13, instructions = ?14, program_version = ?15, git_revision = ?16,
              git_clean = ?17
            where job = ?1 and attempt = ?2",
            params![
                self.job.0,
                self.attempt,
                device,
                host,
                pid,
                time,
                start,
                start_job,
                epoch,
                step,
                exact,
                backend,
                device_kind,
                instructions,
                version,
                revision,
                is_clean(revision)
            ],
        )
    }

    /// Metrics after `epoch` completed epochs and `step` completed steps of the whole job.
    pub(super) fn metrics(
        &self,
        (phase, epoch, step): (u32, u32, u64),
        values: &BTreeMap<String, Number>,
    ) -> Result<()> {
        let mut statement = self.connection.prepare_cached(
            "insert into metrics (job, epoch, name, phase, step, value, attempt)
            values (?1, ?2, ?3, ?4, ?5, ?6, ?7)
            on conflict do update set phase = excluded.phase, step = excluded.step,
              value = excluded.value, attempt = excluded.attempt
            where excluded.attempt >= attempt",
        )?;
        let (job, attempt, step) = (&self.job.0, self.attempt, step as i64);
        for (name, value) in values {
            statement.execute(params![
                job,
                epoch,
                name,
                phase,
                step,
                null_if_nan(*value),
                attempt
            ])?;
        }
        Ok(())
    }

    /// Each channel's mean and standard deviation, by which pixel values are standardised.
    pub(super) fn normalization(&self, MeanStd { mean, std }: &MeanStd) -> Result<()> {
        let mut statement = self.connection.prepare_cached(
            "insert into normalization (job, channel, mean, std, attempt)
            values (?1, ?2, ?3, ?4, ?5)
            on conflict do update set mean = excluded.mean, std = excluded.std,
              attempt = excluded.attempt
            where excluded.attempt >= attempt",
        )?;
        for (channel, (mean, std)) in mean.iter().zip(std).enumerate() {
            let channel = channel as i64;
            statement.execute(params![self.job.0, channel, mean, std, self.attempt])?;
        }
        Ok(())
    }

    /// A checkpoint was written; within an attempt, later ones are further on.
    pub(super) fn checkpoint(&self, epoch: u32, step: u32, bytes: u64) -> Result<()> {
        self.write(
            "update attempts
            set checkpoint_epoch = ?3, checkpoint_step = ?4, checkpoint_bytes = ?5
            where job = ?1 and attempt = ?2
              and (?3, ?4) >= (coalesce(checkpoint_epoch, 0), coalesce(checkpoint_step, 0))",
            params![self.job.0, self.attempt, epoch, step, bytes as i64],
        )
    }

    /// The trained network was evaluated. If the evaluation is damaged, the answer says how.
    pub(super) fn evaluation(&self, evaluation: &Evaluation) -> Result<Option<String>> {
        let Some(correct) = evaluation.correct_bytes() else {
            let problem = "an evaluation whose `correct` is not hexadecimal";
            return Ok(Some(problem.into()));
        };
        let classes = evaluation.confusion.len();
        if evaluation.confusion.iter().any(|row| row.len() != classes) {
            let problem = "an evaluation whose `confusion` is not square";
            return Ok(Some(problem.into()));
        }
        let (job, part) = (&self.job.0, evaluation.part.name());
        let mut statement = self.connection.prepare_cached(
            "insert into evaluations (job, part, images, loss, accuracy, classes, attempt)
            values (?1, ?2, ?3, ?4, ?5, ?6, ?7)
            on conflict do update set images = excluded.images, loss = excluded.loss,
              accuracy = excluded.accuracy, classes = excluded.classes, attempt = excluded.attempt
            where excluded.attempt >= attempt",
        )?;
        let written = statement.execute(params![
            job,
            part,
            evaluation.images,
            null_if_nan(evaluation.loss),
            null_if_nan(evaluation.accuracy),
            classes as i64,
            self.attempt
        ])?;
        if written == 0 {
            // A later attempt's evaluation is there already.
            return Ok(None);
        }
        self.confusion(part, &evaluation.confusion)?;
        self.write(
            "insert or replace into correctness (job, part, images, bits)
            values (?1, ?2, ?3, ?4)",
            params![job, part, evaluation.images, correct],
        )?;
        Ok(None)
    }

    /// Replaces the counts of a confusion matrix; zeros are left out.
    fn confusion(&self, part: &str, confusion: &[Vec<u32>]) -> Result<()> {
        let job = &self.job.0;
        self.write(
            "delete from confusion where job = ?1 and part = ?2",
            params![job, part],
        )?;
        for (actual, counts) in confusion.iter().enumerate() {
            for (predicted, count) in counts.iter().enumerate() {
                if *count > 0 {
                    self.write(
                        "insert into confusion (job, part, actual, predicted, count)
                        values (?1, ?2, ?3, ?4, ?5)",
                        params![job, part, actual as i64, predicted as i64, count],
                    )?;
                }
            }
        }
        Ok(())
    }

    /// How the attempt ended according to the worker itself, which takes precedence over what the
    /// runner observed.
    pub(super) fn ended_by_worker(
        &self,
        time: f64,
        outcome: &Outcome,
        seconds: f64,
        peak_memory_bytes: u64,
    ) -> Result<()> {
        self.write(
            "update attempts set ended = ?3, outcome = ?4, detail = ?5, ended_by = 'worker',
              stderr = null, seconds = ?6, peak_memory_bytes = ?7
            where job = ?1 and attempt = ?2",
            params![
                self.job.0,
                self.attempt,
                time,
                outcome.name(),
                detail(outcome),
                seconds,
                peak_memory_bytes as i64
            ],
        )
    }

    /// How the attempt ended according to the runner. If the logs of two experiments disagree, the
    /// later one counts.
    pub(super) fn ended_by_runner(
        &self,
        time: f64,
        experiment: &str,
        outcome: &Outcome,
        stderr: &str,
    ) -> Result<()> {
        self.write(
            "update attempts set ended = ?3, outcome = ?4, detail = ?5, ended_by = ?6, stderr = ?7
            where job = ?1 and attempt = ?2 and ended_by is not 'worker'
              and (?3, ?6) >= (coalesce(ended, -1e999), coalesce(ended_by, ''))",
            params![
                self.job.0,
                self.attempt,
                time,
                outcome.name(),
                detail(outcome),
                format!("log of {experiment}"),
                stderr
            ],
        )
    }
}

/// Whether the program was built from unchanged sources; `None` if its revision is unknown.
fn is_clean(revision: &str) -> Option<bool> {
    match revision {
        "unknown" | "" => None,
        revision => Some(!revision.ends_with("-dirty")),
    }
}

fn null_if_nan(number: Number) -> Option<f64> {
    Some(number.0).filter(|value| !value.is_nan())
}

fn detail(outcome: &Outcome) -> Option<String> {
    Some(outcome.detail()).filter(|detail| !detail.is_empty())
}
