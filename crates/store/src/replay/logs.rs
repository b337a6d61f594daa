//! Reading the logs into the database: each from where it was left, in transactions that hold rows
//! and place together.

use super::lines::{beginning, parse, read_line};
use crate::error::StoreError;
use crate::write::apply;
use crate::write::derived::Changes;
use convsweep_spec::event::Envelope;
use convsweep_spec::layout::{EVENTS, EXPERIMENT_LOG, ResultsFolder};
use convsweep_spec::log::{LogEntry, Record};
use rusqlite::{Connection, ErrorCode, params};
use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{BufReader, ErrorKind, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// What reading the logs found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SyncReport {
    /// Events read.
    pub events: u64,
    /// Entries of experiments' logs read.
    pub entries: u64,
    /// Lines and files that could not be read or were left out, each with file and line, for a
    /// person.
    pub problems: Vec<String>,
}

/// Lines in a transaction, at most.
const LINES: u32 = 20_000;
/// Problems of one log that are told one by one.
const TOLD: usize = 10;

/// Reads what the logs hold beyond what the database has read.
pub(crate) fn replay(
    connection: &Connection,
    results: &ResultsFolder,
) -> Result<SyncReport, StoreError> {
    let database = results.database();
    let wrong = |e| StoreError::sqlite(&database, e);
    connection.execute_batch("begin immediate").map_err(wrong)?;
    let mut replay = Replay {
        connection,
        results,
        database: database.clone(),
        changes: Changes::default(),
        report: SyncReport::default(),
        lines: 0,
    };
    match replay.everything().and_then(|()| replay.commit()) {
        Ok(()) => Ok(replay.report),
        Err(error) => {
            if !connection.is_autocommit() {
                let _ = connection.execute_batch("rollback");
            }
            Err(error)
        }
    }
}

struct Replay<'a> {
    connection: &'a Connection,
    results: &'a ResultsFolder,
    database: PathBuf,
    changes: Changes,
    report: SyncReport,
    lines: u32,
}

/// How far a log has been read.
#[derive(Clone, Copy, Default)]
struct Mark {
    offset: u64,
    lines: u64,
    revision: Option<u32>,
}

/// What a log is about.
enum Kind {
    Experiment(String),
    Job(String),
}

