//! Reading one log: from where the last reading ended, or from its beginning if it is no longer the
//! file that was read.

use super::held::HeldEntries;
use super::log_position::{FileStamp, LogPosition};
use super::logs::{LogOwner, LogReader};
use super::problems::WHOLE_LOG;
use super::{lost, problems};
use crate::apply::forget_job_rows;
use crate::error::StoreError;
use convsweep_files::{LineEnd, length_before_hole, not_regular, open_regular, read_line};
use convsweep_spec::id::JobId;
use convsweep_spec::log_line::{LONGEST_LINE, LineCheck};
use convsweep_spec::log_value::beginning;
use rusqlite::OptionalExtension;
use std::fs::File;
use std::io::{BufRead, BufReader, ErrorKind, Read, Seek, SeekFrom};

/// What is said of a log of which the end is missing.
const SHORTER: &str = "is shorter than when it was last read";

/// What is said where something else is in the place of an experiment's log.
const NO_LOG: &str = "and was ignored: move it away, and put back the log or a copy of it; what the \
    database has read of it stays there";

/// What is said of a log that is not read to its end.
const HOLE: &str = "a hole of more than 1 GiB; what follows it was not read";

/// Maximum number of lines in one transaction.
const MAX_LINES: u32 = 20_000;

impl LogReader<'_> {
    /// Reads one log from `position`, or from its start if the file is another one now.
    pub(super) fn log(
        &mut self,
        name: String,
        position: Option<LogPosition>,
        owner: &LogOwner,
    ) -> Result<(), StoreError> {
        if self.is_no_file(&name, owner)? {
            return Ok(());
        }
        let path = self.results.0.join(&name);
        let failed = |e| StoreError::io(&path, e);
        let metadata = match path.metadata() {
            Err(e) if e.kind() == ErrorKind::NotFound => return Ok(()),
            other => other.map_err(failed)?,
        };
        let (size, stamp) = (metadata.len(), FileStamp::of(&metadata));
        let known = position.unwrap_or_default();
        // One that held less than the database had may be whole again.
        let is_incomplete = problems::is_incomplete(self.connection, &name);
        let is_incomplete = is_incomplete.map_err(|e| self.failed(e))?;
        let is_another = known.is_of_another(stamp, size) || is_incomplete;
        if size == known.offset && !is_another {
            return Ok(());
        }
        let _span = match owner {
            LogOwner::Experiment(name) => tracing::debug_span!("experiment", name),
            LogOwner::Job(id) => tracing::debug_span!("job", %id),
        }
        .entered();
        let (mut file, _) = open_regular(&path).map_err(|e| failed(e.source))?;
        let begins_line = begins_line(&mut file, known.offset, size).map_err(failed)?;
        let is_shorter = size < known.offset;
        let mut position = if begins_line && !is_another {
            known
        } else {
            self.read_again(&name, owner, is_shorter)?;
            LogPosition::default()
        };
        self.held = None;
        if position.offset == 0 {
            self.forget_problems(&name, owner)?;
            self.held = matches!(owner, LogOwner::Experiment(_)).then(HeldEntries::default);
        }
        let length = length_before_hole(&file).map_err(failed)?;
        file.seek(SeekFrom::Start(position.offset))
            .map_err(failed)?;
        let file = file.take(length.bytes.saturating_sub(position.offset));
        position.stamp = Some(stamp);
        let mut reader = BufReader::with_capacity(1 << 16, file);
        let is_own = self.lines_of(&name, &mut reader, owner, &mut position)?;
        if length.is_followed {
            let number = position.lines + 1;
            let said = Said::damage(HOLE.to_string());
            self.report
                .problems
                .push(format!("{name}:{number}: {HOLE}"));
            self.remember(&name, owner, number, &said)?;
        }
        if let (Some(held), LogOwner::Experiment(experiment)) = (self.held.take(), owner) {
            let why = match is_shorter {
                true => SHORTER,
                false => "holds less than it did",
            };
            let holds_all = self.compare_held(&name, experiment, &held, why)?;
            if holds_all && is_shorter {
                let remedy = "the next `convsweep run` of the experiment's file writes its plan \
                    again";
                let problem = format!("{name}: {SHORTER}, and was read again; {remedy}");
                self.report.problems.push(problem);
            }
        }
        match is_own {
            IsOwn::Yes => self.save_position(&name, position),
            IsOwn::No => self.forget_position(&name),
        }
    }

    /// Whether something else than a file, such as a pipe, is in the place of a log: it is not
    /// opened, and a job whose log it is counts as damaged.
    pub(super) fn is_no_file(&mut self, name: &str, owner: &LogOwner) -> Result<bool, StoreError> {
        let found = self.results.0.join(name).metadata().ok();
        let Some(what) = found.and_then(|metadata| not_regular(metadata.file_type())) else {
            return Ok(false);
        };
        let said = match owner {
            LogOwner::Experiment(_) => Said {
                has_remedy: true,
                ..Said::damage(format!("{what}, {NO_LOG}"))
            },
            LogOwner::Job(_) => Said::damage(format!("{what}, and was ignored")),
        };
        let problem = format!("{name}: {}", said.text);
        self.remember(name, owner, WHOLE_LOG, &said)?;
        if said.has_remedy {
            self.report.with_remedy.push(problem.clone());
        }
        self.report.problems.push(problem);
        Ok(true)
    }

    /// Prepares to read a log from its beginning that was read before.
    fn read_again(
        &mut self,
        name: &str,
        owner: &LogOwner,
        is_shorter: bool,
    ) -> Result<(), StoreError> {
        if let LogOwner::Job(job) = owner
            && is_shorter
        {
            let had = self.job_words(job)?;
            self.report.problems.push(format!(
                "{name}: {SHORTER}, and was read again; it held {had}, and what is missing is trained again"
            ));
        }
        if let LogOwner::Job(job) = owner {
            let forgotten = forget_job_rows(self.connection, job, &mut self.changes);
            forgotten.map_err(|e| self.failed(e))?;
            // They contribute to the job's rows. In the same transaction, so that they are read
            // again even if this reading does not come to its end.
            let sql = "delete from logs where path not like 'jobs/%'";
            let deleted = self.connection.execute(sql, []);
            deleted.map_err(|e| self.failed(e))?;
            self.has_forgotten = true;
        }
        Ok(())
    }

    /// How far a job had come.
    fn job_words(&self, job: &JobId) -> Result<String, StoreError> {
        let sql = "select outcome, epoch from jobs where job = ?1";
        let state = self
            .connection
            .query_row(sql, [&job.0], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional();
        let state: Option<(Option<String>, u32)> = state.map_err(|e| self.failed(e))?;
        let (outcome, epochs) = state.unwrap_or_default();
        Ok(lost::job_words(outcome.as_deref(), epochs))
    }

    /// A log that is read from its beginning may no longer have the problems that it had.
    fn forget_problems(&mut self, name: &str, owner: &LogOwner) -> Result<(), StoreError> {
        let had_problems = problems::forget(self.connection, name);
        let had_problems = had_problems.map_err(|e| self.failed(e))?;
        match owner {
            LogOwner::Job(job) if had_problems => {
                let noted = self.changes.unknown_job(self.connection, job);
                noted.map_err(|e| self.failed(e))
            }
            LogOwner::Job(_) | LogOwner::Experiment(_) => Ok(()),
        }
    }

    /// Reads the lines from `position` on, which moves with them.
    fn lines_of(
        &mut self,
        name: &str,
        reader: &mut impl BufRead,
        owner: &LogOwner,
        position: &mut LogPosition,
    ) -> Result<IsOwn, StoreError> {
        let path = self.results.0.join(name);
        let (mut line, mut found) = (Vec::new(), Vec::new());
        self.newest_revision = None;
        let unchecked = self.report.unchecked;
        let mut is_own = IsOwn::Yes;
        loop {
            let read = read_line(reader, &mut line, LONGEST_LINE);
            let Some(read) = read.map_err(|e| StoreError::io(&path, e))? else {
                break;
            };
            if read.end == LineEnd::Torn {
                let (number, text) = (position.lines + 1, beginning(&line));
                let torn = format!("{name}:{number}: an incomplete last line was ignored: {text}");
                self.report.torn.push(torn.clone());
                found.push(torn);
                break;
            }
            position.lines += 1;
            position.offset += read.bytes;
            let check = match read.end {
                LineEnd::TooLong => position.checker.too_long(),
                LineEnd::Whole | LineEnd::Torn => position.checker.check(&line),
            };
            let said = self.line(&path, &line, check, owner, position)?;
            self.report.unchecked += u64::from(check == LineCheck::Unchecked);
            if let Some(said) = said {
                let number = position.lines;
                let problem = format!("{name}:{number}: {}", said.text);
                if !said.is_damage {
                    self.report.torn.push(problem.clone());
                }
                if said.has_remedy {
                    self.report.with_remedy.push(problem.clone());
                }
                found.push(problem);
                self.remember(name, owner, number, &said)?;
                if said.ends_reading {
                    is_own = IsOwn::No;
                    break;
                }
            }
            if let Some((line, revision)) = self.newest_revision
                && line == position.lines
            {
                let before = found.iter().map(|problem| (problem.clone(), revision));
                self.report.written_again.extend(before);
            }
            self.lines += 1;
            if self.lines >= MAX_LINES {
                self.save_position(name, *position)?;
                self.commit_part()?;
            }
        }
        tracing::debug!(lines = position.lines, "read the log");
        if self.report.unchecked > unchecked {
            self.report.unchecked_logs.push(name.to_string());
        }
        self.report.add_problems(name, found);
        Ok(is_own)
    }

    /// Remembers what was said of a line, if it is damage.
    fn remember(
        &mut self,
        name: &str,
        owner: &LogOwner,
        line: u64,
        said: &Said,
    ) -> Result<(), StoreError> {
        if !said.is_damage {
            return Ok(());
        }
        let connection = self.connection;
        let recorded = problems::record(connection, (name, line), &said.text, said.has_remedy);
        recorded.map_err(|e| self.failed(e))?;
        match owner {
            LogOwner::Job(job) => {
                let noted = self.changes.unknown_job(connection, job);
                noted.map_err(|e| self.failed(e))
            }
            LogOwner::Experiment(_) => Ok(()),
        }
    }

    /// The log is not that of its folder: it is looked at anew each time.
    fn forget_position(&self, log: &str) -> Result<(), StoreError> {
        let sql = "delete from logs where path = ?1";
        let deleted = self.connection.execute(sql, [log]);
        deleted.map(drop).map_err(|e| self.failed(e))
    }
}

/// Whether a log belongs to its folder.
enum IsOwn {
    Yes,
    No,
}

/// What is to be said of a line.
pub(super) struct Said {
    /// In words, without the place.
    pub(super) text: String,
    /// Whether the log's content is not vouched for because of it.
    pub(super) is_damage: bool,
    /// Whether the rest of the log is not to be read.
    pub(super) ends_reading: bool,
    /// Whether the words say what is to be done.
    pub(super) has_remedy: bool,
}

impl Said {
    /// The line is damaged.
    pub(super) fn damage(text: String) -> Said {
        Said {
            text,
            is_damage: true,
            ends_reading: false,
            has_remedy: false,
        }
    }
}

/// Whether the file has at least `offset` bytes, the last of which ends a line.
fn begins_line(file: &mut File, offset: u64, size: u64) -> std::io::Result<bool> {
    if offset == 0 || size < offset {
        return Ok(offset == 0);
    }
    let mut last = [0];
    file.seek(SeekFrom::Start(offset - 1))?;
    file.read_exact(&mut last)?;
    Ok(last == *b"\n")
}
