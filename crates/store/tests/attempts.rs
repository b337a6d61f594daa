//! What several attempts and decisions leave of a job.

use crate::folder::{Folder, member};
use convsweep_spec::event::{Event, Start};
use convsweep_spec::id::JobId;
use convsweep_spec::log::{Decision, JobVerdict, Record};
use convsweep_spec::metric::Direction;
use convsweep_spec::outcome::Outcome;

#[test]
fn a_later_attempt_replaces_an_earlier_one_and_a_finished_one_counts() {
    let mut folder = Folder::live();
    let m = member(0, 1, 3, 1, &[]);
    let job = &m.jobs[0].job;
    folder.revision(1, "a", &[], Direction::Max);
    folder.member("a", &m);
    folder.start(job, 1, Start::Scratch);
    folder.epoch(job, 1, 1, 0.1);
    folder.event(
        job,
        1,
        Event::Checkpoint {
            epoch: 1,
            step: 0,
            bytes: 5,
            blake3: Some("c5".into()),
        },
    );
    folder.epoch(job, 1, 2, 0.2);
    let ended = Record::AttemptEnded {
        job: job.clone(),
        attempt: 1,
        outcome: Outcome::Crashed {
            signal: Some(9),
            code: None,
        },
        stderr: "last words".into(),
    };
    folder.record("a", ended);
    let state = folder
        .reader()
        .job_states(&[job.clone(), JobId("none".into())])
        .expect("reads");
    assert_eq!(state.len(), 1);
    let state = &state[job];
    let seen = (
        state.attempts,
        state.outcome.as_deref(),
        state.finished,
        state.epoch,
        state.epochs,
        state.checkpoint,
    );
    assert_eq!(seen, (1, Some("crashed"), false, 2, 3, true));
    assert_eq!(state.detail, "signal 9");
    let failure = folder.text(
        "select experiment, label, attempt, outcome, detail, stderr, job_outcome from failures",
    );
    assert_eq!(failure, "a|width 1|1|crashed|signal 9|last words|crashed");
    // Started at 1003, last event at 1006.
    assert_eq!(folder.text("select seconds, ended from attempts"), "3|1007");

    folder.start(
        job,
        2,
        Start::Checkpoint {
            epoch: 1,
            step: 0,
            exact: true,
        },
    );
    folder.epoch(job, 2, 2, 0.3);
    folder.epoch(job, 2, 3, f64::NAN);
    assert_eq!(
        folder.text("select outcome is null, attempts from jobs"),
        "1|2"
    );
    folder.end(job, 2, Outcome::Finished);
    let metrics = folder.text(
        "select epoch, value, attempt from metrics where name = 'val_accuracy' order by epoch",
    );
    assert_eq!(metrics, "1|0.1|1\n2|0.3|2\n3||2");
    assert_eq!(
        folder.text("select outcome, attempts, epoch, seconds from jobs"),
        "finished|2|3|5.5"
    );
    assert_eq!(folder.text("select n, mean from leaderboard"), "0|");
    let rows = folder
        .reader()
        .experiment("a")
        .expect("reads")
        .expect("is there");
    let row = &rows.configurations[0].jobs[0];
    assert!(row.epochs[2].values["val_accuracy"].is_nan());
    assert_eq!(row.epochs[1].values["val_accuracy"], 0.3);
    assert_eq!(
        (row.seconds, row.images_per_second, row.peak_memory_bytes),
        (5.5, 100.0, 1 << 20)
    );
}

