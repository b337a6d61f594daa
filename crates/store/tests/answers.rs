//! What the results of an experiment say: as a value, as rows, and in the views.

use crate::folder::{Folder, member};
use convsweep_answers::{Answers, Standing, Verdict};
use convsweep_spec::event::{Part, Start};
use convsweep_spec::id::JobId;
use convsweep_spec::log::{Decision, JobVerdict, Member, Record};
use convsweep_spec::metric::Metric;
use convsweep_spec::outcome::Outcome;
use convsweep_spec::random::{Draws, Purpose};
use convsweep_store::{Database, QueryCell, check};

const WIDTH: &str = "model.parameters.width";
const EPOCHS: u32 = 2;
const TABLES: [&str; 8] = [
    "answers",
    "standings",
    "verdicts",
    "axis_summary",
    "axis_means",
    "effects",
    "interactions",
    "sentences",
];

fn diverged() -> Outcome {
    Outcome::Diverged {
        epoch: 0,
        step: 3,
        learning_rate: 0.1,
        loss: None,
    }
}

/// A job that ends in one of all ways, with one of few results.
fn random_job(folder: &mut Folder, draws: &mut Draws, job: &JobId) {
    let accuracy = [0.5, 0.5625, 0.75, 0.875, f64::NAN][draws.below(5) as usize];
    match draws.below(8) {
        0 => {
            folder.start(job, 1, Start::Scratch);
            folder.epoch(job, 1, 1, accuracy);
            folder.end(job, 1, diverged());
        }
        1 => folder.end(job, 1, Outcome::OutOfMemory),
        2 => folder.start(job, 1, Start::Scratch),
        3 => {
            folder.start(job, 1, Start::Scratch);
            folder.evaluate(job, 1, Part::Validation, [[3, 1], [2, 4]]);
        }
        4 => {
            folder.start(job, 1, Start::Scratch);
            folder.evaluate(job, 1, Part::Validation, [[30, 10], [20, 40]]);
            folder.end(job, 1, Outcome::Finished);
        }
        _ => {
            folder.start(job, 1, Start::Scratch);
            folder.epoch(job, 1, EPOCHS, accuracy);
            let right = (accuracy * 80.0) as u32;
            let confusion = [[right / 2, 40 - right / 2], [40 - right / 2, right / 2]];
            folder.evaluate(job, 1, Part::Validation, confusion);
            folder.end(job, 1, Outcome::Finished);
        }
    }
}

fn members() -> Vec<Member> {
    let member = |place: u32| member(place, 9 - place, EPOCHS, 4, &[WIDTH]);
    (0..5).map(member).collect()
}

/// The answers, which are the same by both ways.
fn answers(database: &Database) -> Answers {
    let results = database.sweep_results("a").expect("reads");
    let rows = database.experiment("a").expect("reads").expect("is there");
    assert_eq!(results, Some(rows.sweep_results()));
    let kept = database
        .experiment_results("a")
        .expect("reads")
        .expect("exists");
    assert_eq!(
        results,
        Some(kept.sweep_results()),
        "the epochs kept are enough"
    );
    database.answers("a").expect("reads").expect("is there")
}

fn counts(folder: &Folder) -> Vec<String> {
    let count = |table: &&str| folder.text(&format!("select count(*) from {table}"));
    TABLES.iter().map(count).collect()
}

