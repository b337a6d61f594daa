//! Reads the records of an experiment's log.

use super::lost_decision::LostDecision;
use crate::error::RunnerError;
use crate::search::SearchHistory;
use convsweep_files::{LineEnd, length_before_hole, read_line};
use convsweep_spec::log::{LogEntry, Member, Record, Revision};
use convsweep_spec::log_line::{LONGEST_LINE, LineCheck, LineChecker};
use convsweep_spec::log_value::parse;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

/// A revision of an experiment's file with its members.
pub(super) type RevisionMembers = (Revision, Vec<Member>);

/// What an experiment's log contains.
pub(super) struct RecordedLog {
    /// Every revision, oldest first. Members that follow a damaged line are left out: the revision
    /// that they belong to may be the one that was lost.
    pub(super) revisions: Vec<RevisionMembers>,
    /// The decisions of rules and people.
    pub(super) history: SearchHistory,
    /// Whether no line is damaged or missing from the newest revision on.
    pub(super) is_newest_whole: bool,
    /// Number of bytes in complete lines.
    pub(super) length: u64,
    /// The torn last line, if there is one.
    pub(super) torn: Vec<u8>,
    /// Number of the next line, from 1.
    pub(super) next_line: u64,
    /// Damaged lines at which decisions may be lost.
    pub(super) lost: Vec<LostDecision>,
    /// What is wrong with the log, each with its place.
    pub(super) notes: Vec<String>,
}

/// Reads the log of `experiment` at `path`.
///
/// # Errors
/// [`RunnerError::ResultsUnusable`]; [`RunnerError::NewerFormat`];
/// [`RunnerError::OtherExperiment`].
pub(super) fn read_log(
    path: &Path,
    experiment: &str,
    file: &File,
) -> Result<RecordedLog, RunnerError> {
    let length = length_before_hole(file).map_err(|error| RunnerError::results(path, error))?;
    let reader = &mut BufReader::new(file.take(length.bytes));
    let mut log = RecordedLog {
        revisions: vec![],
        history: SearchHistory::default(),
        is_newest_whole: true,
        length: 0,
        torn: vec![],
        next_line: 1,
        lost: vec![],
        notes: vec![],
    };
    let (mut checker, mut line, mut number) = (LineChecker::default(), Vec::new(), 0);
    loop {
        let read = read_line(reader, &mut line, LONGEST_LINE);
        let Some(read) = read.map_err(|error| RunnerError::results(path, error))? else {
            break;
        };
        number += 1;
        let check = match read.end {
            LineEnd::Torn => {
                log.torn = std::mem::take(&mut line);
                break;
            }
            LineEnd::TooLong => checker.too_long(),
            LineEnd::Whole => checker.check(&line),
        };
        log.length += read.bytes;
        if let LineCheck::Newer(found) = check {
            let path = path.into();
            return Err(RunnerError::NewerFormat {
                path,
                line: number,
                found,
            });
        }
        log.add(&line, check, (path, number), experiment)?;
    }
    if length.is_followed {
        let (path, line) = (path.display(), number);
        let problem = "a hole of more than 1 GiB; what follows it was not read";
        log.notes.push(format!("{path}, line {line}: {problem}"));
        log.is_newest_whole = false;
    }
    log.next_line = checker.next();
    Ok(log)
}

impl RecordedLog {
    /// Adds a line and what is known about it.
    fn add(
        &mut self,
        line: &[u8],
        check: LineCheck,
        (path, number): (&Path, usize),
        experiment: &str,
    ) -> Result<(), RunnerError> {
        let mut problem = check.problem();
        let mut record = None;
        if check.is_read() {
            match parse::<LogEntry>(line) {
                Ok((entry, is_after_torn)) => {
                    // A revision says by itself to which experiment all of the log belongs.
                    let is_revision = matches!(entry.record, Record::Revision(_));
                    match entry.misplaced(experiment).filter(|_| !is_revision) {
                        None => record = Some(entry.record),
                        misplaced => problem = misplaced,
                    }
                    if is_after_torn {
                        let path = path.display();
                        let note = "an incomplete line before this one was ignored";
                        self.notes.push(format!("{path}, line {number}: {note}"));
                    }
                }
                Err(unread) => problem = Some(unread),
            }
        }
        if let Some(problem) = problem {
            let lost = LostDecision::at(number as u64, (line, check), &problem, &self.history);
            self.lost.extend(lost);
            let path = path.display();
            self.notes.push(format!("{path}, line {number}: {problem}"));
            self.is_newest_whole = false;
        }
        match record {
            Some(Record::Revision(revision)) if revision.experiment != experiment => {
                Err(RunnerError::OtherExperiment {
                    path: path.into(),
                    line: number,
                    found: revision.experiment,
                    expected: experiment.to_string(),
                })
            }
            Some(Record::Revision(revision)) => {
                self.is_newest_whole = true;
                self.revisions.push((*revision, vec![]));
                Ok(())
            }
            Some(Record::Member(member)) => {
                self.add_member(*member);
                Ok(())
            }
            Some(record @ (Record::Judgement(_) | Record::Decision(_))) => {
                self.history.push(&record);
                Ok(())
            }
            Some(Record::AttemptEnded { .. }) | None => Ok(()),
        }
    }

    /// Members belong to the revision before them.
    fn add_member(&mut self, member: Member) {
        if let Some((_, members)) = self.revisions.last_mut()
            && self.is_newest_whole
        {
            members.push(member);
        }
    }
}
