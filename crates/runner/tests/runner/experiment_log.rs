//! The experiment's log: synced lines, torn ends, revisions.

use crate::jobs::job;
use convsweep_runner::{ExperimentLog, RunnerError};
use convsweep_spec::id::{ConfigurationId, JobId};
use convsweep_spec::layout::ResultsFolder;
use convsweep_spec::log::{LogEntry, Member, Record, Revision};
use convsweep_spec::metric::{Direction, Metric};
use convsweep_spec::outcome::Outcome;
use std::fs;
use std::path::Path;

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

#[test]
fn what_is_appended_is_there_line_by_line() {
    let dir = tempfile::tempdir().unwrap();
    let results = ResultsFolder(dir.path().into());
    let mut log = ExperimentLog::open(&results, "e").unwrap();
    let first = log.append(ended(1)).unwrap();
    drop(log);
    let second = ExperimentLog::open(&results, "e")
        .unwrap()
        .append(ended(2))
        .unwrap();
    let text = fs::read_to_string(results.experiment_log("e")).unwrap();
    let read: Vec<LogEntry> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(read, [first, second]);
}

#[test]
fn a_revision_is_new_only_where_it_asks_something_else() {
    let dir = tempfile::tempdir().unwrap();
    let results = ResultsFolder(dir.path().into());
    let revise = |revision: Revision, members: Vec<Member>| {
        let mut log = ExperimentLog::open(&results, "e").unwrap();
        let revised = log.revise(revision, members).unwrap();
        assert_eq!(log.revision().unwrap().revision, revised.revision);
        (revised.revision, revised.entries.len())
    };
    let members = || vec![member(0), member(1)];
    assert_eq!(revise(revision("a"), members()), (1, 3));
    assert_eq!(revise(revision("a"), members()), (1, 0));
    assert_eq!(
        revise(
            Revision {
                file: "/moved/e.toml".into(),
                ..revision("a")
            },
            members()
        ),
        (1, 0)
    );
    ExperimentLog::open(&results, "e")
        .unwrap()
        .append(ended(1))
        .unwrap();
    assert_eq!(revise(revision("a"), members()), (1, 0));
    assert_eq!(revise(revision("b"), members()), (2, 3));
    assert_eq!(
        revise(
            Revision {
                overrides: vec!["x=1".into()],
                ..revision("b")
            },
            members()
        ),
        (3, 3)
    );
    assert_eq!(
        revise(
            Revision {
                overrides: vec!["x=1".into()],
                ..revision("b")
            },
            vec![member(0)]
        ),
        (4, 2)
    );
    assert_eq!(revise(revision("a"), members()), (5, 3));
}

#[test]
fn a_torn_end_is_cut_off_and_a_broken_line_passed_over() {
    let dir = tempfile::tempdir().unwrap();
    let results = ResultsFolder(dir.path().into());
    ExperimentLog::open(&results, "e")
        .unwrap()
        .revise(revision("a"), vec![member(0), member(1)])
        .unwrap();
    let path = results.experiment_log("e");
    let whole = fs::read(&path).unwrap();
    fs::write(&path, &whole[..whole.len() - 10]).unwrap();
    let mut log = ExperimentLog::open(&results, "e").unwrap();
    assert!(
        log.notes()[0].contains("a torn last line was cut off"),
        "{:?}",
        log.notes()
    );
    // Half of its members were lost, so the revision is written anew.
    assert_eq!(
        log.revise(revision("a"), vec![member(0), member(1)])
            .unwrap()
            .revision,
        2
    );
    let text = fs::read_to_string(&path).unwrap();
    assert!(
        text.lines()
            .all(|line| serde_json::from_str::<LogEntry>(line).is_ok())
            && text.lines().count() == 5
    );
    fs::write(&path, format!("garbage\n{text}")).unwrap();
    let log = ExperimentLog::open(&results, "e").unwrap();
    assert!(
        log.notes()[0].contains("line 1: cannot be read"),
        "{:?}",
        log.notes()
    );
    assert_eq!(log.revision().unwrap().revision, 2);
}

#[test]
fn a_newer_log_and_a_folder_in_the_way_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let results = ResultsFolder(dir.path().into());
    fs::create_dir(results.experiment("e")).unwrap();
    fs::write(
        results.experiment_log("e"),
        "{\"format\":2,\"time\":0,\"record\":{\"record\":\"new\"}}\n",
    )
    .unwrap();
    let error = ExperimentLog::open(&results, "e").unwrap_err();
    assert!(
        matches!(
            error,
            RunnerError::NewerFormat {
                line: 1,
                found: 2,
                ..
            }
        ),
        "{error}"
    );
    assert_eq!(error.exit_code(), 5);
    fs::create_dir_all(results.experiment_log("f")).unwrap();
    assert_eq!(
        ExperimentLog::open(&results, "f").unwrap_err().exit_code(),
        5
    );
}