#[test]
fn rows_and_views_say_what_the_answers_say_of_random_sweeps() {
    let mut draws = Draws::new(Purpose::Mix, &[17]);
    for round in 0..40 {
        let mut folder = Folder::live();
        let metric = Metric::natural(["val_accuracy", "val_loss"][round % 2]);
        folder.compared_by(1, "a", &[WIDTH], metric.clone());
        let members = members();
        members.iter().for_each(|member| folder.member("a", member));
        for job in members.iter().flat_map(|member| &member.jobs) {
            random_job(&mut folder, &mut draws, &job.job);
        }
        let during = answers(&folder.reader());
        assert_eq!(counts(&folder), ["0"; 8], "while the run goes on");
        folder.writer = None;
        let answers = answers(&folder.reader());
        assert_eq!(answers, during);
        compare_rows(&folder, &answers);
        compare_views(&folder, &answers, &metric, &members);
        // Positions in the logs of jobs that have not ended.
        assert_eq!(folder.synced(), Vec::<String>::new());
        let live = folder.dump();
        let report = check(&folder.results).expect("checks");
        assert_eq!(report.problems, Vec::<String>::new());
        convsweep_store::rebuild(&folder.results).expect("rebuilds");
        let rebuilt = folder.dump();
        for (rebuilt, live) in rebuilt.lines().zip(live.lines()) {
            assert_eq!(rebuilt, live, "round {round}");
        }
    }
}

fn compare_rows(folder: &Folder, answers: &Answers) {
    let ranked = "select configuration, rank, jobs, runs, trained, diverged, may_be_best, beats,
        beaten_by from standings where rank is not null order by rank";
    let row = |(rank, s): (usize, &Standing)| {
        format!(
            "{}|{}|{}|{}|{}|{}|{}|{}|{}",
            s.configuration,
            rank + 1,
            s.jobs,
            s.runs,
            s.trained,
            s.diverged,
            u8::from(s.may_be_best),
            s.beats,
            s.beaten_by
        )
    };
    let expected: Vec<String> = answers.standings.iter().enumerate().map(row).collect();
    assert_eq!(folder.text(ranked), expected.join("\n"));
    let numbers = folder.query(
        "select mean, sd, low, high, trained_mean, trained_sd from standings where rank > 0 order by rank",
    );
    for (row, standing) in numbers.rows.iter().zip(&answers.standings) {
        let (low, high) = standing.interval.unzip();
        let expected = [
            Some(standing.mean),
            standing.sd,
            low,
            high,
            standing.trained_mean,
            standing.trained_sd,
        ];
        assert_eq!(row.clone(), expected.map(cell));
    }
    let without = "select label, jobs, stopped, failed, without_metric from standings
        where rank is null order by label";
    let mut expected = Vec::new();
    for w in &answers.without_result {
        let (stopped, failed, without) = (w.stopped, w.failed, w.without_metric);
        expected.push(format!(
            "{}|{}|{stopped}|{failed}|{without}",
            w.label, w.jobs
        ));
    }
    expected.sort();
    assert_eq!(folder.text(without), expected.join("\n"));
    compare_pairs(folder, answers);
}

fn compare_pairs(folder: &Folder, answers: &Answers) {
    let verdicts = folder.query(
        "select first, second, verdict, method, difference, low, high, p, corrected, more_runs,
          trained_difference, share_difference, share_p
        from verdicts order by first_rank, second_rank",
    );
    assert_eq!(verdicts.rows.len(), answers.pairs.len());
    for (row, pair) in verdicts.rows.iter().zip(&answers.pairs) {
        let id = |rank: usize| answers.standings[rank].configuration.0.clone();
        let result = pair.result;
        let (low, high) = result.interval.unzip();
        let numbers = [
            Some(result.difference),
            low,
            high,
            result.p,
            result.corrected,
        ];
        let mut expected = vec![
            QueryCell::Text(id(pair.first)),
            QueryCell::Text(id(pair.second)),
            QueryCell::Text(result.verdict.name().into()),
            QueryCell::Text(pair.method.name().into()),
        ];
        expected.extend(numbers.map(cell));
        let more_runs = pair.more_runs.map(|runs| QueryCell::Integer(runs as i64));
        expected.push(more_runs.unwrap_or(QueryCell::Null));
        expected.push(cell(pair.when_trained.map(|d| d.difference)));
        expected.push(cell(pair.trains.map(|d| d.difference)));
        expected.push(cell(pair.trains.and_then(|d| d.p)));
        assert_eq!(row, &expected);
    }
    let sentences = "select sentence from sentences order by part, position";
    let expected = [answers.sentences(), answers.details()].concat();
    assert_eq!(folder.text(sentences), expected.join("\n"));
    let effects: usize = answers.axes.iter().map(|axis| axis.contrasts.len()).sum();
    let levels: usize = answers.axes.iter().map(|axis| axis.levels.len()).sum();
    let expected = [
        1,
        answers.standings.len() + answers.without_result.len(),
        answers.pairs.len(),
        answers.axes.len(),
        levels,
        effects,
        answers.interactions.len(),
        answers.sentences().len() + answers.details().len(),
    ];
    assert_eq!(counts(folder), expected.map(|count| count.to_string()));
}