impl Replay<'_> {
    fn everything(&mut self) -> Result<(), StoreError> {
        let mut marks = self
            .marks()
            .map_err(|e| StoreError::sqlite(&self.database, e))?;
        for name in self.folders(&self.results.0.clone())? {
            if self.results.0.join(&name).join(EXPERIMENT_LOG).is_file() && name != "jobs" {
                let mark = marks.remove(&format!("{name}/{EXPERIMENT_LOG}"));
                self.log(
                    format!("{name}/{EXPERIMENT_LOG}"),
                    mark,
                    &Kind::Experiment(name),
                )?;
            }
        }
        for job in self.folders(&self.results.jobs())? {
            let name = format!("jobs/{job}/{EVENTS}");
            let mark = marks.remove(&name);
            self.log(name, mark, &Kind::Job(job))?;
        }
        let mut gone: Vec<_> = marks
            .into_keys()
            .filter(|name| !self.results.0.join(name).exists())
            .collect();
        gone.sort();
        let told = |name| {
            format!("{name}: is gone, its rows are still here; `convsweep rebuild` drops them")
        };
        self.report.problems.extend(gone.into_iter().map(told));
        Ok(())
    }

    fn marks(&self) -> rusqlite::Result<HashMap<String, Mark>> {
        let mut statement = self
            .connection
            .prepare_cached("select path, offset, lines, revision from logs")?;
        let rows = statement.query_map([], |row| {
            let (offset, lines): (i64, i64) = (row.get(1)?, row.get(2)?);
            Ok((
                row.get(0)?,
                Mark {
                    offset: offset as u64,
                    lines: lines as u64,
                    revision: row.get(3)?,
                },
            ))
        })?;
        rows.collect()
    }

    /// Names of the folders in `folder`, sorted; none where it does not exist.
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
                Err(name) => self.report.problems.push(format!(
                    "{}: its name is not UTF-8",
                    folder.join(name).display()
                )),
            }
        }
        names.sort();
        Ok(names)
    }

    fn log(&mut self, name: String, mark: Option<Mark>, kind: &Kind) -> Result<(), StoreError> {
        let path = self.results.0.join(&name);
        let failed = |e| StoreError::io(&path, e);
        let size = match path.metadata() {
            Err(e) if e.kind() == ErrorKind::NotFound => return Ok(()),
            other => other.map_err(failed)?.len(),
        };
        let mut mark = mark.unwrap_or_default();
        if size == mark.offset {
            return Ok(());
        }
        if size < mark.offset {
            self.report
                .problems
                .push(format!("{name}: is shorter than when it was last read, and was read again; `convsweep rebuild` drops what it no longer says"));
            mark = Mark::default();
        }
        let mut file = File::open(&path).map_err(failed)?;
        file.seek(SeekFrom::Start(mark.offset)).map_err(failed)?;
        let mut reader = BufReader::with_capacity(1 << 16, file);
        let (mut line, mut problems) = (Vec::new(), Vec::new());
        while read_line(&mut reader, &mut line).map_err(failed)? > 0 {
            if line.last() != Some(&b'\n') {
                problems.push(format!(
                    "{name}:{}: a torn last line was dropped: {}",
                    mark.lines + 1,
                    beginning(&line)
                ));
                break;
            }
            mark.lines += 1;
            mark.offset += line.len() as u64;
            let text = line.trim_ascii();
            if !text.is_empty() {
                let problem = self.line(&path, text, kind, &mut mark)?;
                problems.extend(problem.map(|p| format!("{name}:{}: {p}", mark.lines)));
            }
            self.lines += 1;
            if self.lines >= LINES {
                self.keep(&name, mark)?;
                self.commit()?;
                self.connection
                    .execute_batch("begin immediate")
                    .map_err(|e| StoreError::sqlite(&self.database, e))?;
            }
        }
        if problems.len() > TOLD + 1 {
            let more = problems.len() - TOLD;
            problems.truncate(TOLD);
            problems.push(format!("{name}: and {more} more lines"));
        }
        self.report.problems.extend(problems);
        self.keep(&name, mark)
    }

    /// Applies one line; `Some` says what was wrong with it.
    fn line(
        &mut self,
        path: &Path,
        line: &[u8],
        kind: &Kind,
        mark: &mut Mark,
    ) -> Result<Option<String>, StoreError> {
        let (applied, torn) = match kind {
            Kind::Job(job) => {
                let (envelope, torn): (Envelope, bool) = match parse(path, line)? {
                    Ok(read) => read,
                    Err(problem) => return Ok(Some(problem)),
                };
                if envelope.job.0 != *job {
                    return Ok(Some(format!(
                        "an event of job {} in another job's folder was left out",
                        envelope.job
                    )));
                }
                self.report.events += 1;
                (
                    apply::event(self.connection, &envelope, &mut self.changes),
                    torn,
                )
            }
            Kind::Experiment(experiment) => {
                let (entry, torn): (LogEntry, bool) = match parse(path, line)? {
                    Ok(read) => read,
                    Err(problem) => return Ok(Some(problem)),
                };
                if let Record::Revision(revision) = &entry.record {
                    mark.revision = Some(revision.revision);
                }
                self.report.entries += 1;
                (
                    apply::entry(
                        self.connection,
                        experiment,
                        mark.revision,
                        &entry,
                        &mut self.changes,
                    ),
                    torn,
                )
            }
        };
        match applied {
            Ok(problem) => {
                Ok(problem.or(torn.then(|| "a torn line before this one was dropped".to_string())))
            }
            Err(e) if e.sqlite_error_code() == Some(ErrorCode::ConstraintViolation) => Ok(Some(
                format!("contradicts other lines and was left out: {e}"),
            )),
            Err(e) => Err(StoreError::sqlite(&self.database, e)),
        }
    }

    fn keep(&self, name: &str, mark: Mark) -> Result<(), StoreError> {
        self.connection
            .prepare_cached("insert or replace into logs (path, offset, lines, revision) values (?1, ?2, ?3, ?4)")
            .and_then(|mut s| s.execute(params![name, mark.offset as i64, mark.lines as i64, mark.revision]))
            .map_err(|e| StoreError::sqlite(&self.database, e))
            .map(drop)
    }

    fn commit(&mut self) -> Result<(), StoreError> {
        self.lines = 0;
        let settled = self.changes.settle(self.connection);
        settled
            .and_then(|()| self.connection.execute_batch("commit"))
            .map_err(|e| StoreError::sqlite(&self.database, e))
    }
}
