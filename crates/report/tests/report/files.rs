//! The files that a report leaves.

use crate::synthetic::cases::{self, six};
use crate::synthetic::predictions::{file_with_pictures, predictions_file};
use crate::synthetic::range_test;
use convsweep_report::job_files::Lookups;
use convsweep_report::ranking::Ranking;
use convsweep_report::{ReportScope, report, report_with};
use convsweep_spec::canonical::hash_of;
use convsweep_spec::data::{DataSpec, ImageNames};
use convsweep_spec::layout::{PREDICTIONS, ResultsFolder};
use convsweep_store::ExperimentRows;
use std::fs;
use std::path::PathBuf;
use tempfile::TempDir;

fn results_folder() -> (TempDir, ResultsFolder) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let results = ResultsFolder(folder.path().into());
    fs::create_dir_all(results.experiment("six").join("charts")).expect("makes folders");
    fs::create_dir_all(results.experiment("two")).expect("makes folders");
    (folder, results)
}

/// Where the predictions of the best configuration's first job belong.
fn predictions_path(rows: &ExperimentRows, results: &ResultsFolder) -> PathBuf {
    let ranking = Ranking::new(rows);
    let job = &ranking.best().expect("a best").runs[0].job.job;
    fs::create_dir_all(results.job(job)).expect("makes folders");
    results.job(job).join(PREDICTIONS)
}

#[test]
fn every_file_is_written_and_old_charts_are_removed() {
    let rows = six().rows();
    let (_folder, results) = results_folder();
    let predictions = predictions_path(&rows, &results);
    fs::write(predictions, predictions_file(10)).expect("writes");
    let stale = results.experiment("six").join("charts/heatmap-3.svg");
    fs::write(&stale, "old").expect("writes");
    let made = report(rows.clone(), &results).expect("reports");
    assert!(!stale.exists(), "charts of an earlier report are removed");
    assert!(made.charts.iter().any(|c| c.ends_with("images.png")));
    assert_eq!(made.tables.len(), 6);
    for file in made.charts.iter().chain(&made.tables) {
        let length = fs::metadata(file).expect("is there").len();
        assert!(length > 100, "{}", file.display());
    }
    let latex = results.experiment("six").join("leaderboard.tex");
    let latex = fs::read_to_string(latex).expect("a table");
    assert!(latex.contains("\\toprule") && latex.contains("$\\pm$"));
}

#[test]
fn the_page_is_whole_and_opens_offline() {
    let rows = six().rows();
    let (_folder, results) = results_folder();
    let made = report(rows.clone(), &results).expect("reports");
    let page = fs::read_to_string(&made.html).expect("a page");
    assert!(page.starts_with("<!DOCTYPE html>"));
    assert!(page.contains("Which of these made-up choices is best?"));
    for job in rows.configurations.iter().flat_map(|c| &c.jobs) {
        assert!(page.contains(&job.job.0), "{} is not listed", job.job);
    }
    assert_eq!(page.matches("<svg").count(), made.charts.len() / 2);
    let page = page.replace("http://www.w3.org/2000/svg", "");
    for outside in ["http://", "https://", "<script", "<link"] {
        assert!(!page.contains(outside), "the page uses {outside}");
    }
}

#[test]
fn jobs_on_gpus_are_said_to_continue_within_rounding_errors() {
    let mut rows = cases::two().rows();
    let page = |rows| {
        let (_folder, results) = results_folder();
        let made = report(rows, &results).expect("reports");
        fs::read_to_string(made.html).expect("a page")
    };
    assert!(!page(rows.clone()).contains("Interruptions"));
    rows.configurations[0].jobs[0].device = "cuda:0".into();
    let said = "1 job ran on a GPU: a job that was interrupted there and continued equals";
    assert!(page(rows).contains(said));
}

#[test]
fn texts_of_the_user_are_escaped() {
    let mut rows = cases::two().rows();
    let script = "<script>alert(1)</script>";
    rows.configurations[0].member.label = script.into();
    rows.revision.question = Some("Is a < b & c?".into());
    rows.revision.text = script.into();
    rows.revision.classes[0] = script.into();
    let (_folder, results) = results_folder();
    let made = report(rows.clone(), &results).expect("reports");
    let page = fs::read_to_string(made.html).expect("a page");
    assert!(!page.contains("<script>"));
    assert!(page.contains("a &lt; b &amp; c?"));
    let charts = made.charts.iter();
    for svg in charts.filter(|c| c.extension().is_some_and(|e| e == "svg")) {
        let text = fs::read_to_string(svg).expect("a chart");
        assert!(!text.contains("<script>"), "{}", svg.display());
    }
}