fn cell(value: Option<f64>) -> QueryCell {
    value.map_or(QueryCell::Null, QueryCell::Real)
}

fn compare_views(folder: &Folder, answers: &Answers, metric: &Metric, members: &[Member]) {
    let database = folder.reader();
    let board = database.leaderboard("a", 10).expect("reads");
    let board: Vec<_> = board
        .iter()
        .map(|row| (&row.label, row.sample.mean))
        .collect();
    let standings = answers.standings.iter();
    let expected: Vec<_> = standings.map(|s| (&s.label, s.mean)).collect();
    assert_eq!(board, expected);
    // The best job is one of the first configuration that has finished.
    let best_job = database.best_job("a", metric).expect("reads");
    let place = best_job.map(|job| {
        members
            .iter()
            .position(|m| m.jobs.iter().any(|j| j.job == job))
    });
    if let Some(place) = place {
        assert_eq!(place, Some(answers.standings[0].position));
    }
    let set = folder.text("select label from may_be_best order by rank");
    let may_be = answers.standings.iter().filter(|s| s.may_be_best);
    let expected: Vec<&str> = may_be.map(|s| s.label.as_str()).collect();
    assert_eq!(set, expected.join("\n"));
    let beaten = "select better || ' > ' || worse from who_beats_whom order by 1";
    let mut expected = Vec::new();
    for pair in &answers.pairs {
        let label = |rank: usize| answers.standings[rank].label.as_str();
        let (first, second) = (label(pair.first), label(pair.second));
        match pair.result.verdict {
            Verdict::Better => expected.push(format!("{first} > {second}")),
            Verdict::Worse => expected.push(format!("{second} > {first}")),
            Verdict::Equal | Verdict::Unknown => {}
        }
    }
    expected.sort();
    assert_eq!(folder.text(beaten), expected.join("\n"));
    assert_eq!(
        folder.text("select count(*) from who_beats_whom where difference = 0"),
        "0"
    );
}

/// A finished job with this accuracy on a hundred images of two classes.
fn train(folder: &mut Folder, job: &JobId, accuracy: f64) {
    folder.start(job, 1, Start::Scratch);
    folder.epoch(job, 1, EPOCHS, accuracy);
    let right = (accuracy * 100.0).round() as u32;
    let confusion = [[50, 0], [100 - right, right - 50]];
    folder.evaluate(job, 1, Part::Validation, confusion);
    folder.end(job, 1, Outcome::Finished);
}

/// An experiment with two configurations, one of them better, and a job that has not ended.
fn open_experiment() -> (Folder, Vec<Member>, JobId) {
    let mut folder = Folder::live();
    folder.compared_by(1, "a", &[WIDTH], Metric::natural("val_accuracy"));
    let members = members()[..2].to_vec();
    members.iter().for_each(|member| folder.member("a", member));
    for (member, accuracy) in members.iter().zip([0.7, 0.9]) {
        for (job, more) in member.jobs[..3].iter().zip([0.0, 0.01, 0.02]) {
            train(&mut folder, &job.job, accuracy + more);
        }
    }
    let open = members[0].jobs[3].job.clone();
    (folder, members, open)
}

