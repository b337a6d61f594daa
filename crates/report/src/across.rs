//! The report over several experiments.

use crate::answer::doubt_warning;
use crate::charts;
use crate::output::{OutputFolder, ReportError, draw_all};
use crate::page::AcrossPage;
use crate::printable::with_printable_choices;
use crate::scope::ReportScope;
use crate::step::{ReportProgress, ReportStep};
use crate::tables::{TextTable, choices_csv, choices_table, choices_tex};
use convsweep_answers::{AcrossExperiments, Answers, SweepResults};
use convsweep_spec::layout::ResultsFolder;
use std::path::PathBuf;

/// The files of a report over several experiments, and what a terminal shows of it.
#[derive(Clone, Debug, PartialEq)]
pub struct AcrossReport {
    /// The answer and the notes as plain text for a terminal, as those of [`Report::answer`].
    ///
    /// [`Report::answer`]: crate::Report::answer
    pub answer: String,
    /// The sentences of the answer.
    pub sentences: Vec<String>,
    /// What is to be known beside them.
    pub notes: Vec<String>,
    /// The choices for a terminal.
    pub choices: TextTable,
    /// The page.
    pub html: PathBuf,
    /// The charts' files, SVG and PNG.
    pub charts: Vec<PathBuf>,
    /// CSV and LaTeX files.
    pub tables: Vec<PathBuf>,
    /// The folder of the files for a paper, if they were asked for.
    pub paper: Option<PathBuf>,
}

/// Writes the report over several experiments into [`ResultsFolder::experiments_together`]:
/// `report.html`, `choices.csv`, `choices.tex`, `charts/*.svg` and `*.png`, and for
/// [`ReportScope::PageAndPaper`] `paper/charts/*.pdf`. Files appear when all of them are complete.
/// `database_doubt` says why the database cannot be vouched for, if it cannot; `progress` is told how
/// far it has come.
///
/// # Errors
/// Where a file cannot be written or a chart cannot be drawn.
pub fn report_across(
    sweeps: &[SweepResults],
    database_doubt: Option<&str>,
    results: &ResultsFolder,
    scope: ReportScope,
    progress: ReportProgress,
) -> Result<AcrossReport, ReportError> {
    let names: Vec<&str> = sweeps.iter().map(|s| s.experiment.as_str()).collect();
    progress(ReportStep::Comparing);
    let answers: Vec<Answers> = sweeps.iter().map(Answers::of).collect();
    let together: Vec<_> = sweeps.iter().zip(&answers).collect();
    let across = with_printable_choices(AcrossExperiments::of(&together));
    let warnings = Vec::from_iter(database_doubt.map(doubt_warning));
    let mut folder = OutputFolder::begin(results.experiments_together(&names))?;
    let drawn = draw_all(charts::across(&across), progress)?;
    let charts = folder.write_charts(&drawn)?;
    let table = choices_table(&across);
    let tables = vec![
        folder.write("choices.csv", &choices_csv(&across)?)?,
        folder.write("choices.tex", choices_tex(&across, &table).as_bytes())?,
    ];
    let paper = match scope {
        ReportScope::Page => None,
        ReportScope::PageAndPaper => Some(folder.write_paper_charts(&drawn)?),
    };
    let pictures: Vec<_> = drawn.into_iter().map(|d| (d.chart, d.svg)).collect();
    let page = AcrossPage {
        across: &across,
        table: &table,
        warnings: &warnings,
        charts: &pictures,
    };
    let html = folder.write("report.html", page.html().as_bytes())?;
    folder.publish(charts::is_across)?;
    let notes = [warnings, across.caveats()].concat();
    Ok(AcrossReport {
        answer: crate::answer::terminal_text(across.sentences(), &notes),
        sentences: across.sentences(),
        notes,
        choices: table,
        html,
        charts,
        tables,
        paper,
    })
}
