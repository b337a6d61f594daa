//! The experiment's log: lines, torn ends, revisions.

use crate::jobs::job;
use convsweep_runner::{ExperimentLog, RunnerError};
use convsweep_spec::FORMAT;
use convsweep_spec::id::{ConfigurationId, JobId};
use convsweep_spec::layout::ResultsFolder;
use convsweep_spec::log::{ClassImages, LogEntry, Member, Record, RecordedSet, Revision};
use convsweep_spec::log_line::{LONGEST_LINE, with_check};
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
        margin: None,
        baseline: None,
        axes: vec![],
        classes: vec![],
        show_test: false,
        images: vec![],
        decisions: vec![],
        redecided: vec![],
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
            .map(|line| LogEntry {
                format: FORMAT,
                ..serde_json::from_str(line).unwrap()
            })
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
    let with_images = |path: &str, images| Revision {
        images: vec![RecordedSet {
            data_hash: "h".into(),
            path: path.into(),
            configurations: vec![],
            places: vec![],
            left_out: vec![],
            notes: vec![],
            classes: vec![ClassImages {
                class: "cat".into(),
                training: images,
                validation: 1,
                test: 1,
            }],
        }],
        ..revision("images")
    };
    let other = Folder::new();
    other.check(with_images("/photos", 3), &members, (1, 3));
    other.check(with_images("/moved/photos", 3), &members, (1, 0));
    other.check(with_images("/photos", 4), &members, (2, 3));
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
    assert!(note.contains("line 1: could not be read"), "{note}");
    assert_eq!(log.revision().unwrap().revision, 1);
}

#[test]
fn a_newer_log_is_refused() {
    let folder = Folder::new();
    fs::create_dir(folder.results.experiment("e")).unwrap();
    let newer = br#"{"format":3,"line":1,"time":0,"record":{"record":"new"}"#;
    fs::write(folder.path(), with_check(newer.to_vec())).unwrap();
    let error = ExperimentLog::open(&folder.results, "e").unwrap_err();
    let RunnerError::NewerFormat { line, found, .. } = error else {
        panic!("{error}")
    };
    assert_eq!((line, found), (1, 3));
    assert_eq!(error.exit_code(), 5);
}

#[test]
fn a_folder_in_the_place_of_the_log_is_refused() {
    let folder = Folder::new();
    fs::create_dir_all(folder.path()).unwrap();
    let error = ExperimentLog::open(&folder.results, "e").unwrap_err();
    assert_eq!(error.exit_code(), 5);
}

fn change(folder: &Folder, change: impl FnOnce(&mut Vec<String>)) {
    let text = fs::read_to_string(folder.path()).unwrap();
    let mut lines: Vec<String> = text.lines().map(String::from).collect();
    change(&mut lines);
    fs::write(folder.path(), lines.join("\n") + "\n").unwrap();
}

/// A revision that cannot be vouched for is written again, once; damage before it changes nothing.
#[test]
fn a_damaged_revision_is_written_again() {
    let members = [member(0), member(1), member(2)];
    type Damage = fn(&mut Vec<String>);
    let damages: [(&str, Damage); 6] = [
        ("flipped in the revision", |lines| {
            lines[4] = lines[4].replace("\"text\":\"b\"", "\"text\":\"a\"");
        }),
        ("flipped in a member", |lines| {
            lines[6] = lines[6].replace("\"position\":1", "\"position\":2");
        }),
        ("missing", |lines| drop(lines.remove(6))),
        ("exchanged", |lines| lines.swap(5, 6)),
        ("doubled", |lines| lines.insert(6, lines[6].clone())),
        ("another program's line", |lines| {
            lines.insert(6, "{}".into())
        }),
    ];
    for (name, damage) in damages {
        let folder = Folder::new();
        folder.check(revision("a"), &members, (1, 4));
        folder.check(revision("b"), &members, (2, 4));
        change(&folder, damage);
        let mut log = folder.open();
        assert!(!log.notes().is_empty(), "{name}");
        let revised = log.revise(revision("b"), members.to_vec()).unwrap();
        assert_eq!(revised.entries.len(), 4, "{name}");
        let again = folder.open().revise(revision("b"), members.to_vec());
        assert_eq!(again.unwrap().entries.len(), 0, "{name}");
        let read = ExperimentLog::revisions(&folder.results, "e").unwrap();
        assert_eq!(read.last().unwrap().1, members, "{name}");
        assert!(!folder.open().notes().is_empty(), "{name}: stays known");
    }
}

/// The members of a revision that was lost are not taken for those of the one before it.
#[test]
fn members_of_a_lost_revision_belong_to_none() {
    let folder = Folder::new();
    folder.check(revision("a"), &[member(0)], (1, 2));
    folder.check(revision("b"), &[member(0), member(1)], (2, 3));
    change(&folder, |lines| drop(lines.remove(2)));
    let revisions = ExperimentLog::revisions(&folder.results, "e").unwrap();
    assert_eq!(revisions.len(), 1);
    assert_eq!(revisions[0].1, [member(0)]);
}

