//! Whole reports of made-up rows: words, files, charts without overlaps, and sealed test images.

mod synthetic;

use convsweep_report::answer::answer;
use convsweep_report::charts::{
    self, confusion::Confusion, effects::Effects, leaderboard::Leaderboard,
};
use convsweep_report::notes::warnings;
use convsweep_report::standing::Standing;
use convsweep_report::{report, tables};
use convsweep_spec::layout::{PREDICTIONS, ResultsFolder};
use convsweep_spec::metric::Direction;
use convsweep_store::ExperimentRows;
use synthetic::{Made, predictions, ten};

fn two() -> Made {
    Made::default()
}

fn six() -> Made {
    Made {
        axes: vec![
            ("model.parameters.pool", vec!["max", "average", "strided"]),
            ("train.optimizer", vec!["sgd", "adam"]),
        ],
        baseline: Some(0),
        ..Made::default()
    }
}

fn twenty_four() -> Made {
    Made {
        axes: vec![
            ("model.parameters.width", vec!["16", "32", "64"]),
            ("train.optimizer.lr", vec!["0.0001", "0.001", "0.01", "0.1"]),
            (
                "augment",
                vec![
                    "none",
                    "rotate 15°, scale 0.9–1.1, flip horizontally, crop by 4",
                ],
            ),
        ],
        baseline: Some(20),
        ..Made::default()
    }
}

fn hundred() -> Made {
    let classes = (0..100)
        .map(|i| format!("a class with a long name {i}"))
        .collect();
    Made {
        classes,
        ..Made::default()
    }
}

fn all_charts(rows: &ExperimentRows) -> Vec<charts::Chart> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join(PREDICTIONS);
    std::fs::write(&path, predictions(rows.revision.classes.len())).expect("writes");
    let kept = convsweep_report::predictions::read(&path)
        .expect("reads")
        .expect("has images");
    charts::all(&Standing::new(rows), Some(&kept))
}

#[test]
fn no_chart_has_overlapping_labels() {
    let many = Made {
        axes: vec![("a", vec!["x"; 60])],
        ..Made::default()
    };
    let folds = Made {
        folds: Some(5),
        seeds: 2,
        metric: ("val_loss", Direction::Min),
        ..six()
    };
    let one = Made {
        axes: vec![],
        seeds: 1,
        ..Made::default()
    };
    let forty = Made {
        classes: (0..40).map(|i| format!("class number {i}")).collect(),
        ..two()
    };
    for made in [
        one,
        two(),
        six(),
        twenty_four(),
        hundred(),
        forty,
        folds,
        many,
    ] {
        for chart in all_charts(&made.rows()) {
            let found = chart.scene.collisions();
            assert!(
                found.is_empty(),
                "{} with axes {:?}: {found:#?}",
                chart.name,
                made.axes
            );
        }
    }
}

#[test]
fn every_chart_is_there() {
    let names = |made: Made| {
        all_charts(&made.rows())
            .into_iter()
            .map(|c| c.name)
            .collect::<Vec<_>>()
    };
    let rest = ["confusion", "classes", "images", "learning-rate"];
    assert_eq!(
        names(two()),
        [
            &[
                "leaderboard",
                "curves-accuracy",
                "curves-loss",
                "effects",
                "cost"
            ],
            &rest[..]
        ]
        .concat()
    );
    assert_eq!(
        names(six()),
        [
            &[
                "leaderboard",
                "curves-accuracy",
                "curves-loss",
                "effects",
                "heatmap",
                "cost"
            ],
            &rest[..]
        ]
        .concat()
    );
}

