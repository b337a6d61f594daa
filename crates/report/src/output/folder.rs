//! The files of a report in the folder of its experiment.
//!
//! Several programs may render the same report at once: each writes into a folder of its own, and
//! moves its files to their places when all of them are complete.

use super::drawing::DrawnChart;
use super::error::ReportError;
use crate::charts::Chart;
use crate::job_files::JobFiles;
use crate::paper;
use crate::ranking::Ranking;
use crate::tables::{self, TextTable};
use convsweep_files::Durability;
use convsweep_spec::layout::ResultsFolder;
use std::fs::{self, File};
use std::io::{self, BufWriter, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::{Builder, TempDir};

/// Folder of the charts.
const CHARTS: &str = "charts";
/// Folder of the files for a paper, and of its charts.
const PAPER: &str = "paper";
const PAPER_CHARTS: &str = "paper/charts";
/// Beginning of the names of folders in which reports are written.
const PREFIX: &str = ".report-";
/// The table of predictions.
const PREDICTIONS: &str = "predictions.csv";
/// Bytes that are written at a time.
const BUFFER: usize = 1 << 18;
/// Age from which such a folder counts as left by a program that was killed.
const ABANDONED: Duration = Duration::from_secs(3600);

/// A report that is being written into the folder of an experiment.
pub struct OutputFolder {
    folder: PathBuf,
    /// Where the files are until all are complete; it is removed in the end.
    partial: TempDir,
    /// The files written so far, relative to the folder.
    names: Vec<PathBuf>,
    /// Files that an earlier report may have left and this one does not have.
    given_up: Vec<PathBuf>,
}

impl OutputFolder {
    /// Begins a report in the folder of an experiment, which is made if it is missing.
    pub fn begin(folder: PathBuf) -> Result<OutputFolder, ReportError> {
        let begin = || -> io::Result<TempDir> {
            fs::create_dir_all(&folder)?;
            remove_abandoned(&folder);
            let partial = Builder::new().prefix(PREFIX).tempdir_in(&folder)?;
            fs::create_dir(partial.path().join(CHARTS))?;
            Ok(partial)
        };
        match begin() {
            Ok(partial) => Ok(OutputFolder {
                folder,
                partial,
                names: vec![],
                given_up: vec![],
            }),
            Err(source) => Err(ReportError::Write {
                path: folder,
                source,
            }),
        }
    }

    /// Writes a file; the answer is its path in the end.
    pub fn write(&mut self, name: &str, bytes: &[u8]) -> Result<PathBuf, ReportError> {
        let path = self.folder.join(name);
        if let Err(source) = fs::write(self.partial.path().join(name), bytes) {
            return Err(ReportError::Write { path, source });
        }
        self.names.push(name.into());
        Ok(path)
    }

    /// Writes a table row by row; the answer is its path in the end, or `None` if `write` answers
    /// that the table is not complete.
    fn write_rows(
        &mut self,
        name: &str,
        write: impl FnOnce(&mut BufWriter<File>) -> Result<bool, csv::Error>,
    ) -> Result<Option<PathBuf>, ReportError> {
        let path = self.folder.join(name);
        let written = File::create(self.partial.path().join(name))
            .map_err(csv::Error::from)
            .and_then(|file| write(&mut BufWriter::with_capacity(BUFFER, file)));
        match written {
            Ok(true) => {
                self.names.push(name.into());
                Ok(Some(path))
            }
            Ok(false) => {
                self.given_up.push(name.into());
                Ok(None)
            }
            Err(error) if error.is_io_error() => Err(ReportError::Write {
                path,
                source: error.into(),
            }),
            Err(error) => Err(error.into()),
        }
    }

    /// Writes SVG and PNG of each chart.
    pub fn write_charts(&mut self, charts: &[DrawnChart]) -> Result<Vec<PathBuf>, ReportError> {
        let mut files = Vec::with_capacity(charts.len() * 2);
        for drawn in charts {
            let name = format!("{CHARTS}/{}", drawn.chart.name);
            files.push(self.write(&format!("{name}.svg"), drawn.svg.as_bytes())?);
            files.push(self.write(&format!("{name}.png"), &drawn.png)?);
        }
        Ok(files)
    }

    /// Writes the tables as CSV and LaTeX; `leaderboard` is that of the ranking.
    pub fn write_tables(
        &mut self,
        ranking: &Ranking,
        leaderboard: &TextTable,
    ) -> Result<Vec<PathBuf>, ReportError> {
        let latex = tables::leaderboard_tex(&ranking.revision.experiment, leaderboard);
        let tables = [
            ("leaderboard.csv", tables::leaderboard_csv(ranking)?),
            ("evaluations.csv", tables::evaluations_csv(ranking)?),
            ("leaderboard.tex", latex.into_bytes()),
        ];
        let mut written = Vec::with_capacity(tables.len() + 3);
        for (name, bytes) in tables {
            written.push(self.write(name, &bytes)?);
        }
        // These may be larger than memory.
        written.extend(self.write_rows("curves.csv", |to| {
            tables::write_curves_csv(ranking, to).map(|()| true)
        })?);
        written.extend(self.write_rows("comparisons.csv", |to| {
            tables::write_comparisons_csv(ranking, to).map(|()| true)
        })?);
        Ok(written)
    }

    /// Writes the predictions of the chosen configuration, unless they are too many.
    pub fn write_predictions(
        &mut self,
        ranking: &Ranking,
        files: &JobFiles,
        results: &ResultsFolder,
    ) -> Result<Option<PathBuf>, ReportError> {
        self.write_rows(PREDICTIONS, |to| {
            tables::write_predictions_csv((ranking, files), results, to)
        })
    }

    /// Writes the files for a paper; the answer is the folder that they will be in. `images`: as in
    /// [`paper::latex_files`].
    pub fn write_paper(
        &mut self,
        (ranking, leaderboard, images): (&Ranking, &TextTable, Option<u64>),
        charts: &[DrawnChart],
    ) -> Result<PathBuf, ReportError> {
        self.write_paper_charts(charts)?;
        let charts: Vec<&Chart> = charts.iter().map(|drawn| &drawn.chart).collect();
        for (name, bytes) in paper::latex_files(ranking, images, leaderboard, &charts) {
            self.write(&format!("{PAPER}/{name}"), &bytes)?;
        }
        Ok(self.folder.join(PAPER))
    }

    /// Writes the charts for a paper; the answer is the folder of its files.
    pub fn write_paper_charts(&mut self, charts: &[DrawnChart]) -> Result<PathBuf, ReportError> {
        if let Err(source) = fs::create_dir_all(self.partial.path().join(PAPER_CHARTS)) {
            let path = self.folder.join(PAPER_CHARTS);
            return Err(ReportError::Write { path, source });
        }
        for DrawnChart { chart, .. } in charts {
            let (name, bytes) = paper::chart_file(chart).map_err(|source| ReportError::Chart {
                name: chart.name.clone(),
                source,
            })?;
            self.write(&format!("{PAPER}/{name}"), &bytes)?;
        }
        Ok(self.folder.join(PAPER))
    }

    /// Moves all files to their places, in the order in which they were written, and removes the
    /// charts of an earlier report that no longer apply: those whose name, without extension,
    /// `is_own`. Without new files for a paper its earlier ones stay.
    pub fn publish(self, is_own: impl Fn(&str) -> bool) -> Result<(), ReportError> {
        let write = |path: PathBuf, source| ReportError::Write { path, source };
        let has_paper = self.names.iter().any(|name| name.starts_with(PAPER));
        let mut folders = vec![self.folder.join(CHARTS)];
        if has_paper {
            folders.push(self.folder.join(PAPER_CHARTS));
            folders.push(self.folder.join(PAPER));
        }
        for folder in &folders {
            fs::create_dir_all(folder).map_err(|e| write(folder.clone(), e))?;
        }
        for name in &self.names {
            let path = self.folder.join(name);
            let partial = self.partial.path().join(name);
            convsweep_files::publish(&partial, &path, Durability::SystemCache)
                .map_err(|error| write(path, error.source))?;
        }
        for name in &self.given_up {
            remove(&self.folder.join(name))?;
        }
        for made in folders.iter().flat_map(|folder| made_files(folder)) {
            let name = made.file_stem().and_then(|name| name.to_str());
            if !name.is_some_and(&is_own) {
                continue;
            }
            let is_new = self.names.iter().any(|name| self.folder.join(name) == made);
            if !is_new {
                remove(&made)?;
            }
        }
        Ok(())
    }
}

/// Removes a file of an earlier report, which another one may have removed.
fn remove(path: &Path) -> Result<(), ReportError> {
    match fs::remove_file(path) {
        Err(source) if source.kind() != ErrorKind::NotFound => Err(ReportError::Write {
            path: path.to_owned(),
            source,
        }),
        _ => Ok(()),
    }
}

/// The files of a folder that a report may have made: charts, and the tables for a paper.
fn made_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let extension = path.extension().and_then(|e| e.to_str());
        let name = path.file_name().and_then(|name| name.to_str());
        let is_chart = matches!(extension, Some("svg" | "png" | "pdf"));
        let is_in_charts = folder.file_name().is_some_and(|name| name == CHARTS);
        if is_in_charts && is_chart || !is_in_charts && name.is_some_and(paper::is_table) {
            files.push(path);
        }
    }
    files
}

/// Removes what programs left that were killed while they wrote a report.
fn remove_abandoned(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let is_partial = name.to_str().is_some_and(|name| name.starts_with(PREFIX));
        let modified = entry.metadata().and_then(|metadata| metadata.modified());
        let age = modified.ok().and_then(|time| time.elapsed().ok());
        if is_partial && age.is_some_and(|age| age > ABANDONED) {
            // What stays does no harm.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}