/// A clock that jumps changes no state: decisions and attempts are ordered by the numbers of the
/// attempts.
#[test]
fn a_decision_belongs_to_its_attempt_whatever_the_clock_shows() {
    let mut folder = Folder::live();
    let m = member(0, 1, 9, 1, &[]);
    let job = &m.jobs[0].job;
    folder.revision(1, "a", &[], Direction::Max);
    folder.member("a", &m);
    let decide = |folder: &mut Folder, attempt, epoch, verdict, reason: &str| {
        let (rule, reason) = ("median".to_string(), reason.to_string());
        folder.record(
            "a",
            Record::Decision(Decision {
                job: job.clone(),
                attempt,
                epoch,
                verdict,
                rule,
                reason,
            }),
        );
    };
    let outcome = |folder: &Folder| folder.text("select coalesce(outcome, 'runs') from jobs");
    decide(
        &mut folder,
        Some(0),
        0,
        JobVerdict::Stop,
        "before the first attempt",
    );
    assert_eq!(outcome(&folder), "stopped");
    folder.start(job, 1, Start::Scratch);
    assert_eq!(outcome(&folder), "runs", "somebody wanted it all the same");
    folder.epoch(job, 1, 1, 0.1);
    decide(&mut folder, Some(1), 1, JobVerdict::GoOn, "first");
    folder.epoch(job, 1, 2, 0.1);
    folder.end(job, 1, Outcome::Cancelled);
    // A day back, between the end of the attempt and the decision upon it.
    folder.clock -= 86_400.0;
    decide(&mut folder, Some(1), 2, JobVerdict::Stop, "second");
    assert_eq!(outcome(&folder), "stopped");
    let state = folder
        .reader()
        .job_states(std::slice::from_ref(job))
        .expect("reads")
        .remove(job)
        .expect("is there");
    assert_eq!(
        (state.outcome.as_deref(), state.detail.as_str()),
        (Some("stopped"), "second")
    );
    // Ten years back: the attempt that somebody wanted after the decision is the newer word.
    folder.clock -= 3650.0 * 86_400.0;
    folder.start(
        job,
        2,
        Start::Checkpoint {
            epoch: 2,
            step: 0,
            exact: true,
        },
    );
    folder.end(
        job,
        2,
        Outcome::Failed {
            message: "m".into(),
        },
    );
    assert_eq!(outcome(&folder), "failed");
    let reasons = folder.reader().decisions(job).expect("reads");
    let reasons: Vec<&str> = reasons
        .iter()
        .map(|decision| decision.reason.as_str())
        .collect();
    assert_eq!(reasons, ["before the first attempt", "first", "second"]);
    // The logs give the same.
    folder.writer = None;
    assert_eq!(
        convsweep_store::check(&folder.results)
            .expect("reads")
            .problems,
        Vec::<String>::new()
    );
}

/// Logs of programs that did not record the attempt are ordered by time.
#[test]
fn an_old_decision_is_ordered_by_time() {
    let mut folder = Folder::live();
    let job = JobId("0123456789abcdef".into());
    let decide = |folder: &mut Folder| {
        let line =
            r#"{"job":"0123456789abcdef","epoch":1,"verdict":"stop","rule":"r","reason":"w"}"#;
        folder.record(
            "a",
            Record::Decision(serde_json::from_str(line).expect("an old line")),
        );
    };
    let outcome = |folder: &Folder| folder.text("select coalesce(outcome, 'runs') from jobs");
    decide(&mut folder);
    assert_eq!(outcome(&folder), "stopped");
    folder.start(&job, 1, Start::Scratch);
    decide(&mut folder);
    assert_eq!(
        outcome(&folder),
        "runs",
        "an attempt that has not ended is the newest word"
    );
    folder.end(&job, 1, Outcome::Cancelled);
    assert_eq!(outcome(&folder), "cancelled");
    decide(&mut folder);
    assert_eq!(outcome(&folder), "stopped");
}

/// Decisions about a job at two epochs may be made in one moment, when the job had been trained
/// before.
#[test]
fn decisions_of_one_moment_are_all_kept() {
    let mut folder = Folder::live();
    let moment = folder.clock;
    for epoch in [1, 3] {
        folder.clock = moment;
        folder.record(
            "a",
            Record::Decision(Decision {
                job: JobId("0123456789abcdef".into()),
                attempt: Some(1),
                epoch,
                verdict: JobVerdict::GoOn,
                rule: "successive-halving".to_string(),
                reason: "among the best".to_string(),
            }),
        );
    }
    let epochs = "select group_concat(epoch, ' ') from decisions";
    assert_eq!(folder.text(epochs), "1 3");
}

#[test]
fn the_end_reported_by_the_worker_takes_precedence() {
    let mut folder = Folder::live();
    let job = JobId("0123456789abcdef".into());
    folder.start(&job, 1, Start::Scratch);
    folder.end(&job, 1, Outcome::Finished);
    let outcome = Outcome::Crashed {
        signal: None,
        code: Some(3),
    };
    folder.record(
        "a",
        Record::AttemptEnded {
            job: job.clone(),
            attempt: 1,
            outcome,
            stderr: "x".into(),
        },
    );
    assert_eq!(
        folder.text("select outcome, detail, ended_by, stderr from attempts"),
        "finished||worker|"
    );
}
