//! Which epoch of a job counts and what its result is: the database says the same as
//! `spec::figures`, in whichever job's log the epoch is.

use crate::folder::{Folder, member};
use convsweep_spec::event::{Evaluation, Event, Part, Start};
use convsweep_spec::figures::{JobFigures, better_first, of_evaluation};
use convsweep_spec::id::JobId;
use convsweep_spec::log::Member;
use convsweep_spec::metric::{BEST_EPOCH, Metric, Number};
use convsweep_spec::outcome::Outcome;
use convsweep_spec::random::{Draws, Purpose};
use convsweep_statistics::sample::Sample;
use convsweep_store::{ConfigurationRow, Database, JobRow};
use std::collections::BTreeMap;

const WIDTH: &str = "model.parameters.width";
const EPOCHS: u32 = 6;
const METRICS: [&str; 4] = [
    "val_accuracy",
    "val_loss",
    "val_macro_f1",
    "val_calibration_error",
];

type Values = BTreeMap<String, f64>;

/// A job as it is told to the database, with all its epochs, wherever they were trained.
#[derive(Clone, Debug)]
struct ToldJob {
    id: JobId,
    epochs: Vec<Values>,
    evaluation: Option<(f64, f64)>,
    is_finished: bool,
}

impl ToldJob {
    fn result(&self, metric: &str) -> Option<f64> {
        let best_epoch = self.epochs.last().and_then(|last| last.get(BEST_EPOCH));
        let job = JobFigures {
            is_finished: self.is_finished,
            epochs: self.epochs.len() as u32,
            best_epoch: best_epoch.copied(),
            evaluation: self
                .evaluation
                .and_then(|(loss, accuracy)| of_evaluation(metric, loss, accuracy)),
        };
        job.result(|epoch| self.epochs[epoch as usize - 1].get(metric).copied())
    }
}

/// Tells the database about jobs that go in every way.
struct Teller<'a> {
    folder: &'a mut Folder,
    draws: &'a mut Draws,
    told: Vec<ToldJob>,
}

impl Teller<'_> {
    fn chance(&mut self, share: f64) -> bool {
        self.draws.unit() < share
    }

    /// One of few values, so that there are equal ones.
    fn value(&mut self) -> f64 {
        match self.draws.below(20) {
            0 => f64::NAN,
            1 => f64::INFINITY,
            n => (n % 5) as f64 / 4.0,
        }
    }

    fn epoch(&mut self, before: &[Values], keeps: Option<&str>) -> Values {
        let mut values = Values::new();
        for name in METRICS {
            if !self.chance(0.05) {
                values.insert(name.into(), self.value());
            }
        }
        if let Some(metric) = keeps {
            let all = before.iter().chain([&values]);
            let history = all.map(|values| values.get(metric).copied().unwrap_or(f64::NAN));
            let best = Metric::natural(metric).best_of(history);
            let best = best.map_or(f64::NAN, |best| best as f64 + 1.0);
            values.insert(BEST_EPOCH.into(), best);
        }
        values
    }

    fn metrics(&mut self, job: &JobId, epoch: u32, values: &Values) {
        let values = values.iter().map(|(name, v)| (name.clone(), Number(*v)));
        let event = Event::Metrics {
            phase: 0,
            epoch,
            step: u64::from(epoch) * 10,
            values: values.collect(),
        };
        self.folder.event(job, 1, event);
    }

    /// Trains a job from scratch or from a state of one that was told before; its log has the epochs
    /// before that state, as today, or not, as those of older programs.
    fn train(&mut self, id: &JobId) {
        let mut epochs: Vec<Values> = Vec::new();
        let mut copied = 0;
        if self.chance(0.5) && !self.told.is_empty() {
            let origin = self.draws.below(self.told.len() as u64) as usize;
            let origin = self.told[origin].clone();
            let epoch = self.draws.below(origin.epochs.len() as u64 + 1) as u32;
            epochs.extend_from_slice(&origin.epochs[..epoch as usize]);
            copied = match self.chance(0.5) {
                true => 0,
                false => epochs.len(),
            };
            let job = origin.id;
            let exact = true;
            self.folder.start(id, 1, Start::State { job, epoch, exact });
        } else {
            self.folder.start(id, 1, Start::Scratch);
        }
        let keeps = match self.chance(0.6) {
            true => Some(METRICS[self.draws.below(4) as usize]),
            false => None,
        };
        let left = u64::from(EPOCHS) - epochs.len() as u64;
        for _ in 0..self.draws.below(left + 1) {
            let values = self.epoch(&epochs, keeps);
            epochs.push(values);
        }
        for (epoch, values) in (1..).zip(epochs.clone()).skip(copied) {
            self.metrics(id, epoch, &values);
        }
        let evaluation = match self.chance(0.7) {
            true => Some(self.evaluate(id)),
            false => None,
        };
        let is_finished = self.chance(0.8);
        let outcome = match is_finished {
            true => Outcome::Finished,
            false => Outcome::OutOfMemory,
        };
        self.folder.end(id, 1, outcome);
        self.told.push(ToldJob {
            id: id.clone(),
            epochs,
            evaluation,
            is_finished,
        });
    }

    fn evaluate(&mut self, job: &JobId) -> (f64, f64) {
        let (loss, accuracy) = (self.value(), self.value());
        let evaluation = Evaluation {
            part: Part::Validation,
            images: 4,
            loss: Number(loss),
            accuracy: Number(accuracy),
            confusion: vec![vec![2, 0], vec![0, 2]],
            correct: Evaluation::pack(&[true; 4]),
        };
        self.folder.event(job, 1, Event::Evaluated(evaluation));
        (loss, accuracy)
    }
}

