//! Every chart, judged by its marks: how many there are, where, in which colour, and the texts
//! next to them.

mod calibration;
mod classes;
mod confused_pairs;
mod confusion;
mod contrasts;
mod cost;
mod effects;
mod explanations;
mod filters;
mod heat_map;
mod images;
mod interactions;
mod leaderboard;
mod learning_curves;
mod learning_rate;
mod overlaps;
mod parallel;
mod pruning;
mod range_test;
mod spoken;
mod verdicts;

use crate::synthetic::cases::{self, six};
use crate::synthetic::predictions::predictions_file;
use crate::synthetic::range_test::curve;
use convsweep_report::charts::{self, Chart, ChartData};
use convsweep_report::job_files::{
    Explanations, FirstFilters, ImagesToExplain, JobFiles, Predictions, RangeTests, RunPredictions,
    predictions,
};
use convsweep_report::ranking::Ranking;
use convsweep_spec::data::ImageNames;
use convsweep_spec::inference::{AttributionMap, AttributionMethod, DeletionCurves, MapWorth};
use convsweep_spec::layout::PREDICTIONS;
use convsweep_store::ExperimentRows;

/// All charts of an experiment whose best job left its predictions.
fn charts_of(rows: &ExperimentRows) -> Vec<Chart> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join(PREDICTIONS);
    let bytes = predictions_file(rows.revision.classes.len());
    std::fs::write(&path, bytes).expect("writes");
    let kept = predictions::read(&path, None).expect("reads");
    let ranking = Ranking::new(rows);
    charts::all(&ChartData::new(&ranking, &files_of(rows, &ranking, kept)))
}

/// The files of jobs of which each run of the chosen configuration has these predictions.
fn files_of(rows: &ExperimentRows, ranking: &Ranking, kept: Option<Predictions>) -> JobFiles {
    let mut predictions = Vec::new();
    for run in ranking.best().into_iter().flat_map(|best| best.finished()) {
        let (seed, fold) = run.pair_key();
        predictions.extend(kept.clone().map(|predictions| RunPredictions {
            seed,
            fold,
            predictions,
        }));
    }
    JobFiles {
        range_tests: range_tests(rows),
        predictions,
        filters: ranking.best().map(|_| filters()),
        names: ImageNames::default(),
        explanations: kept.and_then(|kept| explanations(ranking, &kept)),
    }
}

/// Maps of two networks; those of the first are better than elsewhere for every second image.
fn explanations(ranking: &Ranking, kept: &Predictions) -> Option<Explanations> {
    let asked = ImagesToExplain::of(ranking, kept)?;
    let map = |network: usize, image: usize| AttributionMap {
        method: AttributionMethod::GradCam,
        values: (0..32 * 32)
            .map(|i| ((i % 32 + image + 9 * network) as f32 * 0.2).sin())
            .collect(),
        worth: (network == 0).then_some(MapWorth {
            own: DeletionCurves {
                deletion: 0.5,
                insertion: 0.4 + 0.3 * (image % 2) as f32,
            },
            moved: DeletionCurves {
                deletion: 0.5,
                insertion: 0.5,
            },
        }),
    };
    let images = 0..asked.images.len();
    let networks = [0, 1].map(|network| images.clone().map(|image| map(network, image)).collect());
    Explanations::new(asked, &networks)
}

/// Twelve filters over three channels.
fn filters() -> FirstFilters {
    FirstFilters {
        layer: "conv1".into(),
        seed: 0,
        channels: 3,
        height: 5,
        width: 5,
        weights: (0..12 * 75)
            .map(|i| (i as f32 * 0.37).sin() * 0.2)
            .collect(),
    }
}

fn range_tests(rows: &ExperimentRows) -> Vec<RangeTests> {
    let mut tests = Vec::new();
    for configuration in &rows.configurations {
        let member = &configuration.member;
        if member.resolved.task.range_test().is_some() {
            let jobs = configuration.jobs.iter();
            tests.push(RangeTests {
                label: member.label.clone(),
                results: jobs.map(|job| curve(member.position, job.seed)).collect(),
            });
        }
    }
    tests
}

/// The chart of this name.
fn chart_of(rows: &ExperimentRows, name: &str) -> Chart {
    let mut charts = charts_of(rows).into_iter();
    charts
        .find(|chart| chart.name == name)
        .expect("the chart is made")
}

fn names(rows: &ExperimentRows) -> Vec<String> {
    charts_of(rows).into_iter().map(|c| c.name).collect()
}

#[test]
fn every_chart_is_made_in_the_order_of_the_page() {
    let expected = [
        "leaderboard",
        "verdicts",
        "curves-accuracy",
        "curves-loss",
        "effects",
        "contrasts",
        "heatmap",
        "cost",
        "confusion",
        "confused-pairs",
        "classes",
        "calibration",
        "images",
        "explanations",
        "filters",
        "learning-rate",
    ];
    assert_eq!(names(&six().rows()), expected);
}

#[test]
fn charts_without_anything_to_show_are_left_out() {
    let one_axis = names(&cases::two().rows());
    assert!(!one_axis.contains(&"heatmap".into()), "{one_axis:?}");
    let one_configuration = names(&cases::one().rows());
    for missing in ["effects", "heatmap", "cost", "sparing", "range-test"] {
        assert!(
            !one_configuration.contains(&missing.into()),
            "{missing} is in {one_configuration:?}"
        );
    }
}

#[test]
fn titles_begin_with_a_capital() {
    for chart in charts_of(&six().rows()) {
        let first = chart.title.chars().next().expect("a title");
        assert!(first.is_uppercase(), "{}", chart.title);
    }
}
