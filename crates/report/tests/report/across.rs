//! The report over several experiments.

use crate::marks::{outlines, text};
use crate::synthetic::across::sweeps;
use convsweep_answers::{AcrossExperiments, Answers, SweepResults};
use convsweep_report::charts::{self, Chart};
use convsweep_report::draw::color::INK;
use convsweep_report::{AcrossReport, ReportScope, report_across};
use convsweep_spec::layout::ResultsFolder;
use std::fs;
use tempfile::TempDir;

fn report(sweeps: &[SweepResults]) -> (TempDir, AcrossReport) {
    let folder = tempfile::tempdir().expect("a folder");
    let results = ResultsFolder(folder.path().into());
    let report = report_across(sweeps, None, &results, ReportScope::PageAndPaper, &|_| ())
        .expect("a report");
    (folder, report)
}

fn charts_of(sweeps: &[SweepResults]) -> Vec<Chart> {
    let answers: Vec<Answers> = sweeps.iter().map(Answers::of).collect();
    let together: Vec<_> = sweeps.iter().zip(&answers).collect();
    charts::across(&AcrossExperiments::of(&together))
}

#[test]
fn one_page_has_the_choices_of_all_experiments() {
    let (folder, report) = report(&sweeps(3, 3, 2));
    let html = fs::read_to_string(&report.html).expect("a page");
    let place = report.html.strip_prefix(folder.path()).expect("inside");
    assert_eq!(place.to_string_lossy(), "data-1+data-2+data-3/report.html");
    for words in [
        "<b>90.89 ± 0.80 (3)*</b>",
        "Friedman's test",
        "href=\"../data-2/report.html\"",
        "href=\"charts/critical-difference.svg\"",
        "id=\"gaps\"",
    ] {
        assert!(html.contains(words), "{words} is not in the page");
    }
    assert_eq!(report.choices.columns[2..], ["data-1", "data-2", "data-3"]);
    assert_eq!((report.charts.len(), report.tables.len()), (4, 2));
    assert!(!html.contains("NaN"));
}

#[test]
fn tables_have_every_cell_with_its_rank() {
    let (_folder, report) = report(&sweeps(2, 3, 1));
    let [csv, tex] = [0, 1].map(|i| fs::read_to_string(&report.tables[i]).expect("a table"));
    assert_eq!(csv.lines().count(), 1 + 2 * 3);
    let bests = csv.lines().filter(|line| line.contains(",true,true,"));
    assert_eq!(bests.count(), 2, "{csv}");
    assert!(csv.starts_with("choice,experiment,metric,mean,sd,n,jobs,is_best,"));
    assert!(
        tex.contains("\\begin{tabular}{rlrr}") && tex.contains("\\bottomrule"),
        "{tex}"
    );
    assert_eq!(tex.matches("\\textbf{").count(), 2, "{tex}");
    assert!(
        tex.starts_with("% data-1, data-2: Over 2 experiments"),
        "{tex}"
    );
    assert_eq!(tex.matches(" \\\\\n").count(), 4, "{tex}");
}

#[test]
fn choices_that_are_missing_in_some_experiment_come_last_without_a_rank() {
    let mut sweeps = sweeps(3, 3, 1);
    sweeps[1].configurations.remove(0);
    let (_folder, report) = report(&sweeps);
    let last = report.choices.rows.last().expect("rows");
    assert_eq!((last[0].as_str(), last[3].as_str()), ("–", "–"));
    assert!(
        report.answer.contains("not ranked: lr=1e-4 pool=max"),
        "{}",
        report.answer
    );
    let csv = fs::read_to_string(&report.tables[0]).expect("a table");
    assert_eq!(
        csv.lines().filter(|line| line.ends_with(",,")).count(),
        2,
        "{csv}"
    );
}

