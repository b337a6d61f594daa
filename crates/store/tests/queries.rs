//! The typed queries that the commands ask.

use crate::folder::{Folder, member};
use convsweep_spec::event::{Event, Start};
use convsweep_spec::id::JobId;
use convsweep_spec::log::Member;
use convsweep_spec::metric::{BEST_EPOCH, Direction, Number};
use convsweep_spec::outcome::Outcome;
use convsweep_store::FindJobError;

const WIDTH: &str = "model.parameters.width";

/// An experiment `a` of two configurations with two seeds each, and its jobs: all of the first
/// configuration and one of the second have finished.
fn experiment() -> (Folder, Vec<JobId>) {
    let mut folder = Folder::live();
    folder.revision(1, "a", &[WIDTH], Direction::Max);
    let members: Vec<Member> = (1..=2).map(|w| member(w - 1, w, 2, 2, &[WIDTH])).collect();
    for member in &members {
        folder.member("a", member);
    }
    let jobs = members.iter().flat_map(|m| &m.jobs);
    let jobs: Vec<JobId> = jobs.map(|job| job.job.clone()).collect();
    for (job, accuracy) in jobs.iter().zip([0.5, 0.75, 0.875]) {
        folder.train(job, accuracy);
    }
    (folder, jobs)
}

#[test]
fn jobs_are_found_by_the_beginning_of_their_ids() {
    let (folder, jobs) = experiment();
    let database = folder.reader();
    for job in &jobs {
        assert_eq!(&database.find_job(&job.0).expect("found"), job);
        let upper = job.0.to_uppercase();
        assert_eq!(&database.find_job(&upper).expect("found"), job);
    }
    let unknown = database.find_job("0123456789abcdef0").expect_err("unknown");
    assert!(matches!(unknown, FindJobError::Unknown(_)), "{unknown}");
    let text = database.find_job("a'; drop table jobs; --");
    assert!(matches!(text, Err(FindJobError::NotAnId(_))));
}

#[test]
fn a_job_has_its_place_question_and_attempts_before_and_after_it_starts() {
    let (folder, jobs) = experiment();
    let database = folder.reader();
    for (job, attempts) in [(&jobs[0], 1), (&jobs[3], 0)] {
        let places = database.places(job).expect("reads");
        assert_eq!(places.len(), 1);
        assert_eq!(places[0].experiment, "a");
        assert_eq!(places[0].axes[0].0, "width");
        let question = database.question(job).expect("reads").expect("is asked");
        assert_eq!(question.configuration.train.epochs(), 2);
        assert_eq!(database.attempts(job).expect("reads").len(), attempts);
        assert_eq!(database.experiments_with(job).expect("reads"), ["a"]);
    }
    let attempt = &database.attempts(&jobs[0]).expect("reads")[0];
    assert_eq!(attempt.outcome.as_deref(), Some("finished"));
    assert_eq!(attempt.peak_memory_bytes, Some(1 << 20));
    let unknown = JobId("ffff".into());
    assert_eq!(database.question(&unknown).expect("reads"), None);
    assert_eq!(database.places(&unknown).expect("reads"), []);
}

#[test]
fn experiments_are_listed_with_how_they_were_run() {
    let (folder, jobs) = experiment();
    let database = folder.reader();
    let newest = database.newest_experiment().expect("reads");
    assert_eq!(newest.as_deref(), Some("a"));
    let run = database
        .recorded_run("a")
        .expect("reads")
        .expect("is there");
    assert_eq!((&*run.file, run.overrides.len()), ("/x/a.toml", 1));
    assert_eq!(database.recorded_run("b").expect("reads"), None);
    let mut all = database.jobs_of("a").expect("reads");
    all.sort();
    let mut expected = jobs.clone();
    expected.sort();
    assert_eq!(all, expected);
    assert_eq!(database.finished_jobs().expect("reads").len(), 3);
}

#[test]
fn the_leaderboard_and_the_summary_have_the_same_figures() {
    let (folder, jobs) = experiment();
    let database = folder.reader();
    let board = database.leaderboard("a", 10).expect("reads");
    let shown: Vec<_> = board.iter().map(|row| (&*row.label, row.jobs)).collect();
    assert_eq!(shown, [("width 2", 2), ("width 1", 2)]);
    assert_eq!((board[0].sample.n, board[0].sample.sd), (1, None));
    let summary = database.summary("a", "val_accuracy").expect("reads");
    assert_eq!(summary.len(), 2);
    for row in &board {
        assert!(summary.values().any(|sample| *sample == row.sample));
    }
    assert_eq!(database.leaderboard("a", 1).expect("reads").len(), 1);
    let metric = database.metric("a").expect("reads").expect("is there");
    let best = database.best_job("a", &metric).expect("reads");
    assert_eq!(best, Some(jobs[2].clone()));
    assert_eq!(database.metric("b").expect("reads"), None);
    assert_eq!(database.best_job("b", &metric).expect("reads"), None);
}