#[test]
fn an_experiment_without_results_has_a_page_that_says_so() {
    let mut rows = six().rows();
    cases::without_results(&mut rows);
    let (_folder, results) = results_folder();
    let made = report(rows.clone(), &results).expect("reports");
    let expected = "There is no answer yet: none of 18 jobs has finished.";
    assert!(made.answer.starts_with(expected), "{}", made.answer);
    assert_eq!(made.charts, Vec::<PathBuf>::new());
    let page = fs::read_to_string(made.html).expect("a page");
    assert!(page.contains(expected));
}

#[test]
fn range_tests_have_an_answer_of_their_own() {
    let rows = cases::range_test().rows();
    let (_folder, results) = results_folder();
    fs::create_dir_all(results.experiment("made-up")).expect("makes folders");
    range_test::write_curves(&rows, &results).expect("writes");
    let made = report(rows.clone(), &results).expect("reports");
    let expected = "pool=max: try a learning rate of";
    assert!(made.answer.starts_with(expected), "{}", made.answer);
    assert!(made.charts[0].ends_with("range-test.svg"));
}

#[test]
fn damaged_predictions_are_mentioned() {
    let rows = cases::two().rows();
    let (_folder, results) = results_folder();
    let path = predictions_path(&rows, &results);
    let whole = predictions_file(10);
    for cut in [whole.len() / 2, 4] {
        fs::write(&path, &whole[..cut]).expect("writes");
        let words = report(rows.clone(), &results).expect("reports").answer;
        assert!(words.contains("No images are shown"), "{words}");
        assert!(words.contains("not a safetensors file"), "{words}");
    }
}

#[test]
fn no_control_character_reaches_any_file() {
    let mut rows = cases::two().rows();
    let hostile = "=\u{1b}[31mred\u{7}\u{202e}\u{0}\u{ffff}\n</text>";
    rows.configurations[0].member.label = hostile.into();
    for value in &mut rows.configurations[0].member.values {
        value.label = hostile.into();
    }
    for axis in &mut rows.revision.axes {
        axis.labels = vec![hostile.into(); axis.labels.len()];
        axis.name = hostile.into();
    }
    rows.revision.classes = vec![hostile.into(); rows.revision.classes.len()];
    rows.revision.question = Some(hostile.into());
    rows.revision.text += hostile;
    let (_folder, results) = results_folder();
    let made = report(rows, &results).expect("reports");
    let is_forbidden = |c: char| c.is_control() && c != '\n' && c != '\t' || c == '\u{ffff}';
    assert!(!made.answer.contains(is_forbidden), "{:?}", made.answer);
    let is_text = |path: &&PathBuf| path.extension().is_some_and(|e| e != "png");
    let texts = made.charts.iter().chain(&made.tables).chain([&made.html]);
    for path in texts.filter(is_text) {
        let text = fs::read_to_string(path).expect("UTF-8");
        let found = text.find(is_forbidden);
        assert_eq!(found, None, "{}", path.display());
        assert!(!text.contains("</text>\u{202e}"), "{}", path.display());
        if path.extension().is_some_and(|e| e == "csv") {
            assert!(
                !text.contains(",=") && !text.contains("\n="),
                "{}",
                path.display()
            );
        }
    }
}

#[test]
fn several_reports_can_be_rendered_at_once() {
    let rows = six().rows();
    let (_folder, results) = results_folder();
    let own = results.experiment("six").join("charts/own.txt");
    fs::write(&own, "a file of the user's").expect("writes");
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..5 {
                    report(rows.clone(), &results).expect("renders");
                }
            });
        }
    });
    let made = report(rows, &results).expect("renders");
    for file in made.charts.iter().chain(&made.tables).chain([&made.html]) {
        assert!(file.metadata().expect("is there").len() > 0);
    }
    assert_eq!(
        fs::read_to_string(own).expect("stays"),
        "a file of the user's"
    );
    let names = fs::read_dir(results.experiment("six")).expect("lists");
    let partial = names
        .flatten()
        .filter(|entry| entry.file_name().as_encoded_bytes()[0] == b'.');
    assert_eq!(partial.count(), 0, "nothing else stays");
}