#[test]
fn without_ranks_the_page_says_why() {
    let mut sweeps = sweeps(2, 2, 1);
    sweeps[1].configurations.truncate(1);
    let (_folder, report) = report(&sweeps);
    let html = fs::read_to_string(&report.html).expect("a page");
    assert!(html.contains("only lr=1e-4 pool=max has a result in all of the 2 experiments"));
    assert!(!html.contains("critical-difference") && html.contains("gaps.svg"));
    sweeps[0].configurations.remove(0);
    assert!(charts_of(&sweeps).is_empty());
}

#[test]
fn a_report_removes_its_own_old_charts_and_no_other_files() {
    let (folder, report) = report(&sweeps(2, 3, 1));
    let own = folder.path().join("data-1+data-2");
    for name in ["notes.txt", "charts/mine.png", "paper/charts/mine.pdf"] {
        fs::write(own.join(name), "mine").expect("writes");
    }
    let mut fewer = sweeps(2, 3, 1);
    fewer[1].configurations.truncate(1);
    let results = ResultsFolder(folder.path().into());
    let again = report_across(
        &fewer,
        Some("was changed"),
        &results,
        ReportScope::PageAndPaper,
        &|_| (),
    )
    .expect("a report");
    assert_eq!(again.html, report.html);
    assert!(again.answer.contains("No figure here can be vouched for"));
    for chart in [
        "charts/critical-difference.svg",
        "paper/charts/critical-difference.pdf",
    ] {
        assert!(!own.join(chart).exists());
    }
    assert!(own.join("paper/charts/gaps.pdf").exists());
    for name in ["notes.txt", "charts/mine.png", "paper/charts/mine.pdf"] {
        assert_eq!(fs::read(own.join(name)).expect("reads"), b"mine");
    }
    let hidden = fs::read_dir(&own).expect("reads").flatten();
    let hidden = hidden.filter(|entry| entry.file_name().to_string_lossy().starts_with('.'));
    assert_eq!(hidden.count(), 0);
}

#[test]
fn charts_are_readable_from_two_choices_to_forty() {
    for (experiments, rates, pools) in [(2, 2, 1), (2, 8, 5), (12, 2, 1), (12, 8, 5)] {
        let mut sweeps = sweeps(experiments, rates, pools);
        for sweep in &mut sweeps {
            sweep.experiment = format!(
                "an experiment with a rather long name: {}",
                sweep.experiment
            );
        }
        let charts = charts_of(&sweeps);
        assert_eq!(charts.len(), 2);
        for chart in charts {
            let found = chart.scene.collisions();
            assert!(found.is_empty(), "{}: {found:#?}", chart.name);
            let spoken = chart.scene.spoken();
            assert!(spoken.contains(|c: char| c.is_ascii_digit()), "{spoken}");
            assert!(spoken.len() < 1500 && !spoken.contains("NaN"), "{spoken}");
            assert!(chart.caption.contains("n = ") && chart.title.ends_with('?'));
        }
    }
}

#[test]
fn bars_join_what_is_not_told_apart() {
    let charts = charts_of(&sweeps(12, 8, 5));
    let spoken = charts[0].scene.spoken();
    assert!(
        spoken.contains("The critical difference is 18."),
        "{spoken}"
    );
    let few = charts_of(&sweeps(2, 2, 1));
    let caption = &few[0].caption;
    assert!(caption.contains("longer than the axis"), "{caption}");
    text(&few[0].scene, "critical difference 1.39");
}

#[test]
fn the_best_of_each_experiment_is_framed() {
    let mut sweeps = sweeps(4, 3, 1);
    let frames = |sweeps: &[SweepResults]| outlines(&charts_of(sweeps)[1].scene, INK).len();
    assert_eq!(frames(&sweeps), 4);
    let title = |sweeps: &[SweepResults]| charts_of(sweeps)[1].title.clone();
    assert!(title(&sweeps).contains("How far behind"));
    sweeps[1].metric.name = "val_macro_f1".into();
    assert!(title(&sweeps).contains("Which rank"));
}