#[test]
fn a_log_without_checksums_is_continued_with_them() {
    let folder = Folder::new();
    folder.check(revision("a"), &[member(0)], (1, 2));
    // As an older program wrote it.
    let old: Vec<String> = folder
        .lines()
        .iter()
        .map(|entry| serde_json::to_string(entry).unwrap() + "\n")
        .collect();
    fs::write(folder.path(), old.concat()).unwrap();
    folder.check(revision("a"), &[member(0)], (1, 0));
    folder.open().append(ended(1)).unwrap();
    let text = fs::read_to_string(folder.path()).unwrap();
    assert!(text.starts_with(&old.concat()));
    assert!(
        text.lines()
            .last()
            .unwrap()
            .starts_with(r#"{"format":2,"line":3,"#)
    );
    folder.check(revision("b"), &[member(0)], (2, 2));
    assert_eq!(folder.open().notes(), [""; 0]);
}

#[test]
fn the_log_of_another_experiment_is_refused() {
    let folder = Folder::new();
    folder.check(revision("a"), &[member(0)], (1, 2));
    fs::rename(
        folder.results.experiment("e"),
        folder.results.experiment("f"),
    )
    .unwrap();
    let error = ExperimentLog::open(&folder.results, "f").unwrap_err();
    let text = error.to_string();
    assert!(
        text.contains("belongs to the experiment \"e\", not to \"f\""),
        "{text}"
    );
    assert_eq!(error.exit_code(), 5);
}

/// Nobody wrote a line of this length; its memory is not needed to know that.
#[test]
fn an_endless_line_is_passed_over() {
    let folder = Folder::new();
    folder.check(revision("a"), &[member(0)], (1, 2));
    let mut long = vec![b' '; (LONGEST_LINE + 2) as usize];
    *long.last_mut().unwrap() = b'\n';
    let text = fs::read(folder.path()).unwrap();
    fs::write(folder.path(), [long, text].concat()).unwrap();
    let log = folder.open();
    assert!(
        log.notes()[0].contains("line 1: is longer than 64 MiB"),
        "{:?}",
        log.notes()
    );
    assert_eq!(log.revision().unwrap().revision, 1);
}

/// The runner takes from a log what the database takes from it.
#[test]
fn lines_of_older_programs_are_judged_as_the_database_judges_them() {
    let folder = Folder::new();
    fs::create_dir_all(folder.path().parent().unwrap()).unwrap();
    let line = |number: u32| {
        let mut revision = revision("t");
        revision.revision = number;
        let record = Record::Revision(Box::new(revision));
        let (format, time) = (FORMAT, 1.5);
        serde_json::to_string(&LogEntry {
            format,
            time,
            experiment: None,
            record,
        })
        .unwrap()
            + "\n"
    };
    let torn = line(9)[..40].to_string();
    fs::write(folder.path(), [torn, line(1), line(u32::MAX)].concat()).unwrap();
    let log = folder.open();
    assert_eq!(log.revision().unwrap().revision, 1);
    let notes = log.notes();
    assert_eq!(notes.len(), 2, "{notes:#?}");
    assert!(notes[0].ends_with("line 1: an incomplete line before this one was ignored"));
    assert!(
        notes[1].contains("a revision of 4294967295, above"),
        "{notes:#?}"
    );
    let whole = ExperimentLog::whole_revision(&folder.results, "e").unwrap();
    assert_eq!(whole, None, "the last line is damaged");
}

#[test]
fn notes_steer_no_terminal() {
    let folder = Folder::new();
    drop(folder.open());
    fs::write(folder.path(), b"{}\x1b[2J\n\x1b[2J\x07").unwrap();
    let log = folder.open();
    let notes = log.notes().join(" ");
    assert!(!notes.contains(char::is_control), "{notes:?}");
    assert!(notes.contains("(5 bytes: \\u{1b}[2J\\u{7})"), "{notes}");
}

/// Nothing waits for the other end of a pipe.
#[test]
fn a_pipe_in_the_place_of_the_log_is_refused() {
    let folder = Folder::new();
    fs::create_dir_all(folder.path().parent().unwrap()).unwrap();
    let made = std::process::Command::new("mkfifo")
        .arg(folder.path())
        .status();
    assert!(made.unwrap().success());
    let errors = [
        ExperimentLog::open(&folder.results, "e").unwrap_err(),
        ExperimentLog::decisions(&folder.results, "e").unwrap_err(),
        ExperimentLog::revisions(&folder.results, "e").unwrap_err(),
    ];
    for error in errors {
        let error = error.to_string();
        assert!(error.contains("named pipe"), "{error}");
    }
}
