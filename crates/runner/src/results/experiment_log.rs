//! `<experiment>/log.jsonl`: revisions of the file, members, attempts whose worker died, and
//! decisions.
//!
//! Records are appended and never changed. Each line has a number and a checksum
//! (`spec::log_line`). Revisions and decisions are written to the disk at once; of the other
//! records, a power cut may lose the last ones, and the next run writes them again.

use super::log_reader::{RecordedLog, RevisionMembers, read_log};
use super::lost_decision::LostDecision;
use super::unix_time::since_1970;
use crate::error::RunnerError;
use crate::search::SearchHistory;
use convsweep_files::{Durability, FileError, create_folder, open_regular, sync_name};
use convsweep_spec::FORMAT;
use convsweep_spec::layout::ResultsFolder;
use convsweep_spec::log::{LogEntry, Member, Record, Revision};
use convsweep_spec::log_line::seal;
use convsweep_spec::log_value::beginning;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// An experiment's log, open for appending. The program must hold the [`crate::ResultsLock`].
#[derive(Debug)]
pub struct ExperimentLog {
    /// Name of the experiment.
    experiment: String,
    path: PathBuf,
    file: File,
    /// Number of bytes in complete lines.
    length: u64,
    /// Number of the next line, from 1.
    next_line: u64,
    newest: Option<RevisionMembers>,
    /// Whether the newest revision and what follows it are as they were written.
    is_newest_whole: bool,
    /// Number of the newest revision that the log is known to have lost; 0 if it has lost none.
    lost_revision: u32,
    history: SearchHistory,
    lost: Vec<LostDecision>,
    notes: Vec<String>,
}

/// Result of [`ExperimentLog::revise`].
#[derive(Clone, Debug, PartialEq)]
pub struct Revised {
    /// Number of the current revision.
    pub revision: u32,
    /// The appended records; none if the revision is not new.
    pub entries: Vec<LogEntry>,
}

impl ExperimentLog {
    /// Opens the log of the experiment `name`, and makes its folder and file if they are missing.
    ///
    /// A last line that was torn by a crash is cut off; lines that are damaged are left in the file
    /// and ignored. [`ExperimentLog::notes`] reports both.
    ///
    /// # Errors
    /// [`RunnerError::ResultsUnusable`]; [`RunnerError::NewerFormat`];
    /// [`RunnerError::OtherExperiment`].
    pub fn open(results: &ResultsFolder, name: &str) -> Result<ExperimentLog, RunnerError> {
        let folder = results.experiment(name);
        let unusable = |error: FileError| RunnerError::results(&error.path, error.source);
        create_folder(&folder, Durability::ContentAndName).map_err(unusable)?;
        let path = results.experiment_log(name);
        let failed = |error| RunnerError::results(&path, error);
        let is_new = !path.exists();
        if !is_new {
            open_regular(&path).map_err(|error| failed(error.source))?;
        }
        let mut options = OpenOptions::new();
        options.create(true).read(true).append(true);
        let file = options.open(&path).map_err(failed)?;
        if is_new {
            sync_name(&path).map_err(unusable)?;
        }
        let mut log = read_log(&path, name, &file)?;
        cut_torn_end(&path, &file, &mut log).map_err(failed)?;
        Ok(ExperimentLog {
            experiment: name.to_string(),
            file,
            length: log.length,
            next_line: log.next_line,
            newest: log.revisions.pop(),
            is_newest_whole: log.is_newest_whole,
            lost_revision: 0,
            history: log.history,
            lost: log.lost,
            notes: log.notes,
            path,
        })
    }

    /// Every revision in the log of the experiment `name`, each with its members. Works while a run
    /// appends to the log.
    ///
    /// # Errors
    /// [`RunnerError::ResultsUnusable`]; [`RunnerError::NewerFormat`];
    /// [`RunnerError::OtherExperiment`].
    pub fn revisions(
        results: &ResultsFolder,
        name: &str,
    ) -> Result<Vec<(Revision, Vec<Member>)>, RunnerError> {
        let path = results.experiment_log(name);
        let file = open_regular(&path).map_err(|error| RunnerError::results(&path, error.source));
        let (file, _) = file?;
        Ok(read_log(&path, name, &file)?.revisions)
    }

    /// The newest revision in the log of the experiment `name`, if nothing from there on is damaged:
    /// then no run writes the plan again.
    ///
    /// # Errors
    /// As for [`ExperimentLog::revisions`].
    pub fn whole_revision(results: &ResultsFolder, name: &str) -> Result<Option<u32>, RunnerError> {
        let path = results.experiment_log(name);
        let file = open_regular(&path).map_err(|error| RunnerError::results(&path, error.source));
        let (file, _) = file?;
        let log = read_log(&path, name, &file)?;
        let newest = log.revisions.last().filter(|_| log.is_newest_whole);
        Ok(newest.map(|(revision, _)| revision.revision))
    }

    /// The decisions in the log of the experiment `name`; none without a log. Works while a run
    /// appends to it.
    ///
    /// # Errors
    /// As for [`ExperimentLog::revisions`].
    pub fn decisions(results: &ResultsFolder, name: &str) -> Result<SearchHistory, RunnerError> {
        let path = results.experiment_log(name);
        match open_regular(&path).map_err(|error| error.source) {
            Ok((file, _)) => Ok(read_log(&path, name, &file)?.history),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(SearchHistory::default()),
            Err(error) => Err(RunnerError::results(&path, error)),
        }
    }