/// The configurations in the order of the leaderboard, with the mean of their results.
fn expected_order<'a>(
    members: &'a [Member],
    told: &[ToldJob],
    metric: &Metric,
) -> Vec<(&'a Member, Option<f64>)> {
    let mut order = Vec::new();
    for member in members {
        let mut results = Vec::new();
        for job in &member.jobs {
            let told = told.iter().find(|told| told.id == job.job);
            results.extend(told.and_then(|told| told.result(&metric.name)));
        }
        order.push((member, Sample::of(&results).map(|sample| sample.mean)));
    }
    order.sort_by(|a, b| better_first(metric.direction, a.1, b.1));
    order
}

fn check(database: &Database, told: &[ToldJob], members: &[Member], metric: &Metric) {
    let rows = database.experiment("a").expect("reads").expect("is there");
    let of_member = |row: &ConfigurationRow| row.jobs.clone();
    let jobs: Vec<JobRow> = rows.configurations.iter().flat_map(of_member).collect();
    let curves = database.curves("a", &metric.name).expect("reads");
    for told in told {
        let row = jobs.iter().find(|row| row.job == told.id).expect("a row");
        for name in METRICS {
            assert_eq!(row.result(name), told.result(name), "{name} of {told:#?}");
        }
        let mut curve: BTreeMap<u32, f64> = BTreeMap::new();
        for (epoch, values) in (1..).zip(&told.epochs) {
            curve.extend(values.get(&metric.name).map(|value| (epoch, *value)));
        }
        let found = curves.get(&told.id).cloned().unwrap_or_default();
        assert_eq!(format!("{found:?}"), format!("{curve:?}"), "{told:#?}");
    }
    let order = expected_order(members, told, metric);
    let (best, mean) = order[0];
    let board = database.leaderboard("a", 10).expect("reads");
    let found: Vec<_> = board
        .iter()
        .map(|row| (&row.label, row.sample.mean))
        .collect();
    let expected: Vec<_> = order
        .iter()
        .filter_map(|(member, mean)| Some((&member.label, (*mean)?)))
        .collect();
    assert_eq!(found, expected);
    let mut results = Vec::new();
    for job in &best.jobs {
        let told = told.iter().find(|told| told.id == job.job).expect("told");
        results.push((&job.job, told.result(&metric.name)));
    }
    results.sort_by(|a, b| better_first(metric.direction, a.1, b.1));
    let best_job = database.best_job("a", metric).expect("reads");
    assert_eq!(best_job.as_ref(), mean.and(Some(results[0].0)));
}

