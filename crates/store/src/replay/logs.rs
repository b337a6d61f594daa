//! Reading the logs into the database: each from where the last reading ended. A transaction holds
//! rows and the position in the log together.

use super::held::HeldEntries;
use super::log_position::LogPosition;
use super::sync_report::SyncReport;
use crate::apply::Changes;
use crate::error::StoreError;
use crate::sweep::make_missing_answers;
use convsweep_files::{exists, is_absence};
use convsweep_spec::id::JobId;
use convsweep_spec::layout::{EXPERIMENT_LOG, ResultsFolder, is_own_folder, job_log};
use rusqlite::Connection;
use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// What is said of a log that was read and is not there any more.
const GONE: &str = "no longer exists, although the database has what it held";

/// Is told how many logs of jobs have been read, and how many there are.
pub type LogProgress<'a> = &'a dyn Fn(u64, u64);

/// Reads what the logs contain beyond what the database has read.
pub(crate) fn replay(
    connection: &Connection,
    results: &ResultsFolder,
) -> Result<SyncReport, StoreError> {
    replay_telling(connection, results, &|_, _| ())
}

/// As [`replay`]; tells how many logs of jobs have been read of how many.
pub(crate) fn replay_telling(
    connection: &Connection,
    results: &ResultsFolder,
    progress: LogProgress,
) -> Result<SyncReport, StoreError> {
    let mut reader = LogReader::begin(connection, results)?;
    match reader.all_logs(progress).and_then(|()| reader.finish()) {
        Ok(()) => {
            let SyncReport {
                events, entries, ..
            } = reader.report;
            tracing::debug!(events, entries, "read the logs into the database");
            Ok(reader.report)
        }
        Err(error) => {
            if !connection.is_autocommit() {
                let _ = connection.execute_batch("rollback");
            }
            Err(error)
        }
    }
}

pub(super) struct LogReader<'a> {
    pub(super) connection: &'a Connection,
    pub(super) results: &'a ResultsFolder,
    database: PathBuf,
    pub(super) changes: Changes,
    pub(super) report: SyncReport,
    /// Lines in the open transaction.
    pub(super) lines: u32,
    /// Whether the rows of a job were forgotten, to which the logs of experiments contribute.
    pub(super) has_forgotten: bool,
    /// Line and number of the newest revision in the log that is being read.
    pub(super) newest_revision: Option<(u64, u32)>,
    /// What the log of an experiment holds that is read from its beginning.
    pub(super) held: Option<HeldEntries>,
    /// Logs of which was said that they hold less than the database.
    pub(super) incomplete: BTreeSet<String>,
}

/// Whose log it is.
pub(super) enum LogOwner {
    Experiment(String),
    Job(JobId),
}