#[test]
fn predictions_with_another_hash_than_the_log_has_are_mentioned() {
    let (_folder, results) = results_folder();
    let whole = predictions_file(10);
    let mut rows = cases::two().rows();
    let path = predictions_path(&rows, &results);
    for configuration in &mut rows.configurations {
        for job in &mut configuration.jobs {
            job.hashes.insert(PREDICTIONS.into(), hash_of(&whole));
        }
    }
    fs::write(&path, &whole).expect("writes");
    let made = report(rows.clone(), &results).expect("reports");
    assert!(
        made.charts
            .iter()
            .any(|chart| chart.ends_with("images.svg"))
    );
    let mut flipped = whole;
    let last = flipped.len() - 1;
    flipped[last] ^= 0x01;
    fs::write(&path, flipped).expect("writes");
    let made = report(rows, &results).expect("reports");
    assert!(
        made.answer.contains("do not have the hash"),
        "{}",
        made.answer
    );
    assert!(
        !made
            .charts
            .iter()
            .any(|chart| chart.ends_with("images.svg"))
    );
}

#[test]
fn pictures_of_no_size_are_mentioned() {
    let rows = cases::two().rows();
    let (_folder, results) = results_folder();
    let path = predictions_path(&rows, &results);
    fs::write(&path, file_with_pictures(10, 0)).expect("writes");
    let words = report(rows, &results).expect("reports").answer;
    assert!(words.contains("has images of 0 × 0 pixels"), "{words}");
}

#[test]
fn the_surest_mistakes_are_named_by_their_files_or_numbered() {
    let rows = cases::two().rows();
    let (_folder, results) = results_folder();
    let path = predictions_path(&rows, &results);
    fs::write(&path, predictions_file(10)).expect("writes");
    let numbered = report(rows.clone(), &results).expect("reports");
    let page = fs::read_to_string(numbered.html).expect("a page");
    assert!(page.contains("Which images are the surest mistakes?"));
    assert!(page.contains("<td>no. "), "numbers in the set");
    let best = Ranking::new(&rows)
        .best()
        .expect("a best")
        .row
        .member
        .clone();
    let names = |set: &DataSpec, hash: &str| {
        assert_eq!((set, hash), (&best.resolved.data, best.data_hash.as_str()));
        let test = (0..200).map(|i| format!("some class/photo <{i}>.png"));
        Some(ImageNames {
            training: vec![],
            test: test.collect(),
        })
    };
    let named = report_with(
        rows,
        &results,
        ReportScope::Page,
        Lookups::of_names(names),
        &|_| (),
    );
    let page = fs::read_to_string(named.expect("reports").html).expect("a page");
    assert!(page.contains("<td>some class/photo &lt;"), "names of files");
    assert!(!page.contains("<td>no. "));
}

#[test]
fn the_page_can_be_used_by_keyboard_and_screen_reader() {
    let rows = six().rows();
    let (_folder, results) = results_folder();
    let made = report(rows, &results).expect("reports");
    let page = fs::read_to_string(&made.html).expect("a page");
    let charts = made.charts.len() / 2;
    let pictures: Vec<&str> = page.split("<div class=\"picture\"").skip(1).collect();
    assert_eq!(pictures.len(), charts);
    for picture in pictures {
        let (attributes, rest) = picture.split_once('>').expect("an end");
        assert!(attributes.contains("tabindex=\"0\"") && attributes.contains("aria-label=\""));
        let svg = rest.split_once("<title>").expect("a title").0;
        assert!(svg.contains("role=\"img\" aria-label=\""), "{svg}");
    }
    // Tables that may be wider than the screen scroll on their own.
    for table in page.split("<div class=\"wide\"").skip(1) {
        assert!(
            table
                .split_once('>')
                .expect("an end")
                .0
                .contains("tabindex=\"0\"")
        );
    }
    let links: Vec<&str> = page.split("<a href=\"#").skip(1).collect();
    assert_eq!(links.len(), charts, "a link to each chart");
    for link in links {
        let target = link.split_once('"').expect("an end").0;
        assert_eq!(
            page.matches(&format!("<section id=\"{target}\"")).count(),
            1,
            "{target}"
        );
    }
}

#[test]
fn the_page_has_a_style_for_dark_narrow_and_printed_pages() {
    let (_folder, results) = results_folder();
    let made = report(cases::two().rows(), &results).expect("reports");
    let page = fs::read_to_string(&made.html).expect("a page");
    for rule in [
        "@media (prefers-color-scheme: dark)",
        "@media (max-width: 480px)",
        "@media print",
        ".picture { overflow-x: auto; }",
        ".wide { overflow-x: auto; }",
    ] {
        assert!(page.contains(rule), "{rule}");
    }
    // What follows the page's colours is not written into the pictures.
    let body = page.split_once("<body>").expect("a body").1;
    assert!(!body.contains("#1B1F24") && body.contains("var(--ink)"));
}
