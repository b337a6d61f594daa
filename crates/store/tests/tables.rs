//! The contents of tables and views.

use crate::folder::{Folder, fingerprint, member};
use convsweep_spec::event::{Event, Part, Start};
use convsweep_spec::id::{JobId, StateKey};
use convsweep_spec::log::{Record, Revision};
use convsweep_spec::metric::{Direction, Number};
use convsweep_spec::outcome::Outcome;

const WIDTH: &str = "model.parameters.width";

#[test]
fn the_leaderboard_orders_by_the_metric_and_keeps_test_figures_sealed() {
    let mut folder = Folder::live();
    let members: Vec<_> = (1..=3).map(|w| member(w - 1, w, 2, 2, &[WIDTH])).collect();
    for (experiment, direction) in [("up", Direction::Max), ("down", Direction::Min)] {
        folder.revision(1, experiment, &[WIDTH], direction);
        members.iter().for_each(|m| folder.member(experiment, m));
    }
    for (m, accuracy) in [(0, 0.5), (1, 0.75)] {
        folder.train(&members[m].jobs[0].job, accuracy);
        folder.train(&members[m].jobs[1].job, accuracy + 0.125);
    }
    let board =
        "select rank, label, metric, round(mean, 4), round(sd, 4), n, jobs, parameters, macs, seconds, test_accuracy
        from leaderboard where experiment = ";
    let expected = "1|width 2|val_accuracy|0.8125|0.0884|2|2|20|40|2.5|0.5\n\
         2|width 1|val_accuracy|0.5625|0.0884|2|2|10|20|2.5|\n\
         3|width 3|val_accuracy|||0|2|30|60||";
    assert_eq!(folder.text(&format!("{board}'up'")), expected);
    let down = folder
        .text("select rank, label, round(mean, 4) from leaderboard where experiment = 'down'");
    assert_eq!(down, "1|width 2|0.1875\n2|width 1|0.4375\n3|width 3|");
    let low_high = folder.text(
        "select round(mean - low, 6), round(high - mean, 6) from leaderboard where n = 2 limit 1",
    );
    let half = 12.706_204_736 * 0.125 / 2.0;
    assert_eq!(low_high, format!("{half:.6}|{half:.6}"));
}

#[test]
fn a_summary_counts_the_newest_revisions_jobs_only() {
    let mut folder = Folder::live();
    let (small, large) = (member(0, 1, 2, 1, &[]), member(0, 1, 2, 3, &[]));
    folder.revision(1, "a", &[], Direction::Max);
    folder.member("a", &small);
    large
        .jobs
        .iter()
        .zip([0.5, 0.6, 0.7])
        .for_each(|(j, accuracy)| folder.train(&j.job, accuracy));
    assert_eq!(folder.text("select n, jobs from leaderboard"), "1|1");
    folder.revision(2, "a", &[], Direction::Max);
    folder.member("a", &large);
    assert_eq!(
        folder.text("select n, jobs, round(mean, 3) from leaderboard"),
        "3|3|0.6"
    );
    assert_eq!(folder.text("select revision from experiments"), "2");
}