#[test]
fn order_is_by_the_validation_metric_whatever_the_test_says() {
    let mut rows = six().rows();
    let before: Vec<u32> = Standing::new(&rows)
        .entries
        .iter()
        .map(|e| e.row.member.position)
        .collect();
    for (i, job) in rows
        .configurations
        .iter_mut()
        .flat_map(|c| &mut c.jobs)
        .enumerate()
    {
        job.test.as_mut().expect("evaluated").accuracy = i as f64 / 100.0;
    }
    let after: Vec<u32> = Standing::new(&rows)
        .entries
        .iter()
        .map(|e| e.row.member.position)
        .collect();
    assert_eq!(before, after);
    let means: Vec<f64> = Standing::new(&rows)
        .ranking()
        .iter()
        .filter_map(|e| e.score.map(|s| s.mean))
        .collect();
    assert!(means.windows(2).all(|w| w[0] >= w[1]), "{means:?}");
    let loss = Made {
        metric: ("val_loss", Direction::Min),
        ..six()
    }
    .rows();
    let means: Vec<f64> = Standing::new(&loss)
        .ranking()
        .iter()
        .filter_map(|e| e.score.map(|s| s.mean))
        .collect();
    assert!(means.windows(2).all(|w| w[0] <= w[1]), "{means:?}");
}

#[test]
fn test_figures_of_the_others_stay_sealed() {
    let mut rows = twenty_four().rows();
    for job in rows.configurations.iter_mut().flat_map(|c| &mut c.jobs) {
        job.test.as_mut().expect("evaluated").accuracy = 0.123456;
    }
    let count = |rows: &ExperimentRows| {
        let s = Standing::new(rows);
        let table = tables::leaderboard(&s)
            .rows
            .iter()
            .flatten()
            .filter(|c| c.starts_with("12.35"))
            .count();
        let csv = String::from_utf8(tables::evaluations_csv(&s).expect("writes")).expect("text");
        (table, csv.lines().filter(|l| l.contains(",test,")).count())
    };
    assert_eq!(count(&rows), (2, 2 * 3), "the best and the baseline");
    rows.revision.show_test = true;
    assert_eq!(count(&rows), (24, 24 * 3));
    assert!(
        answer(&Standing::new(&rows))
            .join(" ")
            .contains("no sealed images left")
    );
}

#[test]
fn one_seed_says_that_nothing_can_be_said() {
    let rows = Made { seeds: 1, ..two() }.rows();
    let text = answer(&Standing::new(&rows)).join("\n");
    assert!(text.contains("with one seed nothing can be said"), "{text}");
    assert!(text.contains("McNemar p "), "{text}");
    assert!(
        !text.contains("unlikely to be noise") && !text.contains('±'),
        "{text}"
    );
}

#[test]
fn clear_and_unclear_differences_are_told_apart() {
    let clear = Made {
        seeds: 5,
        noise: 0.0005,
        ..two()
    }
    .rows();
    let text = answer(&Standing::new(&clear)).join("\n");
    assert!(
        text.contains("pool=average has the highest validation accuracy of 2 configurations"),
        "{text}"
    );
    assert!(
        text.contains("unlikely to be noise (paired over 5 seeds"),
        "{text}"
    );
    let unclear = Made {
        seeds: 3,
        noise: 0.2,
        ..two()
    }
    .rows();
    let text = answer(&Standing::new(&unclear)).join("\n");
    assert!(text.contains("it could be noise"), "{text}");
}

#[test]
fn comparisons_are_with_the_baseline_or_of_all_pairs() {
    let rows = six().rows();
    let s = Standing::new(&rows);
    assert_eq!(s.comparisons.len(), 5);
    assert!(
        s.comparisons
            .iter()
            .all(|c| Some(c.better) == s.baseline || Some(c.worse) == s.baseline)
    );
    let rows = Made {
        baseline: None,
        ..six()
    }
    .rows();
    let s = Standing::new(&rows);
    assert_eq!(s.comparisons.len(), 15);
    for c in &s.comparisons {
        assert!(c.test.expect("tested").difference.mean >= 0.0);
        assert!(c.corrected.expect("corrected") >= c.test.and_then(|t| t.p).expect("tested"));
        assert_eq!(c.images.len(), 3, "one for each seed");
    }
}

