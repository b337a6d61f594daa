//! The experiment's log: lines, torn ends, revisions.

use crate::jobs::job;
use convsweep_runner::{ExperimentLog, RunnerError};
use convsweep_spec::id::{ConfigurationId, JobId};
use convsweep_spec::layout::ResultsFolder;
use convsweep_spec::log::{LogEntry, Member, Record, Revision};
use convsweep_spec::metric::{Direction, Metric};
use convsweep_spec::outcome::Outcome;
use std::fs;
use std::path::{Path, PathBuf};

fn revision(text: &str) -> Revision {
    Revision {
        revision: 0,
        experiment: "e".into(),
        file: "/a/e.toml".into(),
        text: text.into(),
        includes: vec![],
        overrides: vec![],
        question: None,
        metric: Metric {
            name: "val_accuracy".into(),
            direction: Direction::Max,
        },
        baseline: None,
        axes: vec![],
        classes: vec![],
        show_test: false,
        decisions: vec![],
    }
}

fn member(position: u32) -> Member {
    Member {
        configuration: ConfigurationId("c".into()),
        position,
        label: "l".into(),
        values: vec![],
        resolved: job(Path::new("r"), 0).question.configuration,
        data_hash: "h".into(),
        parameters: 1,
        macs: 1,
        jobs: vec![],
    }
}

fn ended(attempt: u32) -> Record {
    let outcome = Outcome::Crashed {
        signal: Some(9),
        code: None,
    };
    Record::AttemptEnded {
        job: JobId("j".into()),
        attempt,
        outcome,
        stderr: "s".into(),
    }
}

/// A results folder, and the log of an experiment in it.
struct Folder {
    _dir: tempfile::TempDir,
    results: ResultsFolder,
}

impl Folder {
    fn new() -> Folder {
        let dir = tempfile::tempdir().unwrap();
        let results = ResultsFolder(dir.path().into());
        Folder { _dir: dir, results }
    }

    fn open(&self) -> ExperimentLog {
        ExperimentLog::open(&self.results, "e").unwrap()
    }

    fn path(&self) -> PathBuf {
        self.results.experiment_log("e")
    }

    fn lines(&self) -> Vec<LogEntry> {
        let text = fs::read_to_string(self.path()).unwrap();
        let lines = text.lines();
        lines
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    /// Revises the log, and checks the number of the revision and of appended records.
    fn check(&self, revision: Revision, members: &[Member], expect: (u32, usize)) {
        let mut log = self.open();
        let revised = log.revise(revision, members.to_vec()).unwrap();
        assert_eq!((revised.revision, revised.entries.len()), expect);
        assert_eq!(log.revision().unwrap().revision, revised.revision);
        assert_eq!(self.open().revision(), log.revision());
    }
}

#[test]
fn every_record_is_a_line() {
    let folder = Folder::new();
    let first = folder.open().append(ended(1)).unwrap();
    let second = folder.open().append(ended(2)).unwrap();
    assert_eq!(folder.lines(), [first, second]);
}

#[test]
fn a_revision_is_new_only_if_it_asks_something_else() {
    let folder = Folder::new();
    let members = [member(0), member(1)];
    folder.check(revision("a"), &members, (1, 3));
    folder.check(revision("a"), &members, (1, 0));
    let moved = Revision {
        file: "/moved/e.toml".into(),
        ..revision("a")
    };
    folder.check(moved, &members, (1, 0));
    folder.open().append(ended(1)).unwrap();
    folder.check(revision("a"), &members, (1, 0));
    folder.check(revision("b"), &members, (2, 3));
    let overridden = || Revision {
        overrides: vec!["x=1".into()],
        ..revision("b")
    };
    folder.check(overridden(), &members, (3, 3));
    folder.check(overridden(), &members[..1], (4, 2));
    folder.check(revision("a"), &members, (5, 3));
}

#[test]
fn all_revisions_are_read_with_their_members() {
    let folder = Folder::new();
    folder.check(revision("a"), &[member(0), member(1)], (1, 3));
    folder.check(revision("b"), &[member(0)], (2, 2));
    let revisions = ExperimentLog::revisions(&folder.results, "e").unwrap();
    let read = revisions.iter();
    let read: Vec<_> = read
        .map(|(revision, members)| (&revision.text[..], members.len()))
        .collect();
    assert_eq!(read, [("a", 2), ("b", 1)]);
}

#[test]
fn a_torn_last_line_is_cut_off() {
    let folder = Folder::new();
    let members = [member(0), member(1)];
    folder.check(revision("a"), &members, (1, 3));
    let whole = fs::read(folder.path()).unwrap();
    fs::write(folder.path(), &whole[..whole.len() - 10]).unwrap();
    let log = folder.open();
    let note = &log.notes()[0];
    assert!(note.contains("a torn last line was cut off"), "{note}");
    // One of its members was lost, so the revision is written again.
    folder.check(revision("a"), &members, (2, 3));
    assert_eq!(folder.lines().len(), 5);
}

#[test]
fn a_line_that_cannot_be_read_is_ignored() {
    let folder = Folder::new();
    folder.check(revision("a"), &[member(0)], (1, 2));
    let text = fs::read_to_string(folder.path()).unwrap();
    fs::write(folder.path(), format!("garbage\n{text}")).unwrap();
    let log = folder.open();
    let note = &log.notes()[0];
    assert!(note.contains("line 1: cannot be read"), "{note}");
    assert_eq!(log.revision().unwrap().revision, 1);
}

#[test]
fn a_newer_log_is_refused() {
    let folder = Folder::new();
    fs::create_dir(folder.results.experiment("e")).unwrap();
    let newer = "{\"format\":2,\"time\":0,\"record\":{\"record\":\"new\"}}\n";
    fs::write(folder.path(), newer).unwrap();
    let error = ExperimentLog::open(&folder.results, "e").unwrap_err();
    let RunnerError::NewerFormat { line, found, .. } = error else {
        panic!("{error}")
    };
    assert_eq!((line, found), (1, 2));
    assert_eq!(error.exit_code(), 5);
}

#[test]
fn a_folder_in_the_place_of_the_log_is_refused() {
    let folder = Folder::new();
    fs::create_dir_all(folder.path()).unwrap();
    let error = ExperimentLog::open(&folder.results, "e").unwrap_err();
    assert_eq!(error.exit_code(), 5);
}
