//! The files for a paper.

use crate::synthetic::Synthetic;
use crate::synthetic::cases::{self, six};
use convsweep_report::job_files::Lookups;
use convsweep_report::ranking::Ranking;
use convsweep_report::{ReportScope, report, report_with};
use convsweep_spec::layout::ResultsFolder;
use convsweep_store::ExperimentRows;
use proptest::prelude::*;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// The folder of the paper of an experiment, in a new results folder.
pub fn paper(rows: ExperimentRows) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let results = ResultsFolder(folder.path().into());
    let made = report_with(
        rows,
        &results,
        ReportScope::PageAndPaper,
        Lookups::NONE,
        &|_| (),
    );
    let paper = made.expect("reports").paper.expect("a paper");
    (folder, paper)
}

pub fn read(folder: &Path, name: &str) -> String {
    fs::read_to_string(folder.join(name)).expect(name)
}

/// What is between each `before` and the `}` after it.
pub fn arguments<'a>(text: &'a str, before: &'a str) -> Vec<&'a str> {
    let parts = text.split(before).skip(1);
    parts.filter_map(|part| part.split('}').next()).collect()
}

/// Names of the files of a folder, sorted.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder").flatten();
    let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    let mut names: Vec<String> = names.filter(|name| name.contains('.')).collect();
    names.sort();
    names
}

/// Checks that braces and environments are closed in the order in which they were opened, and that
/// every row of a table has as many cells as the first.
pub fn assert_is_latex(text: &str) {
    let mut depth = 0;
    let mut before = ' ';
    for c in text
        .lines()
        .filter(|l| !l.starts_with('%'))
        .collect::<Vec<_>>()
        .join("\n")
        .chars()
    {
        match c {
            '{' if before != '\\' => depth += 1,
            '}' if before != '\\' => depth -= 1,
            _ => {}
        }
        assert!(depth >= 0, "a brace is closed too early in {text}");
        before = if before == '\\' && c == '\\' { ' ' } else { c };
    }
    assert_eq!(depth, 0, "a brace stays open in {text}");
    let opened = arguments(text, "\\begin{");
    let mut closed = arguments(text, "\\end{");
    assert_eq!(opened.len(), closed.len(), "{text}");
    closed.retain(|name| opened.contains(name));
    assert_eq!(opened.len(), closed.len(), "{text}");
}

/// Numbers of cells of the rows of a table.
fn cells(table: &str) -> Vec<usize> {
    let rows = table.lines().filter(|line| line.ends_with("\\\\"));
    let separators = |row: &str| row.matches('&').count() - row.matches("\\&").count();
    rows.map(|row| separators(row) + 1).collect()
}

#[test]
fn every_chart_is_a_pdf_and_the_document_has_every_file() {
    let (folder, paper) = paper(six().rows());
    let main = read(&paper, "main.tex");
    assert_is_latex(&main);
    assert!(!main.contains("?.") && main.contains("? "), "{main}");
    let tables = arguments(&main, "\\input{");
    let expected = [
        "methods.tex",
        "leaderboard.tex",
        "verdicts.tex",
        "effects.tex",
    ];
    assert_eq!(tables, expected);
    assert_eq!(arguments(&main, "\\bibliography{"), ["references"]);
    assert_eq!(names(&paper).len(), tables.len() + 2, "{:?}", names(&paper));
    let charts = arguments(&main, "keepaspectratio]{");
    assert_eq!(names(&paper.join("charts")).len(), charts.len());
    let svg = folder.path().join("six/charts");
    assert_eq!(names(&svg).len(), charts.len() * 2);
    for chart in charts {
        let bytes = fs::read(paper.join(chart)).expect(chart);
        let text = String::from_utf8_lossy(&bytes);
        assert!(text.starts_with("%PDF-1.4"), "{chart}");
        assert!(text.contains("/FontFile3"), "{chart} embeds no font");
        let name = chart.trim_start_matches("charts/").replace(".pdf", ".svg");
        let drawn = fs::read_to_string(svg.join(name)).expect("drawn");
        let pictures = text.matches("/Subtype /Image").count();
        assert_eq!(pictures, drawn.matches("<image").count(), "{chart}");
    }
}

