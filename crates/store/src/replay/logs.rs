//! Reading the logs into the database: each from where the last reading ended. A transaction holds
//! rows and the position in the log together.

use super::lines::{beginning, parse, read_line};
use super::log_position::LogPosition;
use super::sync_report::SyncReport;
use crate::apply::{Changes, LogPlace, apply_entry, apply_event};
use crate::error::StoreError;
use convsweep_spec::event::Envelope;
use convsweep_spec::layout::{EVENTS, EXPERIMENT_LOG, ResultsFolder};
use convsweep_spec::log::{LogEntry, Record};
use rusqlite::{Connection, ErrorCode};
use std::fs::{self, File};
use std::io::{BufReader, ErrorKind, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// Maximum number of lines in one transaction.
const MAX_LINES: u32 = 20_000;

/// Reads what the logs contain beyond what the database has read.
pub(crate) fn replay(
    connection: &Connection,
    results: &ResultsFolder,
) -> Result<SyncReport, StoreError> {
    let database = results.database();
    let failed = |e| StoreError::sqlite(&database, e);
    connection
        .execute_batch("begin immediate")
        .map_err(failed)?;
    let mut reader = LogReader {
        connection,
        results,
        database: database.clone(),
        changes: Changes::default(),
        report: SyncReport::default(),
        lines: 0,
    };
    match reader.all_logs().and_then(|()| reader.commit()) {
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

struct LogReader<'a> {
    connection: &'a Connection,
    results: &'a ResultsFolder,
    database: PathBuf,
    changes: Changes,
    report: SyncReport,
    /// Lines in the open transaction.
    lines: u32,
}

/// Whose log it is.
enum LogOwner {
    Experiment(String),
    Job(String),
}

impl LogReader<'_> {
    fn all_logs(&mut self) -> Result<(), StoreError> {
        let mut positions =
            LogPosition::all(self.connection).map_err(|e| StoreError::sqlite(&self.database, e))?;
        for name in self.folders(&self.results.0.clone())? {
            if name != "jobs" && self.results.experiment_log(&name).is_file() {
                let log = format!("{name}/{EXPERIMENT_LOG}");
                let position = positions.remove(&log);
                self.log(log, position, &LogOwner::Experiment(name))?;
            }
        }
        for job in self.folders(&self.results.jobs())? {
            let log = format!("jobs/{job}/{EVENTS}");
            let position = positions.remove(&log);
            self.log(log, position, &LogOwner::Job(job))?;
        }
        self.report_missing_logs(positions.into_keys().collect());
        Ok(())
    }

    /// Reports those of the `unread` logs that no longer exist.
    fn report_missing_logs(&mut self, mut unread: Vec<String>) {
        unread.sort();
        for log in unread {
            if !self.results.0.join(&log).exists() {
                self.report.problems.push(format!(
                    "{log}: no longer exists, but its rows do; `convsweep rebuild` removes them"
                ));
            }
        }
    }

    /// Names of the folders in `folder`, sorted; empty if it does not exist.
    fn folders(&mut self, folder: &Path) -> Result<Vec<String>, StoreError> {
        let listing = match fs::read_dir(folder) {
            Err(e) if e.kind() == ErrorKind::NotFound => return Ok(vec![]),
            other => other.map_err(|e| StoreError::io(folder, e))?,
        };
        let mut names = Vec::new();
        for item in listing {
            let item = item.map_err(|e| StoreError::io(folder, e))?;
            if !item.path().is_dir() {
                continue;
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

    /// Reads one log from `position`, or from its start if it has become shorter since.
    fn log(
        &mut self,
        name: String,
        position: Option<LogPosition>,
        owner: &LogOwner,
    ) -> Result<(), StoreError> {
        let path = self.results.0.join(&name);
        let failed = |e| StoreError::io(&path, e);
        let size = match path.metadata() {
            Err(e) if e.kind() == ErrorKind::NotFound => return Ok(()),
            other => other.map_err(failed)?.len(),
        };
        let mut position = position.unwrap_or_default();
        if size == position.offset {
            return Ok(());
        }
        if size < position.offset {
            self.report.problems.push(format!(
                "{name}: is shorter than when it was last read, and was read again; \
                `convsweep rebuild` removes what it no longer contains"
            ));
            position = LogPosition::default();
        }
        let _span = match owner {
            LogOwner::Experiment(name) => tracing::debug_span!("experiment", name),
            LogOwner::Job(id) => tracing::debug_span!("job", id),
        }
        .entered();
        let mut file = File::open(&path).map_err(failed)?;
        file.seek(SeekFrom::Start(position.offset))
            .map_err(failed)?;
        let mut reader = BufReader::with_capacity(1 << 16, file);
        let (mut line, mut problems) = (Vec::new(), Vec::new());
        while read_line(&mut reader, &mut line).map_err(failed)? > 0 {
            if line.last() != Some(&b'\n') {
                let (number, text) = (position.lines + 1, beginning(&line));
                problems.push(format!(
                    "{name}:{number}: an incomplete last line was ignored: {text}"
                ));
                break;
            }
            position.lines += 1;
            position.offset += line.len() as u64;
            let text = line.trim_ascii();
            if !text.is_empty()
                && let Some(problem) = self.line(&path, text, owner, &mut position)?
            {
                problems.push(format!("{name}:{}: {problem}", position.lines));
            }
            self.lines += 1;
            if self.lines >= MAX_LINES {
                self.save_position(&name, position)?;
                self.commit()?;
                self.connection
                    .execute_batch("begin immediate")
                    .map_err(|e| StoreError::sqlite(&self.database, e))?;
            }
        }
        tracing::debug!(lines = position.lines, "read the log");
        self.report.add_problems(&name, problems);
        self.save_position(&name, position)
    }

    /// Applies one line. The answer says what is wrong with it, if anything is.
    fn line(
        &mut self,
        path: &Path,
        line: &[u8],
        owner: &LogOwner,
        position: &mut LogPosition,
    ) -> Result<Option<String>, StoreError> {
        let (applied, torn) = match owner {
            LogOwner::Job(job) => {
                let (envelope, torn): (Envelope, bool) = match parse(path, line)? {
                    Ok(parsed) => parsed,
                    Err(problem) => return Ok(Some(problem)),
                };
                if envelope.job.0 != *job {
                    return Ok(Some(format!(
                        "an event of job {} in another job's folder was ignored",
                        envelope.job
                    )));
                }
                self.report.events += 1;
                let applied = apply_event(self.connection, &envelope, &mut self.changes);
                (applied, torn)
            }
            LogOwner::Experiment(experiment) => {
                let (entry, torn): (LogEntry, bool) = match parse(path, line)? {
                    Ok(parsed) => parsed,
                    Err(problem) => return Ok(Some(problem)),
                };
                if let Record::Revision(revision) = &entry.record {
                    position.revision = Some(revision.revision);
                }
                self.report.entries += 1;
                let place = LogPlace {
                    experiment,
                    revision: position.revision,
                };
                let applied = apply_entry(self.connection, place, &entry, &mut self.changes);
                (applied, torn)
            }
        };
        match applied {
            Ok(None) if torn => Ok(Some(
                "an incomplete line before this one was ignored".to_string(),
            )),
            Ok(problem) => Ok(problem),
            Err(e) if e.sqlite_error_code() == Some(ErrorCode::ConstraintViolation) => Ok(Some(
                format!("contradicts other lines and was ignored: {e}"),
            )),
            Err(e) => Err(StoreError::sqlite(&self.database, e)),
        }
    }

    fn save_position(&self, log: &str, position: LogPosition) -> Result<(), StoreError> {
        position
            .save(self.connection, log)
            .map_err(|e| StoreError::sqlite(&self.database, e))
    }

    fn commit(&mut self) -> Result<(), StoreError> {
        self.lines = 0;
        self.changes
            .update_derived_rows(self.connection)
            .and_then(|()| self.connection.execute_batch("commit"))
            .map_err(|e| StoreError::sqlite(&self.database, e))
    }
}