#[test]
fn the_effects_of_the_axes_are_told_where_they_are_comparable() {
    let told = |rows: &ExperimentRows| {
        answer(&Standing::new(rows))
            .into_iter()
            .find(|p| p.starts_with("Averaged over"))
    };
    let mut rows = six().rows();
    let text = told(&rows).expect("two axes");
    let mean = |optimizer: &str| {
        let standing = Standing::new(&rows);
        let with: Vec<f64> = standing
            .entries
            .iter()
            .filter(|e| e.label().contains(optimizer))
            .filter_map(|e| e.score.map(|s| s.mean))
            .collect();
        assert_eq!(with.len(), 3);
        with.iter().sum::<f64>() / 3.0
    };
    let by = 100.0 * (mean("optimizer=adam") - mean("optimizer=sgd"));
    let (low, high) = if by > 0.0 {
        ("sgd", "adam")
    } else {
        ("adam", "sgd")
    };
    let part = format!(
        "by {:.2} percentage points (from {low} to {high})",
        by.abs()
    );
    assert!(
        text.contains(&part) && text.matches("moves it most").count() == 1,
        "{part} is not in {text}"
    );
    // One configuration less, and the values of an axis have not met the same others.
    rows.configurations.pop();
    assert_eq!((told(&rows), told(&two().rows())), (None, None));
}

#[test]
fn other_images_are_not_compared_image_by_image() {
    let mut rows = two().rows();
    rows.configurations[1].member.resolved.data.limit = Some(100);
    assert!(Standing::new(&rows).comparisons[0].images.is_empty());
}

#[test]
fn folds_are_spoken_of_and_paired() {
    let rows = Made {
        folds: Some(5),
        seeds: 1,
        ..two()
    }
    .rows();
    let text = answer(&Standing::new(&rows)).join("\n");
    assert!(
        text.contains("validation folds") && text.contains("Folds share training images"),
        "{text}"
    );
    assert!(
        text.contains("over 5 folds") && !text.contains("5 seeds"),
        "{text}"
    );
    assert_eq!(
        Standing::new(&rows).comparisons[0]
            .test
            .expect("tested")
            .difference
            .n,
        5
    );
}

#[test]
fn failures_and_machines_are_warned_of() {
    let mut rows = six().rows();
    assert!(warnings(&Standing::new(&rows)).is_empty());
    rows.configurations[2].jobs[0].outcome = Some("diverged".into());
    rows.configurations[3].jobs[1].outcome = None;
    for job in &mut rows.configurations[4].jobs {
        job.fingerprint.as_mut().expect("there").backend = "cuda".into();
    }
    let text = warnings(&Standing::new(&rows)).join("\n");
    assert!(
        text.contains("2 of 18 jobs have no result: 1 diverged (pool=average optimizer=sgd); 1 not finished yet"),
        "{text}"
    );
    assert!(text.contains("Configurations have 2 to 3 runs"), "{text}");
    assert!(
        text.contains("2 different numerics")
            && text.contains("Each configuration ran on one of them only"),
        "{text}"
    );
}

#[test]
fn chart_data_is_what_the_rows_say() {
    let rows = six().rows();
    let s = Standing::new(&rows);
    let board = Leaderboard::new(&s).expect("results");
    let best = s.best().expect("results").score.expect("results");
    assert_eq!(board.rows.len(), 6);
    assert!((board.rows[0].score.mean - best.mean * 100.0).abs() < 1e-9);
    let (low, high) = board.range();
    assert!(
        board
            .rows
            .iter()
            .flat_map(|r| &r.runs)
            .all(|v| (low..=high).contains(v))
    );
    let effects = Effects::new(&s).expect("axes");
    let optimizer = &effects.axes[1];
    assert_eq!(optimizer.values[0].1.n, 3, "a mean over three pools");
    assert_eq!(optimizer.traces.len(), 3);
    let sgd: Vec<f64> = s
        .ranking()
        .iter()
        .filter(|e| e.label().contains("sgd"))
        .filter_map(|e| e.score.map(|v| v.mean))
        .collect();
    assert!((optimizer.values[0].1.mean - 100.0 * sgd.iter().sum::<f64>() / 3.0).abs() < 1e-9);
    let confusion = Confusion::of_best(&s).expect("evaluated");
    assert_eq!((confusion.runs, confusion.part.name()), (3, "test"));
    assert_eq!(confusion.counts.iter().flatten().sum::<u64>(), 3000);
}

