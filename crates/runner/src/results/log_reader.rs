//! Reads the records of an experiment's log.

use crate::error::RunnerError;
use convsweep_spec::FORMAT;
use convsweep_spec::log::{LogEntry, Member, Record, Revision, newer_format};
use std::path::Path;

/// A revision of an experiment's file with its members.
pub(super) type RevisionMembers = (Revision, Vec<Member>);

/// The newest revision in a log's text. Lines that cannot be read are ignored and noted in `notes`.
pub(super) fn newest_revision(
    path: &Path,
    text: &[u8],
    notes: &mut Vec<String>,
) -> Result<Option<RevisionMembers>, RunnerError> {
    Ok(all_revisions(path, text, notes)?.pop())
}

/// Every revision in a log's text, oldest first.
pub(super) fn all_revisions(
    path: &Path,
    text: &[u8],
    notes: &mut Vec<String>,
) -> Result<Vec<RevisionMembers>, RunnerError> {
    let mut revisions = Vec::new();
    for (index, line) in text.split(|&byte| byte == b'\n').enumerate() {
        if line.is_empty() {
            continue;
        }
        match read_line(path, index + 1, line)? {
            Some(Record::Revision(revision)) => revisions.push((revision, vec![])),
            Some(Record::Member(member)) => add_member(&mut revisions, *member),
            Some(Record::AttemptEnded { .. } | Record::Decision(_)) => {}
            None => notes.push(format!(
                "{}, line {}: cannot be read and is ignored",
                path.display(),
                index + 1
            )),
        }
    }
    Ok(revisions)
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