#[test]
fn letters_have_6_points_or_more_at_7_inches() {
    let mut letters = 0;
    for case in [six(), cases::folds(), cases::hundred_classes()] {
        let (_folder, paper) = paper(case.rows());
        let charts = paper.parent().expect("the experiment's").join("charts");
        for name in names(&charts).iter().filter(|name| name.ends_with(".svg")) {
            // 7200 units of the drawing are 7 inches of 72 points.
            for size in read(&charts, name).split("font-size=\"").skip(1) {
                let size = size.split('"').next().expect("a size");
                let points = size.parse::<f64>().expect("a number") * 7.0 * 72.0 / 7200.0;
                assert!(points >= 6.0, "{name} of {}: {points} pt", case.name);
                letters += 1;
            }
        }
    }
    assert!(letters > 100, "{letters}");
}

#[test]
fn only_a_new_paper_removes_files_of_an_earlier_one() {
    let (folder, paper) = paper(six().rows());
    let stale = paper.join("charts/heatmap-9.pdf");
    let own = paper.join("thesis.tex");
    for file in [&stale, &own] {
        fs::write(file, "old").expect("writes");
    }
    let results = ResultsFolder(folder.path().into());
    let plain = report(six().rows(), &results).expect("reports");
    assert_eq!(plain.paper, None);
    assert!(stale.exists(), "a report leaves the paper alone");
    let scope = ReportScope::PageAndPaper;
    report_with(six().rows(), &results, scope, Lookups::NONE, &|_| ()).expect("reports");
    assert!(!stale.exists(), "charts that no longer apply are removed");
    assert!(own.exists(), "files of others stay");
}

#[test]
fn tables_have_the_numbers_of_the_answers() {
    let rows = six().rows();
    let ranking = Ranking::new(&rows);
    let (_folder, paper) = paper(rows.clone());
    let verdicts = read(&paper, "verdicts.tex");
    let effects = read(&paper, "effects.tex");
    let number = |value: f64| ranking.metric.signed(value).replace('−', "$-$");
    for pair in ranking.answers.pairs.iter().filter(|pair| pair.first == 0) {
        let difference = format!("& {} &", number(pair.result.difference));
        assert!(verdicts.contains(&difference), "{difference} in {verdicts}");
    }
    assert!(verdicts.contains("difference (percentage points)"));
    let mut contrasts = 0;
    for axis in &ranking.answers.axes {
        for contrast in &axis.contrasts {
            let difference = format!("& {} &", number(contrast.difference));
            assert!(effects.contains(&difference), "{difference} in {effects}");
            contrasts += 1;
        }
    }
    assert!(contrasts > 0);
    assert_eq!(cells(&effects), vec![7; contrasts + 1], "{effects}");
}

#[test]
fn one_seed_is_not_tested_and_no_results_make_no_table_of_verdicts() {
    let (_folder, one) = paper(cases::two().rows());
    let effects = read(&one, "effects.tex");
    assert!(effects.contains("not tested"), "{effects}");
    assert!(!effects.contains("better") && !effects.contains("worse"));
    let mut rows = cases::two().rows();
    for configuration in &mut rows.configurations {
        for job in &mut configuration.jobs {
            job.outcome = None;
        }
    }
    let (_folder, none) = paper(rows);
    let main = read(&none, "main.tex");
    assert_eq!(
        arguments(&main, "\\input{"),
        ["methods.tex", "leaderboard.tex"]
    );
    assert!(!none.join("verdicts.tex").exists());
}

#[test]
fn tables_of_many_rows_go_on_over_pages() {
    let (_folder, paper) = paper(cases::sixty().rows());
    let table = read(&paper, "leaderboard.tex");
    assert_is_latex(&table);
    assert!(table.contains("\\begin{longtable}"), "{table}");
    assert!(!read(&paper, "main.tex").contains("resizebox{\\ifdim\\width>\\linewidth \\linewidth\\else\\width\\fi}{!}{%\n\\input{leaderboard.tex}"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_label_makes_whole_tables(label in "[ -~äµ–\\n]{1,24}") {
        let mut rows = Synthetic::default().rows();
        rows.configurations[0].member.label = label.clone();
        rows.revision.axes[0].labels[0] = label.clone();
        rows.revision.axes[0].name = label.clone();
        rows.configurations[0].member.values[0].label = label;
        let (_folder, paper) = paper(rows);
        assert_is_latex(&read(&paper, "main.tex"));
        assert_is_latex(&read(&paper, "methods.tex"));
        for name in ["leaderboard.tex", "verdicts.tex", "effects.tex"] {
            let table = read(&paper, name);
            assert_is_latex(&table);
            let cells = cells(&table);
            prop_assert!(cells.len() > 1 && cells.iter().all(|n| *n == cells[0]), "{table}");
        }
    }
}