#[test]
fn nothing_finished_is_said_and_still_a_page() {
    let mut rows = six().rows();
    for job in rows.configurations.iter_mut().flat_map(|c| &mut c.jobs) {
        job.outcome = None;
        job.epochs.clear();
        (job.validation, job.test) = (None, None);
    }
    let folder = tempfile::tempdir().expect("a folder");
    let made = report(&rows, &ResultsFolder(folder.path().into())).expect("reports");
    assert!(
        made.answer
            .starts_with("There is no answer yet: none of 18 jobs has finished."),
        "{}",
        made.answer
    );
    assert!(made.charts.is_empty() && made.html.exists());
}

#[test]
fn files_are_written_and_the_page_is_whole() {
    let rows = six().rows();
    let folder = tempfile::tempdir().expect("a folder");
    let results = ResultsFolder(folder.path().into());
    let first = Standing::new(&rows).best().expect("a best").runs[0]
        .job
        .job
        .clone();
    std::fs::create_dir_all(results.job(&first)).expect("a folder");
    std::fs::write(results.job(&first).join(PREDICTIONS), predictions(10)).expect("writes");
    std::fs::create_dir_all(results.experiment("made-up").join("charts")).expect("a folder");
    let stale = results.experiment("made-up").join("charts/heatmap-3.svg");
    std::fs::write(&stale, "old").expect("writes");
    let made = report(&rows, &results).expect("reports");
    assert!(!stale.exists(), "charts of an earlier report go");
    assert!(made.charts.iter().any(|c| c.ends_with("images.png")));
    for file in made.charts.iter().chain(&made.tables) {
        assert!(
            std::fs::metadata(file).expect("is there").len() > 100,
            "{}",
            file.display()
        );
    }
    let page = std::fs::read_to_string(&made.html).expect("a page");
    assert!(page.contains("Which of these made-up choices is best?") && page.contains(&first.0));
    assert_eq!(page.matches("<svg").count(), made.charts.len() / 2);
    for outside in ["http://", "https://", "<script", "<link"] {
        let found = page.replace("http://www.w3.org/2000/svg", "");
        assert!(
            !found.contains(outside),
            "the page reaches outside: {outside}"
        );
    }
    let tex = std::fs::read_to_string(results.experiment("made-up").join("leaderboard.tex"))
        .expect("a table");
    assert!(tex.contains("\\toprule") && tex.contains("$\\pm$"));
}

#[test]
fn damaged_predictions_are_said() {
    let rows = two().rows();
    let folder = tempfile::tempdir().expect("a folder");
    let results = ResultsFolder(folder.path().into());
    let first = Standing::new(&rows).best().expect("a best").runs[0]
        .job
        .job
        .clone();
    std::fs::create_dir_all(results.job(&first)).expect("a folder");
    let whole = predictions(10);
    for (bytes, complaint) in [
        (&whole[..whole.len() / 2], "not a safetensors file"),
        (&whole[..4], "not a safetensors file"),
    ] {
        std::fs::write(results.job(&first).join(PREDICTIONS), bytes).expect("writes");
        let made = report(&rows, &results).expect("reports");
        assert!(
            made.answer.contains("No images are shown") && made.answer.contains(complaint),
            "{}",
            made.answer
        );
    }
}

#[test]
fn names_are_escaped() {
    let mut rows = Made {
        classes: ten(),
        ..two()
    }
    .rows();
    rows.configurations[0].member.label = "<script>alert(1)</script>".into();
    rows.revision.question = Some("Is a < b & c?".into());
    let folder = tempfile::tempdir().expect("a folder");
    let made = report(&rows, &ResultsFolder(folder.path().into())).expect("reports");
    let page = std::fs::read_to_string(made.html).expect("a page");
    assert!(!page.contains("<script>") && page.contains("a &lt; b &amp; c?"));
}
