//! From rows to statistics, charts and one HTML page.
//!
//! Reads rows of the store and the predictions that workers left; never trains and never sees an
//! image set. The way through: [`standing`] orders and compares, [`answer`] and [`notes`] say it in
//! words, [`charts`] draw it, [`tables`] and `page` write it down.

pub mod answer;
pub mod charts;
pub mod draw;
pub mod notes;
mod page;
pub mod predictions;
pub mod standing;
pub mod stats;
pub mod tables;

use charts::Chart;
use convsweep_files::Durability;
use convsweep_spec::layout::{PREDICTIONS, ResultsFolder};
use convsweep_store::ExperimentRows;
use draw::render::{self, RenderError};
use page::Page;
use predictions::{Predictions, PredictionsError};
use standing::Standing;
use std::path::{Path, PathBuf};
use tables::TextTable;
use thiserror::Error;

/// What a report left behind.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// The answer and the warnings as plain text for a terminal, a paragraph a line, an empty line
    /// between.
    pub answer: String,
    /// The leaderboard for a terminal.
    pub leaderboard: TextTable,
    /// The page.
    pub html: PathBuf,
    /// The charts' files, SVG and PNG.
    pub charts: Vec<PathBuf>,
    /// CSV and LaTeX files.
    pub tables: Vec<PathBuf>,
}

/// Why a report could not be made.
#[derive(Debug, Error)]
pub enum ReportError {
    /// A file could not be written.
    #[error(
        "cannot write {path}: {source}; make the folder writable, or work on a copy of it (--results)"
    )]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A chart could not be drawn.
    #[error("chart {name}: {source}")]
    Chart {
        /// The chart.
        name: String,
        /// Why.
        source: RenderError,
    },
    /// A table could not be made.
    #[error("CSV: {0}")]
    Csv(#[from] csv::Error),
}

/// Writes the report of an experiment into its folder: `report.html`, `charts/*.svg` and `*.png`,
/// `*.csv`, `*.tex`.
///
/// An experiment without results gets a page that says so. Charts of an earlier report that no
/// longer apply are removed.
///
/// # Errors
/// Where a file cannot be written. Predictions that are missing or damaged are said in the report
/// instead.
pub fn report(rows: &ExperimentRows, results: &ResultsFolder) -> Result<Report, ReportError> {
    let standing = Standing::new(rows);
    let tests = charts::range::tests(&standing, results);
    let answer = if tests.is_empty() {
        answer::answer(&standing)
    } else {
        charts::range::answer(&tests)
    };
    let mut warnings = notes::warnings(&standing);
    let predictions = chosen_predictions(&standing, results).unwrap_or_else(|problem| {
        warnings.push(problem);
        None
    });
    let folder = results.experiment(&rows.revision.experiment);
    let charts = charts::range::chart(&tests)
        .into_iter()
        .chain(charts::all(&standing, predictions.as_ref()));
    let charts = draw_all(charts.collect())?;
    let chart_files = write_charts(&folder.join("charts"), &charts)?;
    let leaderboard = tables::leaderboard(&standing);
    let tables = [
        ("leaderboard.csv", tables::leaderboard_csv(&standing)?),
        ("curves.csv", tables::curves_csv(&standing)?),
        ("evaluations.csv", tables::evaluations_csv(&standing)?),
        ("comparisons.csv", tables::comparisons_csv(&standing)?),
        (
            "leaderboard.tex",
            tables::leaderboard_tex(&standing).into_bytes(),
        ),
    ];
    let table_files = tables
        .into_iter()
        .map(|(name, bytes)| write(&folder.join(name), &bytes))
        .collect::<Result<_, _>>()?;
    let pictures: Vec<(Chart, String)> = charts.into_iter().map(|d| (d.chart, d.svg)).collect();
    let page = Page {
        standing: &standing,
        answer: &answer,
        warnings: &warnings,
        leaderboard: &leaderboard,
        charts: &pictures,
    };
    let html = write(&folder.join("report.html"), page.html().as_bytes())?;
    let words = answer
        .into_iter()
        .chain(warnings.into_iter().map(|w| format!("Note: {w}")));
    Ok(Report {
        answer: words.collect::<Vec<_>>().join("\n\n"),
        leaderboard,
        html,
        charts: chart_files,
        tables: table_files,
    })
}

/// Predictions of the chosen configuration's first finished job, or what is wrong with them.
fn chosen_predictions(
    standing: &Standing,
    results: &ResultsFolder,
) -> Result<Option<Predictions>, String> {
    let Some(run) = standing.best().and_then(|best| best.finished().next()) else {
        return Ok(None);
    };
    let path = results.job(&run.job.job).join(PREDICTIONS);
    predictions::read(&path).map_err(|error: PredictionsError| {
        format!(
            "No images are shown: the predictions of job {} cannot be read ({error}).",
            run.job.job
        )
    })
}

struct Drawn {
    chart: Chart,
    svg: String,
    png: Vec<u8>,
}

/// SVG and PNG of a chart.
type Files = Result<(String, Vec<u8>), RenderError>;

/// Draws charts side by side, as many as there are cores.
fn draw_all(charts: Vec<Chart>) -> Result<Vec<Drawn>, ReportError> {
    let threads = std::thread::available_parallelism()
        .map_or(1, |n| n.get())
        .clamp(1, 8);
    let draw =
        |chart: &Chart| -> Files { Ok((render::svg(&chart.scene)?, render::png(&chart.scene)?)) };
    let mut drawn: Vec<Option<Files>> = charts.iter().map(|_| None).collect();
    std::thread::scope(|scope| {
        let mut lots: Vec<Vec<_>> = (0..threads).map(|_| Vec::new()).collect();
        for (i, work) in charts.iter().zip(&mut drawn).enumerate() {
            lots[i % threads].push(work);
        }
        for lot in lots {
            scope.spawn(|| {
                lot.into_iter()
                    .for_each(|(chart, place)| *place = Some(draw(chart)))
            });
        }
    });
    let mut done = Vec::with_capacity(charts.len());
    for (chart, result) in charts.into_iter().zip(drawn) {
        match result {
            Some(Ok((svg, png))) => done.push(Drawn { chart, svg, png }),
            Some(Err(source)) => {
                return Err(ReportError::Chart {
                    name: chart.name,
                    source,
                });
            }
            None => {}
        }
    }
    Ok(done)
}

fn write_charts(folder: &Path, charts: &[Drawn]) -> Result<Vec<PathBuf>, ReportError> {
    std::fs::create_dir_all(folder).map_err(|source| ReportError::Write {
        path: folder.to_path_buf(),
        source,
    })?;
    for old in std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|e| e.path())
    {
        if matches!(
            old.extension().and_then(|e| e.to_str()),
            Some("svg" | "png")
        ) {
            std::fs::remove_file(&old)
                .map_err(|source| ReportError::Write { path: old, source })?;
        }
    }
    let mut files = Vec::new();
    for drawn in charts {
        files.push(write(
            &folder.join(format!("{}.svg", drawn.chart.name)),
            drawn.svg.as_bytes(),
        )?);
        files.push(write(
            &folder.join(format!("{}.png", drawn.chart.name)),
            &drawn.png,
        )?);
    }
    Ok(files)
}

/// Writes beside the file and renames, so that a reader never sees half of it.
fn write(path: &Path, bytes: &[u8]) -> Result<PathBuf, ReportError> {
    let written = convsweep_files::write(path, bytes, Durability::SystemCache);
    written.map_err(|error| ReportError::Write {
        path: path.to_path_buf(),
        source: error.source,
    })?;
    Ok(path.to_path_buf())
}