    /// Revisions up to this one were in the log before its end was cut off: their numbers are not
    /// used again, and the plan is written again.
    pub fn skip_revisions(&mut self, newest: u32) {
        self.lost_revision = newest;
    }

    /// What was wrong with the log when it was opened.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// The log's path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Damaged lines at which decisions may be lost that no person has had made again.
    pub fn lost_decisions(&self) -> impl Iterator<Item = &LostDecision> {
        let redecided = self.revision().map_or(&[][..], |newest| &newest.redecided);
        let is_open = |lost: &&LostDecision| !redecided.contains(&lost.line);
        self.lost.iter().filter(is_open)
    }

    /// The newest revision.
    pub fn revision(&self) -> Option<&Revision> {
        self.newest.as_ref().map(|(revision, _)| revision)
    }

    /// The decisions of rules and people, oldest first.
    pub fn history(&self) -> &SearchHistory {
        &self.history
    }

    fn entry(&self, record: Record) -> LogEntry {
        LogEntry {
            format: FORMAT,
            time: since_1970().as_secs_f64(),
            experiment: Some(self.experiment.clone()),
            record,
        }
    }

    /// Appends a record. When this returns, the operating system has it, but perhaps not yet the
    /// disk.
    ///
    /// # Errors
    /// [`RunnerError::ResultsUnusable`]; then no part of the record is in the log.
    pub fn append(&mut self, record: Record) -> Result<LogEntry, RunnerError> {
        let entry = self.entry(record);
        self.write(std::slice::from_ref(&entry), false)?;
        self.history.push(&entry.record);
        Ok(entry)
    }

    /// Appends records with one write, and waits for the disk if `sync`: a power cut can then lose
    /// neither them nor any record before them.
    ///
    /// # Errors
    /// [`RunnerError::ResultsUnusable`]; then no part of the records is in the log.
    pub fn append_all(
        &mut self,
        records: Vec<Record>,
        sync: bool,
    ) -> Result<Vec<LogEntry>, RunnerError> {
        let entries: Vec<LogEntry> = records.into_iter().map(|r| self.entry(r)).collect();
        self.write(&entries, sync)?;
        for entry in &entries {
            self.history.push(&entry.record);
        }
        Ok(entries)
    }

    /// Makes this the newest revision with these members; appends nothing if it already is, unless
    /// that revision or what follows it is damaged.
    ///
    /// The number of the revision is set here. Moving the file does not make a revision new, only
    /// changing what it asks for does.
    ///
    /// # Errors
    /// As for [`ExperimentLog::append`].
    pub fn revise(
        &mut self,
        mut revision: Revision,
        members: Vec<Member>,
    ) -> Result<Revised, RunnerError> {
        if let Some(newest) = &self.newest
            && self.is_newest_whole
            && newest.0.revision >= self.lost_revision
            && is_same(newest, &revision, &members)
        {
            return Ok(Revised {
                revision: newest.0.revision,
                entries: vec![],
            });
        }
        let newest = self.revision().map_or(0, |newest| newest.revision);
        let number = newest.max(self.lost_revision) + 1;
        revision.revision = number;
        let mut entries = vec![self.entry(Record::Revision(Box::new(revision.clone())))];
        for member in &members {
            entries.push(self.entry(Record::Member(Box::new(member.clone()))));
        }
        self.write(&entries, true)?;
        self.newest = Some((revision, members));
        self.is_newest_whole = true;
        Ok(Revised {
            revision: number,
            entries,
        })
    }

    /// Appends lines with one write; waits for the disk if `sync`.
    fn write(&mut self, entries: &[LogEntry], sync: bool) -> Result<(), RunnerError> {
        let written = append_lines(&mut self.file, self.next_line, entries, sync);
        match written {
            Ok(bytes) => {
                self.length += bytes;
                self.next_line += entries.len() as u64;
                Ok(())
            }
            Err(error) => {
                let _ = self.file.set_len(self.length);
                Err(RunnerError::results(&self.path, error))
            }
        }
    }
}

fn append_lines(
    file: &mut File,
    next_line: u64,
    entries: &[LogEntry],
    sync: bool,
) -> io::Result<u64> {
    let mut bytes = Vec::new();
    for (number, entry) in (next_line..).zip(entries) {
        bytes.extend(seal(number, &serde_json::to_vec(entry)?));
    }
    file.write_all(&bytes)?;
    if sync {
        file.sync_data()?;
    }
    Ok(bytes.len() as u64)
}

/// Cuts off a torn last line and notes it.
fn cut_torn_end(path: &Path, file: &File, log: &mut RecordedLog) -> io::Result<()> {
    if log.torn.is_empty() {
        return Ok(());
    }
    let length = file.metadata()?.len().saturating_sub(log.length);
    file.set_len(log.length)?;
    file.sync_all()?;
    let (path, beginning) = (path.display(), beginning(&log.torn));
    let note = format!("{path}: a torn last line was cut off ({length} bytes: {beginning})");
    log.notes.push(note);
    Ok(())
}

/// Whether a revision asks the same as the newest one.
fn is_same(newest: &RevisionMembers, revision: &Revision, members: &[Member]) -> bool {
    let (newest_revision, newest_members) = newest;
    let mut images = revision.images.clone();
    for (set, newest) in images.iter_mut().zip(&newest_revision.images) {
        set.path.clone_from(&newest.path);
    }
    let same_place = Revision {
        images,
        revision: newest_revision.revision,
        file: newest_revision.file.clone(),
        ..revision.clone()
    };
    same_place == *newest_revision && members == newest_members
}
