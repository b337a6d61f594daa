//! One line of a log as rows.

use super::log_position::LogPosition;
use super::logs::{LogOwner, LogReader};
use super::one_log::Said;
use super::problems;
use crate::apply::{LogPlace, apply_entry, apply_event};
use crate::error::StoreError;
use convsweep_spec::event::Envelope;
use convsweep_spec::id::JobId;
use convsweep_spec::layout::EXPERIMENT_LOG;
use convsweep_spec::log::{LogEntry, Record, log_of_other_job};
use convsweep_spec::log_line::{LOG_FORMAT, LineCheck, LineDamage};
use convsweep_spec::log_value::{beginning, parse};
use convsweep_spec::words::printable;
use rusqlite::ErrorCode;
use std::path::Path;

impl LogReader<'_> {
    /// Applies one line. The answer says what is wrong with it, if anything is.
    pub(super) fn line(
        &mut self,
        path: &Path,
        line: &[u8],
        check: LineCheck,
        owner: &LogOwner,
        position: &mut LogPosition,
    ) -> Result<Option<Said>, StoreError> {
        if let LineCheck::Newer(found) = check {
            return Err(StoreError::Newer {
                path: path.to_path_buf(),
                found,
                known: LOG_FORMAT,
            });
        }
        let damage = check.problem();
        if damage.is_some() {
            // It may have been a revision, to which the next configurations belong.
            position.revision = None;
        }
        if !check.is_read() {
            return Ok(damage.map(|damage| Said::damage(with_text(damage, check, line))));
        }
        let said = match owner {
            LogOwner::Job(job) => self.event(line, job, position)?,
            LogOwner::Experiment(name) => self.entry(line, name, damage.is_some(), position)?,
        };
        Ok(match (damage, said) {
            (Some(damage), Some(said)) => Some(Said {
                text: format!("{damage}; {}", said.text),
                is_damage: true,
                ..said
            }),
            (Some(damage), None) => Some(Said::damage(damage)),
            (None, said) => said,
        })
    }

    fn event(
        &mut self,
        line: &[u8],
        job: &JobId,
        position: &LogPosition,
    ) -> Result<Option<Said>, StoreError> {
        let (envelope, torn) = match parse::<Envelope>(line) {
            Ok(parsed) => parsed,
            Err(problem) => return Ok(Some(Said::damage(problem))),
        };
        if envelope.job != *job {
            let found = printable(&envelope.job.0);
            return Ok(Some(foreign_event(&found, job, position)));
        }
        self.report.events += 1;
        let applied = apply_event(self.connection, &envelope, &mut self.changes);
        self.said(applied, torn)
    }

    fn entry(
        &mut self,
        line: &[u8],
        experiment: &str,
        is_after_damage: bool,
        position: &mut LogPosition,
    ) -> Result<Option<Said>, StoreError> {
        let (entry, torn) = match parse::<LogEntry>(line) {
            Ok(parsed) => parsed,
            Err(problem) => {
                position.revision = None;
                return Ok(Some(Said::damage(problem)));
            }
        };
        match &entry.record {
            Record::Revision(revision) if revision.experiment != experiment => {
                let found = printable(&revision.experiment);
                return Ok(Some(foreign_entry(&found, experiment)));
            }
            record
                if !matches!(record, Record::Revision(_))
                    && let Some(misplaced) = entry.misplaced(experiment) =>
            {
                return Ok(Some(Said::damage(misplaced)));
            }
            Record::Revision(revision) => {
                position.revision = Some(revision.revision);
                self.newest_revision = Some((position.lines, revision.revision));
            }
            // The revision that it belongs to is damaged, which was said already.
            Record::Member(_)
                if position.revision.is_none()
                    && (is_after_damage || self.has_problems(experiment)?) =>
            {
                return Ok(None);
            }
            Record::Member(_)
            | Record::AttemptEnded { .. }
            | Record::Judgement(_)
            | Record::Decision(_) => {}
        }
        self.report.entries += 1;
        if let Some(held) = &mut self.held {
            held.note(&entry);
        }
        let place = LogPlace {
            experiment,
            revision: position.revision,
        };
        let applied = apply_entry(self.connection, place, &entry, &mut self.changes);
        self.said(applied, torn)
    }

    fn has_problems(&self, experiment: &str) -> Result<bool, StoreError> {
        let log = format!("{experiment}/{EXPERIMENT_LOG}");
        let found = problems::is_damaged(self.connection, &log);
        found.map_err(|e| self.failed(e))
    }

    /// What applying a line has led to.
    fn said(
        &self,
        applied: rusqlite::Result<Option<String>>,
        torn: bool,
    ) -> Result<Option<Said>, StoreError> {
        match applied {
            Ok(None) if torn => Ok(Some(Said {
                text: "an incomplete line before this one was ignored".to_string(),
                is_damage: false,
                ends_reading: false,
                has_remedy: false,
            })),
            Ok(problem) => Ok(problem.map(Said::damage)),
            Err(e) if e.sqlite_error_code() == Some(ErrorCode::ConstraintViolation) => Ok(Some(
                Said::damage(format!("contradicts other lines and was ignored: {e}")),
            )),
            Err(e) => Err(self.failed(e)),
        }
    }
}

/// The words for a damaged line, with its beginning if that tells what it is.
fn with_text(damage: String, check: LineCheck, line: &[u8]) -> String {
    match check {
        LineCheck::Damaged(LineDamage::NoLine | LineDamage::NoChecksum) => {
            format!("{damage}: {}", beginning(line))
        }
        _ => damage,
    }
}

/// An event of another job: if the log begins with it, the whole log is that job's.
fn foreign_event(found: &str, job: &JobId, position: &LogPosition) -> Said {
    if position.lines > 1 {
        let text = format!("an event of job {found} in another job's folder was ignored");
        return Said::damage(text);
    }
    Said {
        text: format!("is {}", log_of_other_job(found, job)),
        is_damage: true,
        ends_reading: true,
        has_remedy: true,
    }
}

fn foreign_entry(found: &str, experiment: &str) -> Said {
    Said {
        text: format!(
            "belongs to the experiment \"{found}\", not to \"{experiment}\", and was ignored: two \
            folders were exchanged or copied; give each folder the name of its experiment"
        ),
        is_damage: true,
        ends_reading: true,
        has_remedy: true,
    }
}
