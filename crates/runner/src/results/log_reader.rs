//! Reads the records of an experiment's log.

use crate::error::RunnerError;
use crate::search::SearchHistory;
use convsweep_spec::FORMAT;
use convsweep_spec::log::{LogEntry, Member, Record, Revision, newer_format};
use std::path::Path;

/// A revision of an experiment's file with its members.
pub(super) type RevisionMembers = (Revision, Vec<Member>);

/// What an experiment's log holds.
#[derive(Debug, Default)]
pub(super) struct LogContents {
    /// Every revision, oldest first.
    pub(super) revisions: Vec<RevisionMembers>,
    /// The decisions of rules and people.
    pub(super) history: SearchHistory,
}

/// Reads a log's text. Lines that cannot be read are ignored and noted in `notes`.
pub(super) fn read_log(
    path: &Path,
    text: &[u8],
    notes: &mut Vec<String>,
) -> Result<LogContents, RunnerError> {
    let mut contents = LogContents::default();
    for (index, line) in text.split(|&byte| byte == b'\n').enumerate() {
        if line.is_empty() {
            continue;
        }
        match read_line(path, index + 1, line)? {
            Some(Record::Revision(revision)) => contents.revisions.push((revision, vec![])),
            Some(Record::Member(member)) => add_member(&mut contents.revisions, *member),
            Some(Record::AttemptEnded { .. }) => {}
            Some(record @ (Record::Judgement(_) | Record::Decision(_))) => {
                contents.history.push(&record);
            }
            None => notes.push(format!(
                "{}, line {}: cannot be read and is ignored",
                path.display(),
                index + 1
            )),
        }
    }
    Ok(contents)
}

/// Members belong to the revision before them.
fn add_member(revisions: &mut [RevisionMembers], member: Member) {
    if let Some((_, members)) = revisions.last_mut() {
        members.push(member);
    }
}

/// The record of a line; `None` if the line cannot be read.
fn read_line(path: &Path, line: usize, text: &[u8]) -> Result<Option<Record>, RunnerError> {
    match serde_json::from_slice::<LogEntry>(text) {
        Ok(entry) if entry.format <= FORMAT => return Ok(Some(entry.record)),
        _ => {}
    }
    match newer_format(text) {
        Some(found) => Err(RunnerError::NewerFormat {
            path: path.into(),
            line,
            found,
        }),
        None => Ok(None),
    }
}