#[test]
fn experiments_are_read_as_they_were_logged() {
    let mut folder = Folder::live();
    let axes = [WIDTH, "train.optimizer"];
    let mut members: Vec<_> = (1..=2).map(|w| member(w - 1, w, 2, 2, &axes)).collect();
    members[1].values[1].value = serde_json::json!({"name": "sgd", "lr": 0.1});
    members[1].values[1].label = "sgd".into();
    folder.revision(1, "old", &[], Direction::Max);
    folder.revision(1, "a", &axes, Direction::Min);
    members.iter().for_each(|m| folder.member("a", m));
    folder.train(&members[0].jobs[0].job, 0.5);
    let rows = folder
        .reader()
        .experiment("a")
        .expect("reads")
        .expect("is there");
    assert_eq!(
        rows.configurations
            .iter()
            .map(|c| c.member.clone())
            .collect::<Vec<_>>(),
        members
    );
    assert_eq!(
        (rows.revision.experiment.as_str(), rows.revision.axes.len()),
        ("a", 2)
    );
    assert_eq!(rows.revision.overrides, ["train.epochs=2"]);
    let job = &rows.configurations[0].jobs[0];
    assert_eq!(
        (job.outcome.as_deref(), job.attempts, job.device.as_str()),
        (Some("finished"), 1, "cpu")
    );
    assert_eq!(job.fingerprint, Some(fingerprint()));
    let validation = job.validation.as_ref().expect("evaluated");
    assert_eq!(validation.confusion, [[3, 1], [2, 4]]);
    assert_eq!(
        (validation.images, validation.loss, validation.accuracy),
        (10, 0.25, 0.7)
    );
    assert_eq!(validation.correct, [0b0111_1111, 0]);
    assert_eq!(
        job.epochs.iter().map(|e| e.epoch).collect::<Vec<_>>(),
        [1, 2]
    );
    let waiting = &rows.configurations[1].jobs[1];
    assert_eq!(
        (
            waiting.outcome.as_deref(),
            waiting.attempts,
            waiting.epochs.len()
        ),
        (None, 0, 0)
    );
    assert_eq!(folder.reader().experiment("none").expect("reads"), None);
    let reader = folder.reader();
    let all = reader.experiments().expect("reads");
    let mut short = Vec::new();
    for e in &all {
        let jobs = reader.progress(&e.name).expect("reads").expect("is there");
        let finished = jobs.iter().filter(|job| job.state.finished).count();
        let ended = jobs.iter().filter(|job| job.state.outcome.is_some());
        let failed = ended.count() - finished;
        short.push((
            e.name.as_str(),
            e.configurations,
            jobs.len(),
            finished,
            failed,
        ));
    }
    assert_eq!(short, [("a", 2, 4, 1, 0), ("old", 0, 0, 0, 0)]);
}

#[test]
fn figures_of_each_class_follow_from_the_confusion_matrix() {
    let mut folder = Folder::live();
    let job = JobId("j".into());
    folder.evaluate(&job, 1, Part::Test, [[5, 0], [5, 0]]);
    folder.evaluate(&job, 1, Part::Validation, [[3, 1], [2, 4]]);
    let sql = "select part, class, support, predicted, precision, round(recall, 4), round(f1, 4) from per_class order by part, class";
    let expected = "test|0|5|10|0.5|1|0.6667\ntest|1|5|0||0|0\nvalidation|0|4|5|0.6|0.75|0.6667\nvalidation|1|6|5|0.8|0.6667|0.7273";
    assert_eq!(folder.text(sql), expected);
    assert_eq!(
        folder.text("select part, hex(bits) from correctness order by part"),
        "test|1F00\nvalidation|7F00"
    );
}

