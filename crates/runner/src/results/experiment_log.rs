//! `<experiment>/log.jsonl`: revisions of the file, members, attempts that ended without a word,
//! decisions. Appended, never changed. A revision is synced; of the others a power cut may cost the
//! last ones, which the next run makes anew.

use crate::error::RunnerError;
use crate::results::results_lock::now;
use convsweep_spec::FORMAT;
use convsweep_spec::layout::ResultsFolder;
use convsweep_spec::log::{LogEntry, Member, Record, Revision};
use serde::Deserialize;
use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

/// An experiment's log, open for appending. The program must hold the [`crate::ResultsLock`].
#[derive(Debug)]
pub struct ExperimentLog {
    path: PathBuf,
    file: File,
    /// Bytes of whole lines.
    length: u64,
    last: Option<(Revision, Vec<Member>)>,
    notes: Vec<String>,
}

/// What [`ExperimentLog::revise`] found or did.
#[derive(Clone, Debug, PartialEq)]
pub struct Revised {
    /// Number of the revision in force.
    pub revision: u32,
    /// What was appended: nothing where the last revision was the same.
    pub entries: Vec<LogEntry>,
}

impl ExperimentLog {
    /// Opens the log of the experiment `name`, making folder and file where they are missing.
    ///
    /// A last line that was torn by a crash is cut off; lines that cannot be read are left and
    /// passed over. Both are told by [`ExperimentLog::notes`].
    ///
    /// # Errors
    /// [`RunnerError::ResultsUnusable`]; [`RunnerError::NewerFormat`].
    pub fn open(results: &ResultsFolder, name: &str) -> Result<ExperimentLog, RunnerError> {
        let folder = results.experiment(name);
        fs::create_dir_all(&folder).map_err(|e| RunnerError::results(&folder, e))?;
        let path = results.experiment_log(name);
        let unusable = |e| RunnerError::results(&path, e);
        let mut file = OpenOptions::new()
            .create(true)
            .read(true)
            .append(true)
            .open(&path)
            .map_err(unusable)?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(unusable)?;
        let whole = bytes.iter().rposition(|&b| b == b'\n').map_or(0, |i| i + 1);
        let mut notes = Vec::new();
        if whole < bytes.len() {
            file.set_len(whole as u64)
                .and_then(|()| file.sync_all())
                .map_err(unusable)?;
            let torn = String::from_utf8_lossy(&bytes[whole..]);
            let beginning: String = torn.chars().take(60).collect();
            notes.push(format!(
                "{}: a torn last line was cut off ({} bytes: {beginning}…)",
                path.display(),
                torn.len()
            ));
        }
        let last = read(&path, &bytes[..whole], &mut notes)?;
        Ok(ExperimentLog {
            file,
            length: whole as u64,
            last,
            notes,
            path,
        })
    }

    /// Every revision in the log of the experiment `name`, each with its members; also while a run
    /// appends to it.
    ///
    /// # Errors
    /// [`RunnerError::ResultsUnusable`]; [`RunnerError::NewerFormat`].
    pub fn revisions(
        results: &ResultsFolder,
        name: &str,
    ) -> Result<Vec<(Revision, Vec<Member>)>, RunnerError> {
        let path = results.experiment_log(name);
        let bytes = fs::read(&path).map_err(|e| RunnerError::results(&path, e))?;
        let mut all = Vec::new();
        let mut last = None;
        each(&path, &bytes, &mut vec![], |record| {
            if matches!(record, Record::Revision(_)) {
                all.extend(last.take());
            }
            note_record(&mut last, record);
        })?;
        all.extend(last);
        Ok(all)
    }

    /// What was wrong with the log, in words for a person.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// The newest revision.
    pub fn revision(&self) -> Option<&Revision> {
        self.last.as_ref().map(|(revision, _)| revision)
    }

    /// Appends a record; when this returns, the system has it, though perhaps not yet the disk.
    ///
    /// # Errors
    /// [`RunnerError::ResultsUnusable`]; then nothing of it is in the log.
    pub fn append(&mut self, record: Record) -> Result<LogEntry, RunnerError> {
        let mut entries = self.append_all(vec![record], false)?;
        entries
            .pop()
            .ok_or_else(|| RunnerError::results(&self.path, std::io::ErrorKind::InvalidData.into()))
    }