fn reopen(folder: &mut Folder) {
    assert_eq!(folder.synced(), Vec::<String>::new());
    let writer = convsweep_store::DatabaseWriter::open(&folder.results);
    folder.writer = Some(writer.expect("opens"));
}

#[test]
fn what_is_no_longer_true_is_not_in_the_database() {
    let (mut folder, _, open) = open_experiment();
    reopen(&mut folder);
    assert_eq!(
        folder.text("select rank, label from may_be_best"),
        "1|width 8"
    );
    // The start of a job and its epochs change no result.
    folder.start(&open, 1, Start::Scratch);
    folder.epoch(&open, 1, 1, 0.75);
    assert_eq!(counts(&folder)[0], "1");
    folder.end(&open, 1, diverged());
    assert_eq!(counts(&folder), ["0"; 8]);
    let board = "select label, runs, trained, may_be_best from leaderboard order by rank";
    assert_eq!(folder.text(board), "width 8|||\nwidth 9|||");
    reopen(&mut folder);
    assert_eq!(folder.text(board), "width 8|3|3|1\nwidth 9|4|3|0");
}

/// A program that reads while the writer is open finds them once they are asked for.
#[test]
fn answers_can_be_written_before_the_writer_is_closed() {
    let (folder, ..) = open_experiment();
    assert_eq!(folder.text("select count(*) from sentences"), "0");
    let writer = folder.writer.as_ref().expect("is live");
    writer.write_answers().expect("writes");
    assert_eq!(folder.text("select label from may_be_best"), "width 8");
}

#[test]
fn a_round_of_a_race_and_a_new_revision_remove_the_answers() {
    let (mut folder, members, open) = open_experiment();
    reopen(&mut folder);
    let decision = |verdict, rule: &str| {
        Record::Decision(Decision {
            job: open.clone(),
            attempt: Some(0),
            epoch: 0,
            verdict,
            rule: rule.into(),
            reason: "r".into(),
        })
    };
    let rounds = "select race_rounds from answers";
    assert_eq!(folder.text(rounds), "0");
    folder.record("a", decision(JobVerdict::GoOn, "race"));
    assert_eq!(folder.text(rounds), "");
    reopen(&mut folder);
    assert_eq!(folder.text(rounds), "1");
    folder.record("a", decision(JobVerdict::Stop, "race"));
    reopen(&mut folder);
    assert_eq!(folder.text(rounds), "1", "once for each job");
    folder.compared_by(2, "a", &[WIDTH], Metric::natural("val_accuracy"));
    folder.member("a", &members[1]);
    assert_eq!(counts(&folder), ["0"; 8]);
    reopen(&mut folder);
    assert_eq!(
        folder.text("select label, rank from standings"),
        "width 8|1"
    );
}

/// Rows that another version of the program computed are made again.
#[test]
fn answers_of_another_version_are_made_again() {
    let (mut folder, ..) = open_experiment();
    folder.writer = None;
    let before = folder.dump();
    let connection = rusqlite::Connection::open(folder.results.database()).expect("opens");
    let sql = "update answers set program = '0.0.1'; update standings set mean = 7";
    connection.execute_batch(sql).expect("is SQL");
    drop(connection);
    assert_eq!(
        check(&folder.results).expect("checks").problems,
        Vec::<String>::new()
    );
    convsweep_store::DatabaseWriter::open(&folder.results)
        .expect("opens")
        .sync(&folder.results)
        .expect("syncs");
    assert_eq!(folder.dump(), before);
}

#[test]
fn check_finds_answers_that_do_not_follow_from_the_results() {
    let (mut folder, ..) = open_experiment();
    folder.writer = None;
    let connection = rusqlite::Connection::open(folder.results.database()).expect("opens");
    let sql = "update verdicts set verdict = 'equal'";
    connection.execute(sql, []).expect("is SQL");
    drop(connection);
    let problems = check(&folder.results).expect("checks").problems;
    assert!(problems[0].starts_with("verdicts: "), "{problems:?}");
}