#[test]
fn wide_views_have_a_column_for_each_axis_and_follow_changes() {
    let mut folder = Folder::live();
    let name = r#"it's "odd"; drop table jobs"#;
    let axes = [WIDTH, "train.seed", "other.width"];
    let m = member(0, 16, 2, 2, &axes);
    folder.revision(1, name, &axes, Direction::Max);
    folder.member(name, &m);
    folder.train(&m.jobs[1].job, 0.5);
    let table = folder.query(r#"select * from "wide_it's ""odd""; drop table jobs""#);
    let expected = [
        "label",
        "seed",
        "fold",
        "width",
        "train.seed",
        "other.width",
        "train_loss",
    ];
    assert_eq!(table.columns[..7], expected);
    assert_eq!(table.rows.len(), 2);
    let row = r#"select seed, width + 1, "train.seed", val_accuracy, outcome from "wide_it's ""odd""; drop table jobs""#;
    assert_eq!(folder.text(row), "0|17|16||\n1|17|16|0.5|finished");

    folder.revision(2, name, &[WIDTH], Direction::Max);
    folder.member(name, &member(0, 16, 2, 2, &[WIDTH]));
    let table = folder.query(r#"select * from "wide_it's ""odd""; drop table jobs""#);
    assert_eq!(
        table.columns[..5],
        ["label", "seed", "fold", "width", "train_loss"]
    );

    folder.revision(1, "Case", &[], Direction::Max);
    folder.revision(1, "case", &[], Direction::Max);
    assert_eq!(
        folder.text("select name from sqlite_master where name like 'wide_case%' order by 1"),
        "wide_Case\nwide_case_2"
    );
}

#[test]
fn epochs_before_a_saved_state_are_part_of_the_curve() {
    let mut folder = Folder::live();
    let jobs: Vec<_> = [2, 3, 4].map(|epochs| member(0, 1, epochs, 1, &[])).into();
    folder.revision(1, "a", &[], Direction::Max);
    folder.member("a", &jobs[2]);
    let ids: Vec<_> = jobs.iter().map(|m| m.jobs[0].job.clone()).collect();
    folder.train(&ids[0], 0.5);
    let from = |job: &JobId, epoch| Start::State {
        job: job.clone(),
        epoch,
        exact: true,
    };
    folder.start(&ids[1], 1, from(&ids[0], 2));
    folder.epoch(&ids[1], 1, 3, 0.6);
    folder.start(&ids[2], 1, from(&ids[1], 3));
    folder.epoch(&ids[2], 1, 4, 0.7);
    folder.start(
        &ids[2],
        2,
        Start::Checkpoint {
            epoch: 4,
            step: 0,
            exact: true,
        },
    );
    folder.end(&ids[2], 2, Outcome::Finished);
    let curve =
        folder.text("select epoch, value from curves where metric = 'val_accuracy' order by epoch");
    assert_eq!(curve, "1|0.4\n2|0.5\n3|0.6\n4|0.7");
    let rows = folder
        .reader()
        .experiment("a")
        .expect("reads")
        .expect("is there");
    assert_eq!(
        rows.configurations[0].jobs[0]
            .epochs
            .iter()
            .map(|e| e.epoch)
            .collect::<Vec<_>>(),
        [1, 2, 3, 4]
    );

    // Logs that name each other, as no run writes them, must not hang a reader.
    folder.start(&ids[0], 2, from(&ids[2], 3));
    folder.text("select count(*) from curves");
}

#[test]
fn files_are_listed_with_their_sizes_and_hashes() {
    let mut folder = Folder::live();
    let (a, b) = (JobId("a".into()), JobId("b".into()));
    let artifact = |path: &str, hash: Option<&str>| Event::Artifact {
        kind: "model".into(),
        path: path.into(),
        bytes: 7,
        blake3: hash.map(Into::into),
    };
    let saved = |hash: &str| Event::StateSaved {
        epoch: 2,
        key: StateKey("k".into()),
        path: "states/epoch-2".into(),
        bytes: 9,
        blake3: Some(hash.into()),
    };
    folder.event(&a, 1, artifact("model", Some("h1")));
    folder.event(&a, 2, artifact("model", Some("h2")));
    folder.event(&a, 2, saved("s"));
    folder.event(&b, 1, artifact("old", None));
    let database = folder.reader();
    let files = database.kept_files(&[a.clone(), b.clone()]).expect("reads");
    let listed: Vec<(&str, &str, u64, Option<&str>)> = files
        .iter()
        .map(|file| {
            let path = file.path.to_str().expect("UTF-8");
            (
                file.job.0.as_str(),
                path,
                file.bytes,
                file.blake3.as_deref(),
            )
        })
        .collect();
    let state = "states/epoch-2/state.safetensors";
    assert_eq!(
        listed,
        [
            ("a", "model", 7, Some("h2")),
            ("a", state, 9, Some("s")),
            ("b", "old", 7, None)
        ]
    );
}

#[test]
fn saved_states_are_found_by_key_while_they_are_on_the_disk() {
    let mut folder = Folder::live();
    let (a, b) = (JobId("a".into()), JobId("b".into()));
    let key = |k: &str| StateKey(k.into());
    let saved = |k: &str, epoch| Event::StateSaved {
        epoch,
        key: key(k),
        path: format!("states/epoch-{epoch}"),
        bytes: 3,
        blake3: None,
    };
    folder.event(&a, 1, saved("k", 2));
    folder.event(&b, 1, saved("k", 2));
    folder.event(&b, 1, saved("l", 3));
    let path = folder.results.job(&b).join("states/epoch-2");
    std::fs::create_dir_all(&path).expect("makes");
    let found = folder
        .reader()
        .saved_states(&[key("k"), key("l"), key("m")])
        .expect("reads");
    assert_eq!(found.len(), 1);
    let state = &found[&key("k")];
    assert_eq!((&state.job, state.epoch, &state.path), (&b, 2, &path));
}

#[test]
fn infinities_are_kept_and_nan_is_null() {
    let mut folder = Folder::live();
    let values = [
        ("a", f64::INFINITY),
        ("b", f64::NEG_INFINITY),
        ("c", f64::NAN),
    ];
    let values = values.map(|(n, v)| (n.to_string(), Number(v))).into();
    folder.event(
        &JobId("j".into()),
        1,
        Event::Metrics {
            phase: 0,
            epoch: 1,
            step: 1,
            values,
        },
    );
    assert_eq!(
        folder.text("select name, value, value is null from metrics order by name"),
        "a|inf|0\nb|-inf|0\nc||1"
    );
}

#[test]
fn progress_events_are_not_stored() {
    let mut folder = Folder::live();
    let progress = Event::Progress {
        epoch: 1,
        step: 2,
        steps: 3,
        epochs: 4,
        images_per_second: 5.0,
    };
    folder.event(&JobId("j".into()), 1, progress);
    assert_eq!(
        folder.text("select (select count(*) from jobs) + (select count(*) from attempts)"),
        "0"
    );
}

#[test]
fn evaluations_replace_missing_validation_metrics_and_infinite_ones_do_not_count() {
    let mut folder = Folder::live();
    let m = member(0, 1, 2, 2, &[]);
    folder.revision(1, "a", &[], Direction::Max);
    folder.member("a", &m);
    folder.train(&m.jobs[0].job, f64::INFINITY);
    folder.evaluate(&m.jobs[1].job, 1, Part::Validation, [[3, 1], [2, 4]]);
    folder.end(&m.jobs[1].job, 1, Outcome::Finished);
    assert_eq!(folder.text("select n, mean, sd from leaderboard"), "1|0.7|");
    let losses = "select metric, n, mean from summary where metric like '%loss' order by metric";
    assert_eq!(folder.text(losses), "test_loss|1|0.25\nval_loss|1|0.25");
}

#[test]
fn the_margin_of_a_revision_is_kept() {
    let mut folder = Folder::live();
    folder.revision(1, "a", &[], Direction::Max);
    let margin = |folder: &Folder| {
        let revision = folder.reader().revision("a").expect("reads");
        revision.expect("is there").margin
    };
    assert_eq!(margin(&folder), None, "older programs recorded none");
    let newest = folder.reader().revision("a").expect("reads");
    let newest = newest.expect("is there");
    let changed = Revision {
        revision: 2,
        margin: Some(0.005),
        ..newest
    };
    folder.record("a", Record::Revision(Box::new(changed)));
    assert_eq!(margin(&folder), Some(0.005));
    let rows = folder.reader().experiment("a").expect("reads");
    assert_eq!(rows.expect("is there").revision.margin, Some(0.005));
    let log = folder.results.0.join("a/log.jsonl");
    let log = std::fs::read_to_string(log).expect("reads");
    let lines: Vec<bool> = log
        .lines()
        .map(|line| line.contains("\"margin\""))
        .collect();
    assert_eq!(lines, [false, true]);
    folder.writer = None;
    convsweep_store::rebuild(&folder.results).expect("rebuilds");
    let all = "select revision, margin from revisions order by 1";
    assert_eq!(folder.text(all), "1|\n2|0.005");
}