#[test]
fn the_best_job_is_judged_by_the_epoch_whose_weights_it_keeps() {
    let mut folder = Folder::live();
    folder.revision(1, "a", &[WIDTH], Direction::Max);
    let only = member(0, 1, 2, 2, &[WIDTH]);
    folder.member("a", &only);
    // The first job was better after one epoch and keeps the weights of that epoch.
    for (job, curve, best) in [(0, [0.9, 0.2], 1.0_f64), (1, [0.5, 0.6], 2.0)] {
        let job = &only.jobs[job].job;
        folder.start(job, 1, Start::Scratch);
        for (epoch, accuracy) in (1..).zip(curve) {
            folder.epoch(job, 1, epoch, accuracy);
            let values = [(BEST_EPOCH.to_string(), Number(best.min(f64::from(epoch))))];
            let metrics = Event::Metrics {
                phase: 0,
                epoch,
                step: u64::from(epoch) * 10,
                values: values.into(),
            };
            folder.event(job, 1, metrics);
        }
        folder.end(job, 1, Outcome::Finished);
    }
    let database = folder.reader();
    let metric = database.metric("a").expect("reads").expect("is there");
    let best = database.best_job("a", &metric).expect("reads");
    assert_eq!(best, Some(only.jobs[0].job.clone()));
    let sample = database.leaderboard("a", 1).expect("reads")[0].sample;
    assert_eq!((sample.n, sample.mean), (2, 0.75));
}

#[test]
fn costs_come_from_jobs_of_this_machine_that_trained_from_scratch() {
    let (folder, jobs) = experiment();
    let database = folder.reader();
    let hosts = folder.text("select distinct host from attempts");
    let costs = database.job_costs(&hosts, 10).expect("reads");
    assert_eq!(costs.len(), 3);
    assert_eq!((costs[0].steps, costs[0].seconds), (20, 2.5));
    assert_eq!(database.job_costs(&hosts, 2).expect("reads").len(), 2);
    assert_eq!(database.job_costs("elsewhere", 10).expect("reads"), []);
    assert_eq!(database.mean_job_seconds("a").expect("reads"), Some(2.5));
    assert_eq!(database.mean_job_seconds("b").expect("reads"), None);
    let curve = database.job_curve(&jobs[0], "val_accuracy");
    assert_eq!(curve.expect("reads"), [0.4, 0.5]);
}

#[test]
fn failures_are_listed_newest_first() {
    let (mut folder, jobs) = experiment();
    for (attempt, outcome) in [
        (1, Outcome::OutOfMemory),
        (
            2,
            Outcome::DiskFull {
                message: "no space".into(),
                remedy: None,
            },
        ),
    ] {
        folder.start(&jobs[3], attempt, Start::Scratch);
        folder.end(&jobs[3], attempt, outcome);
    }
    let failures = folder.reader().failures("a", 10).expect("reads");
    let shown: Vec<_> = failures.iter().map(|f| (&*f.outcome, &*f.detail)).collect();
    assert_eq!(shown, [("disk-full", "no space"), ("out-of-memory", "")]);
    assert_eq!(folder.reader().failures("a", 1).expect("reads").len(), 1);
}

#[test]
fn a_metric_is_read_from_any_epoch_on() {
    let (folder, jobs) = experiment();
    let database = folder.reader();
    let all = database
        .metric_points(&jobs[0], "val_accuracy", 0)
        .expect("reads");
    let epochs = database.epochs(&jobs[0]).expect("reads");
    assert!(!all.is_empty() && all.len() == epochs.len(), "{all:?}");
    for (point, row) in all.iter().zip(&epochs) {
        assert_eq!((point.epoch, point.step), (row.epoch, row.step));
        assert_eq!(point.value.to_bits(), row.values["val_accuracy"].to_bits());
    }
    let last = all[all.len() - 1].epoch;
    let new = database.metric_points(&jobs[0], "val_accuracy", last - 1);
    assert_eq!(new.expect("reads"), all[all.len() - 1..]);
    let names = database.metric_names(&jobs[0]).expect("reads");
    let recorded: Vec<String> = epochs[0].values.keys().cloned().collect();
    assert_eq!(names, recorded);
}

#[test]
fn the_mark_of_a_job_changes_as_it_gets_further() {
    let (mut folder, jobs) = experiment();
    let marks = |folder: &Folder| {
        let marks = folder.reader().job_marks("a").expect("reads");
        marks
            .into_iter()
            .collect::<std::collections::BTreeMap<_, _>>()
    };
    let before = marks(&folder);
    assert_eq!(before.values().filter(|mark| mark.is_finished()).count(), 3);
    folder.start(&jobs[3], 1, Start::Scratch);
    let begun = marks(&folder);
    assert!(begun[&jobs[3]].is_open() && before[&jobs[3]] != begun[&jobs[3]]);
    assert_eq!(before[&jobs[0]], begun[&jobs[0]]);
    folder.end(&jobs[3], 1, Outcome::OutOfMemory);
    assert!(marks(&folder)[&jobs[3]].has_failed());
    let end = folder.reader().newest_end("a").expect("reads");
    assert!(end.is_some(), "an attempt has ended");
    assert_eq!(folder.reader().newest_end("b").expect("reads"), None);
}