#[test]
fn the_database_and_the_figures_agree_on_random_jobs() {
    let mut draws = Draws::new(Purpose::Mix, &[16]);
    for round in 0..60 {
        let mut folder = Folder::live();
        let metric = Metric::natural(METRICS[round % METRICS.len()]);
        folder.compared_by(1, "a", &[WIDTH], metric.clone());
        let member = |place: u32| member(place, 9 - place, EPOCHS, 3, &[WIDTH]);
        let members: Vec<Member> = (0..4).map(member).collect();
        members.iter().for_each(|member| folder.member("a", member));
        let mut ids: Vec<&JobId> = Vec::new();
        members
            .iter()
            .for_each(|m| ids.extend(m.jobs.iter().map(|j| &j.job)));
        // Which jobs go on from which does not depend on the order of their ids.
        ids.sort_by_key(|_| draws.bits());
        let mut teller = Teller {
            folder: &mut folder,
            draws: &mut draws,
            told: vec![],
        };
        ids.iter().for_each(|id| teller.train(id));
        let told = teller.told;
        check(&folder.reader(), &told, &members, &metric);
        let views = "select count(*) from wide_a w join jobs j using (job)
            where j.kept_epoch is not w.kept_epoch or w.val_loss is not
              (select c.value from curves c where c.job = j.job and c.epoch = j.kept_epoch
                and c.metric = 'val_loss')";
        assert_eq!(folder.text(views), "0");
        folder.writer = None;
        let live = folder.dump();
        convsweep_store::rebuild(&folder.results).expect("rebuilds");
        assert_eq!(folder.dump(), live, "round {round}");
        check(&folder.reader(), &told, &members, &metric);
    }
}

/// An epoch of which the weights of the epoch `best` are the best so far.
fn best_keeping_epoch(folder: &mut Folder, job: &JobId, epoch: u32, accuracy: f64, best: u32) {
    let values = [("val_accuracy", accuracy), (BEST_EPOCH, f64::from(best))];
    let values = values.map(|(name, value)| (name.to_string(), Number(value)));
    let event = Event::Metrics {
        phase: 0,
        epoch,
        step: u64::from(epoch) * 10,
        values: values.into(),
    };
    folder.event(job, 1, event);
}

/// Two jobs: the second goes on from the state of the first after its first epoch, the best one of
/// both. Its own log has the epochs from `first` on.
fn continued(first: u32) -> (Folder, JobId, JobId) {
    let mut folder = Folder::live();
    folder.compared_by(1, "a", &[], Metric::natural("val_accuracy"));
    let origin = member(0, 1, 1, 1, &[]).jobs[0].job.clone();
    let continued = member(0, 1, 3, 1, &[]);
    folder.member("a", &continued);
    let job = continued.jobs[0].job.clone();
    folder.start(&origin, 1, Start::Scratch);
    best_keeping_epoch(&mut folder, &origin, 1, 0.75, 1);
    folder.end(&origin, 1, Outcome::Finished);
    let state = Start::State {
        job: origin.clone(),
        epoch: 1,
        exact: true,
    };
    folder.start(&job, 1, state);
    for (epoch, accuracy) in [(1, 0.75), (2, 0.5), (3, 0.25)] {
        if epoch >= first {
            best_keeping_epoch(&mut folder, &job, epoch, accuracy, 1);
        }
    }
    folder.evaluate(&job, 1, Part::Validation, [[3, 1], [2, 4]]);
    folder.end(&job, 1, Outcome::Finished);
    (folder, origin, job)
}

/// Results of the only job: of the leaderboard and of the report.
fn results(folder: &Folder) -> (f64, Option<f64>) {
    let database = folder.reader();
    let board = database.leaderboard("a", 1).expect("reads");
    let rows = database.experiment("a").expect("reads").expect("is there");
    let job = &rows.configurations[0].jobs[0];
    (board[0].sample.mean, job.result("val_accuracy"))
}