    /// Appends records with one write; waits for the disk if `sync`.
    fn append_all(
        &mut self,
        records: Vec<Record>,
        sync: bool,
    ) -> Result<Vec<LogEntry>, RunnerError> {
        let time = now();
        let entries: Vec<LogEntry> = records
            .into_iter()
            .map(|record| LogEntry {
                format: FORMAT,
                time,
                record,
            })
            .collect();
        let mut bytes = Vec::new();
        for entry in &entries {
            serde_json::to_writer(&mut bytes, entry)
                .map_err(|e| RunnerError::results(&self.path, e.into()))?;
            bytes.push(b'\n');
        }
        let synced = |()| if sync { self.file.sync_data() } else { Ok(()) };
        if let Err(error) = (&self.file).write_all(&bytes).and_then(synced) {
            let _ = self.file.set_len(self.length);
            return Err(RunnerError::results(&self.path, error));
        }
        self.length += bytes.len() as u64;
        for entry in &entries {
            note_record(&mut self.last, &entry.record);
        }
        Ok(entries)
    }

    /// Sees to it that the newest revision is this one (its number is given here, whatever it says)
    /// with these members: appends nothing where it already is. The file's place does not count,
    /// only what it asks.
    ///
    /// # Errors
    /// As [`ExperimentLog::append`].
    pub fn revise(
        &mut self,
        mut revision: Revision,
        members: Vec<Member>,
    ) -> Result<Revised, RunnerError> {
        if let Some((last, held)) = &self.last {
            revision.revision = last.revision;
            if (Revision {
                file: last.file.clone(),
                ..revision.clone()
            }) == *last
                && *held == members
            {
                return Ok(Revised {
                    revision: last.revision,
                    entries: vec![],
                });
            }
        }
        revision.revision = self.last.as_ref().map_or(1, |(last, _)| last.revision + 1);
        let number = revision.revision;
        let members = members
            .into_iter()
            .map(|member| Record::Member(Box::new(member)));
        let records = std::iter::once(Record::Revision(revision))
            .chain(members)
            .collect();
        Ok(Revised {
            revision: number,
            entries: self.append_all(records, true)?,
        })
    }
}

fn read(
    path: &Path,
    text: &[u8],
    notes: &mut Vec<String>,
) -> Result<Option<(Revision, Vec<Member>)>, RunnerError> {
    let mut last = None;
    each(path, text, notes, |record| note_record(&mut last, record))?;
    Ok(last)
}

fn each(
    path: &Path,
    text: &[u8],
    notes: &mut Vec<String>,
    mut record: impl FnMut(&Record),
) -> Result<(), RunnerError> {
    #[derive(Deserialize)]
    struct Format {
        format: u64,
    }
    for (i, line) in text
        .split(|&b| b == b'\n')
        .enumerate()
        .filter(|(_, line)| !line.is_empty())
    {
        match serde_json::from_slice::<LogEntry>(line) {
            Ok(entry) if entry.format <= FORMAT => record(&entry.record),
            _ => match serde_json::from_slice(line) {
                Ok(Format { format }) if format > u64::from(FORMAT) => {
                    return Err(RunnerError::NewerFormat {
                        path: path.into(),
                        line: i + 1,
                        found: format,
                    });
                }
                _ => notes.push(format!(
                    "{}, line {}: cannot be read and is passed over",
                    path.display(),
                    i + 1
                )),
            },
        }
    }
    Ok(())
}

/// Follows the newest revision and its members.
fn note_record(last: &mut Option<(Revision, Vec<Member>)>, record: &Record) {
    match record {
        Record::Revision(revision) => *last = Some((revision.clone(), vec![])),
        Record::Member(member) => {
            if let Some((_, members)) = last {
                members.push((**member).clone());
            }
        }
        Record::AttemptEnded { .. } | Record::Decision(_) => {}
    }
}
