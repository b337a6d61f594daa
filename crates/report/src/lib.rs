//! From rows to statistics, charts and one HTML page.
//!
//! Reads rows of the store and the files that workers left; never trains and never sees an image
//! set. The modules in the order of the data: [`ranking`] orders and compares configurations by
//! `convsweep_statistics`, [`statistics`] scores classes, [`answer`] says the result in words, [`charts`] draw it with [`draw`],
//! [`tables`], `page` and `paper` write it down.

mod across;
pub mod answer;
pub mod charts;
pub mod draw;
pub mod job_files;
mod live;
mod model_card;
mod output;
mod page;
mod paper;
mod printable;
pub mod ranking;
mod scope;
pub mod statistics;
mod step;
pub mod tables;

pub use across::{AcrossReport, report_across};
pub use live::{LiveChart, LiveConfiguration, LiveReport, time_words};
pub use model_card::{CardNetwork, model_card};
pub use output::ReportError;
pub use page::{AFTER_LEADERBOARD, STYLE};
pub use scope::ReportScope;
pub use step::{ReportProgress, ReportStep};

use charts::ChartData;
use convsweep_answers::Answers;
use convsweep_spec::data::{DataSpec, ImageNames};
use convsweep_spec::layout::ResultsFolder;
use convsweep_store::ExperimentRows;
use job_files::{ImagesToExplain, JobFiles, Lookups, NetworkMaps};
use output::OutputFolder;
use page::Page;
use ranking::Ranking;
use std::path::PathBuf;
use tables::TextTable;

/// The files of a report, and what a terminal shows of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// The answer and the warnings as plain text for a terminal: a line for each paragraph, with an
    /// empty line between them.
    pub answer: String,
    /// The paragraphs of the answer.
    pub sentences: Vec<String>,
    /// The warnings.
    pub warnings: Vec<String>,
    /// What the results say, as data.
    pub answers: Answers,
    /// The leaderboard for a terminal.
    pub leaderboard: TextTable,
    /// The page.
    pub html: PathBuf,
    /// The charts' files, SVG and PNG.
    pub charts: Vec<PathBuf>,
    /// CSV and LaTeX files.
    pub tables: Vec<PathBuf>,
    /// The folder of the files for a paper, if they were asked for.
    pub paper: Option<PathBuf>,
}

/// Writes the report of an experiment into its folder: `report.html`, `charts/*.svg` and `*.png`,
/// `*.csv`, `*.tex`.
///
/// Files appear when all of them are complete, so that several programs may render at once.
///
/// An experiment without results gets a page that says so. Charts of an earlier report that no
/// longer apply are removed.
///
/// # Errors
/// Where a file cannot be written or a chart cannot be drawn. Missing or damaged predictions are
/// mentioned in the report instead.
pub fn report(rows: ExperimentRows, results: &ResultsFolder) -> Result<Report, ReportError> {
    report_with(rows, results, ReportScope::Page, Lookups::NONE, &|_| ())
}

/// [`report`] of this scope with what is looked up elsewhere: the names of the images of the chosen
/// configuration, without which it numbers them, and which pixels decide what it predicts. `progress`
/// is told how far it has come.
///
/// # Errors
/// As [`report`].
pub fn report_with(
    rows: ExperimentRows,
    results: &ResultsFolder,
    scope: ReportScope,
    lookups: Lookups<
        impl FnOnce(&DataSpec, &str) -> Option<ImageNames>,
        impl FnOnce(&ImagesToExplain) -> Result<Vec<NetworkMaps>, String>,
    >,
    progress: ReportProgress,
) -> Result<Report, ReportError> {
    let rows = printable::with_printable_names(rows);
    progress(ReportStep::Comparing);
    let ranking = Ranking::new(&rows);
    progress(ReportStep::Reading);
    let (files, problems) = JobFiles::read(&ranking, results, lookups);
    let answer = if files.range_tests.is_empty() {
        answer::answer(&ranking)
    } else {
        answer::range_test_answer(&files.range_tests)
    };
    let mut warnings = answer::warnings(&ranking);
    warnings.extend(problems);
    warnings.extend(answer::database_warning(&rows));
    warnings.extend(answer::log_warning(&rows));
    let mut folder = OutputFolder::begin(results.experiment(&rows.revision.experiment))?;
    let data = ChartData::new(&ranking, &files);
    let drawn = output::draw_all(charts::all(&data), progress)?;
    progress(ReportStep::Writing);
    let charts = folder.write_charts(&drawn)?;
    let leaderboard = tables::leaderboard(&ranking);
    let mut tables = folder.write_tables(&ranking, &leaderboard)?;
    let predictions = folder.write_predictions(&ranking, &files, results)?;
    if predictions.is_none() {
        let most = tables::LARGEST_PREDICTIONS;
        warnings.push(answer::predictions_warning(&ranking, most));
    }
    let has_predictions = predictions.is_some();
    tables.extend(predictions);
    let paper = match scope {
        ReportScope::Page => None,
        ReportScope::PageAndPaper => {
            let results = (&ranking, &leaderboard, files.divided_images());
            Some(folder.write_paper(results, &drawn)?)
        }
    };
    let pictures: Vec<_> = drawn.into_iter().map(|d| (d.chart, d.svg)).collect();
    let page = Page {
        ranking: &ranking,
        answer: &answer,
        warnings: &warnings,
        leaderboard: &leaderboard,
        charts: &pictures,
        files: &files,
        has_predictions,
    };
    let html = folder.write("report.html", page.html().as_bytes())?;
    folder.publish(|_| true)?;
    Ok(Report {
        answer: answer::terminal_text(answer.clone(), &warnings),
        sentences: answer,
        warnings,
        answers: ranking.answers.clone(),
        leaderboard,
        html,
        charts,
        tables,
        paper,
    })
}