fn set_aside(folder: &Folder, job: &JobId) {
    let log = folder.results.job(job);
    std::fs::rename(&log, folder.results.0.join("aside")).expect("moves");
    let writer = folder.writer.as_ref().expect("is live");
    writer
        .forget_jobs(std::slice::from_ref(job))
        .expect("forgets");
}

#[test]
fn the_best_epoch_counts_in_whichever_log_it_is() {
    for first in [1, 2] {
        let (folder, _, job) = continued(first);
        assert_eq!(results(&folder), (0.75, Some(0.75)), "{first}");
        let metric = Metric::natural("val_accuracy");
        let best = folder.reader().best_job("a", &metric).expect("reads");
        assert_eq!(best, Some(job));
        let wide = "select epoch, kept_epoch, val_accuracy from wide_a";
        assert_eq!(folder.text(wide), "3|1|0.75");
    }
}

#[test]
fn epochs_that_are_in_two_logs_outlive_one_of_them() {
    let (folder, origin, _) = continued(1);
    set_aside(&folder, &origin);
    assert_eq!(results(&folder), (0.75, Some(0.75)));
    let curve = "select epoch, value from curves where metric = 'val_accuracy' order by epoch";
    assert_eq!(folder.text(curve), "1|0.75\n2|0.5\n3|0.25");
}

#[test]
fn without_the_kept_epoch_the_evaluation_of_its_weights_counts() {
    let (folder, origin, _) = continued(2);
    set_aside(&folder, &origin);
    assert_eq!(
        results(&folder),
        (0.7, Some(0.7)),
        "not that of another epoch"
    );
}

#[test]
fn a_job_that_adds_no_epoch_passes_on_those_before_it() {
    let mut folder = Folder::live();
    folder.compared_by(1, "a", &[], Metric::natural("val_accuracy"));
    let last = member(0, 1, 3, 1, &[]);
    folder.member("a", &last);
    let jobs = [2, 4, 3].map(|epochs| member(0, 1, epochs, 1, &[]).jobs[0].job.clone());
    folder.start(&jobs[0], 1, Start::Scratch);
    best_keeping_epoch(&mut folder, &jobs[0], 1, 0.5, 1);
    best_keeping_epoch(&mut folder, &jobs[0], 2, 0.25, 1);
    for (job, origin) in [(&jobs[1], &jobs[0]), (&jobs[2], &jobs[1])] {
        let state = Start::State {
            job: origin.clone(),
            epoch: 2,
            exact: true,
        };
        folder.start(job, 1, state);
    }
    best_keeping_epoch(&mut folder, &jobs[2], 3, 0.125, 1);
    folder.end(&jobs[2], 1, Outcome::Finished);
    assert_eq!(results(&folder), (0.5, Some(0.5)));
}

#[test]
fn a_database_of_an_older_program_learns_which_epochs_count() {
    let (mut folder, ..) = continued(2);
    let tables = ["jobs", "summary", "wide_a", "leaderboard"];
    let all = |folder: &Folder| tables.map(|table| folder.text(&format!("select * from {table}")));
    folder.writer = None;
    let expected = all(&folder);
    let old = rusqlite::Connection::open(folder.results.database()).expect("opens");
    let downgrade = "drop view wide_a; drop view leaderboard; drop view curves; drop view failures;
        drop view classes; drop view per_class; drop index jobs_by_origin;
        alter table jobs drop column kept_epoch; alter table jobs drop column kept_job;
        drop view image_sets; drop view image_places; drop view not_used; drop view class_images;
        drop table normalization; alter table revisions drop column images;
        alter table revisions drop column margin;
        drop view may_be_best; drop view who_beats_whom; drop view not_known_yet;
        drop table answers; drop table standings; drop table verdicts; drop table axis_summary;
        drop table axis_means; drop table effects; drop table interactions;
        drop table sentences;
        create view wide_a as select 1; update summary set mean = 0; pragma user_version = 8";
    old.execute_batch(downgrade).expect("is SQL");
    drop(old);
    drop(convsweep_store::DatabaseWriter::open(&folder.results).expect("migrates"));
    assert_eq!(all(&folder), expected);
}