impl<'a> LogReader<'a> {
    /// A reader in a transaction.
    pub(super) fn begin(
        connection: &'a Connection,
        results: &'a ResultsFolder,
    ) -> Result<LogReader<'a>, StoreError> {
        let database = results.database();
        let begun = connection.execute_batch("begin immediate");
        begun.map_err(|e| StoreError::sqlite(&database, e))?;
        Ok(LogReader {
            connection,
            results,
            database,
            changes: Changes::default(),
            report: SyncReport::default(),
            lines: 0,
            has_forgotten: false,
            newest_revision: None,
            held: None,
            incomplete: BTreeSet::new(),
        })
    }

    fn all_logs(&mut self, progress: LogProgress) -> Result<(), StoreError> {
        let mut positions = LogPosition::all(self.connection).map_err(|e| self.failed(e))?;
        self.experiment_logs(&mut positions)?;
        let jobs = self.folders(&self.results.jobs())?;
        let all = jobs.len() as u64;
        for (read, job) in jobs.into_iter().enumerate() {
            progress(read as u64, all);
            let job = JobId(job);
            let log = job_log(&job);
            let position = positions.remove(&log);
            self.log(log, position, &LogOwner::Job(job))?;
        }
        self.report_missing_logs(positions.into_keys().collect())?;
        if self.has_forgotten {
            self.experiment_logs(&mut HashMap::new())?;
        }
        Ok(())
    }

    /// Reads the logs of all experiments from these positions, and takes them out.
    pub(super) fn experiment_logs(
        &mut self,
        positions: &mut HashMap<String, LogPosition>,
    ) -> Result<(), StoreError> {
        for name in self.folders(&self.results.0.clone())? {
            if !is_own_folder(&name) && is_there(&self.results.experiment_log(&name))? {
                let log = format!("{name}/{EXPERIMENT_LOG}");
                let position = positions.remove(&log);
                self.log(log, position, &LogOwner::Experiment(name))?;
            }
        }
        Ok(())
    }

    /// Reports those of the `unread` logs that no longer exist.
    fn report_missing_logs(&mut self, mut unread: Vec<String>) -> Result<(), StoreError> {
        unread.sort();
        for log in unread {
            if is_there(&self.results.0.join(&log))? {
                continue;
            }
            match log.strip_suffix(&format!("/{EXPERIMENT_LOG}")) {
                Some(name) => {
                    self.compare_held(&log, name, &HeldEntries::default(), GONE)?;
                }
                None => self.report_gone_job(&log)?,
            }
        }
        Ok(())
    }

    /// Reports that the log of a job is gone, and what can be done.
    fn report_gone_job(&mut self, log: &str) -> Result<(), StoreError> {
        let job = Path::new(log).parent().and_then(Path::file_name);
        let job = job.unwrap_or_default().to_string_lossy();
        let sql = "select exists (select 1 from jobs where job = ?1 and outcome = 'finished')";
        let is_finished = self.connection.query_row(sql, [&job], |row| row.get(0));
        let otherwise = match is_finished.map_err(|e| StoreError::sqlite(&self.database, e))? {
            true => format!("`convsweep retry {job} --damaged` trains the job again"),
            false => "the job is trained from the beginning when it is trained next".into(),
        };
        let problem = format!("{log}: {GONE}: put back the job's folder, or {otherwise}");
        self.report.with_remedy.push(problem.clone());
        self.report.problems.push(problem);
        Ok(())
    }

    /// Names of the folders in `folder`, sorted; empty if it does not exist.
    pub(super) fn folders(&mut self, folder: &Path) -> Result<Vec<String>, StoreError> {
        let listing = match fs::read_dir(folder) {
            Err(e) if e.kind() == ErrorKind::NotFound => return Ok(vec![]),
            other => other.map_err(|e| StoreError::io(folder, e))?,
        };
        let mut names = Vec::new();
        for item in listing {
            let item = item.map_err(|e| StoreError::io(folder, e))?;
            let path = item.path();
            match fs::metadata(&path) {
                Ok(found) if found.is_dir() => {}
                Err(error) if !is_absence(&error) => return Err(StoreError::io(&path, error)),
                Ok(_) | Err(_) => continue,
            }
            match item.file_name().into_string() {
                Ok(name) => names.push(name),
                Err(name) => {
                    let path = folder.join(name);
                    let problem = format!("{}: its name is not UTF-8", path.display());
                    self.report.problems.push(problem);
                }
            }
        }
        names.sort();
        Ok(names)
    }

    pub(super) fn save_position(&self, log: &str, position: LogPosition) -> Result<(), StoreError> {
        let saved = position.save(self.connection, log);
        saved.map_err(|e| self.failed(e))
    }

    pub(super) fn commit(&mut self) -> Result<(), StoreError> {
        self.lines = 0;
        self.changes
            .update_derived_rows(self.connection)
            .and_then(|()| self.connection.execute_batch("commit"))
            .map_err(|e| self.failed(e))
    }

    /// Commits, and makes the answers that experiments lack.
    fn finish(&mut self) -> Result<(), StoreError> {
        self.commit()?;
        make_missing_answers(self.connection).map_err(|e| self.failed(e))
    }

    /// Commits, and begins another transaction.
    pub(super) fn commit_part(&mut self) -> Result<(), StoreError> {
        self.commit()?;
        let begun = self.connection.execute_batch("begin immediate");
        begun.map_err(|e| self.failed(e))
    }

    pub(super) fn failed(&self, error: rusqlite::Error) -> StoreError {
        StoreError::sqlite(&self.database, error)
    }
}

/// Whether there is a log. What the system refuses to say is not taken for its absence.
pub(super) fn is_there(log: &Path) -> Result<bool, StoreError> {
    exists(log).map_err(|e| StoreError::io(log, e))
}
