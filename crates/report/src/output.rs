//! Draws the charts and writes the files of a report.

use crate::charts::Chart;
use crate::draw::render::{self, RenderError};
use crate::ranking::Ranking;
use crate::tables::{self, TextTable};
use convsweep_files::Durability;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use thiserror::Error;

/// Maximum number of charts that are drawn at the same time.
const MAX_THREADS: usize = 8;

/// Why a report could not be made.
#[derive(Debug, Error)]
pub enum ReportError {
    /// A file could not be written.
    #[error(
        "cannot write {path}: {source}; make the folder writable, or work on a copy of it \
         (--results)"
    )]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// What the system reported.
        source: io::Error,
    },
    /// A chart could not be drawn.
    #[error("chart {name}: {source}")]
    Chart {
        /// The chart.
        name: String,
        /// What the renderer reported.
        source: RenderError,
    },
    /// A table could not be made.
    #[error("CSV: {0}")]
    Csv(#[from] csv::Error),
}

/// A chart as SVG and PNG.
pub struct DrawnChart {
    pub chart: Chart,
    pub svg: String,
    pub png: Vec<u8>,
}

/// Draws charts in parallel, on a thread for each core, at most [`MAX_THREADS`].
pub fn draw_all(charts: Vec<Chart>) -> Result<Vec<DrawnChart>, ReportError> {
    let cores = thread::available_parallelism().map_or(1, |n| n.get());
    let threads = cores.clamp(1, MAX_THREADS);
    let mut queues = vec![Vec::new(); threads];
    for (i, chart) in charts.into_iter().enumerate() {
        queues[i % threads].push((i, chart));
    }
    let mut drawn = Vec::new();
    thread::scope(|scope| {
        let mut workers = Vec::with_capacity(threads);
        for queue in queues {
            workers.push(scope.spawn(|| draw_queue(queue)));
        }
        for worker in workers {
            match worker.join() {
                Ok(results) => drawn.extend(results),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
    });
    drawn.sort_by_key(|(i, _)| *i);
    drawn.into_iter().map(|(_, result)| result).collect()
}

type NumberedResult = (usize, Result<DrawnChart, ReportError>);

fn draw_queue(queue: Vec<(usize, Chart)>) -> Vec<NumberedResult> {
    let mut results = Vec::with_capacity(queue.len());
    for (i, chart) in queue {
        results.push((i, draw(chart)));
    }
    results
}

fn draw(chart: Chart) -> Result<DrawnChart, ReportError> {
    let svg = render::svg(&chart.scene);
    match svg.and_then(|svg| Ok((svg, render::png(&chart.scene)?))) {
        Ok((svg, png)) => Ok(DrawnChart { chart, svg, png }),
        Err(source) => Err(ReportError::Chart {
            name: chart.name,
            source,
        }),
    }
}

/// The folder of an experiment.
pub struct OutputFolder(pub PathBuf);

impl OutputFolder {
    /// Writes a file under its final name only when it is complete.
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<PathBuf, ReportError> {
        let path = self.0.join(name);
        match convsweep_files::write(&path, bytes, Durability::SystemCache) {
            Ok(()) => Ok(path),
            Err(error) => Err(ReportError::Write {
                path,
                source: error.source,
            }),
        }
    }

    /// Writes SVG and PNG of each chart, and removes those of an earlier report.
    pub fn write_charts(&self, charts: &[DrawnChart]) -> Result<Vec<PathBuf>, ReportError> {
        let folder = self.0.join("charts");
        if let Err(source) = fs::create_dir_all(&folder) {
            return Err(ReportError::Write {
                path: folder,
                source,
            });
        }
        remove_pictures(&folder)?;
        let mut files = Vec::with_capacity(charts.len() * 2);
        for drawn in charts {
            let name = &drawn.chart.name;
            files.push(self.write(&format!("charts/{name}.svg"), drawn.svg.as_bytes())?);
            files.push(self.write(&format!("charts/{name}.png"), &drawn.png)?);
        }
        Ok(files)
    }

    /// Writes the tables as CSV and LaTeX; `leaderboard` is that of the same ranking.
    pub fn write_tables(
        &self,
        ranking: &Ranking,
        leaderboard: &TextTable,
    ) -> Result<Vec<PathBuf>, ReportError> {
        let latex = tables::leaderboard_tex(&ranking.revision.experiment, leaderboard);
        let tables = [
            ("leaderboard.csv", tables::leaderboard_csv(ranking)?),
            ("curves.csv", tables::curves_csv(ranking)?),
            ("evaluations.csv", tables::evaluations_csv(ranking)?),
            ("comparisons.csv", tables::comparisons_csv(ranking)?),
            ("leaderboard.tex", latex.into_bytes()),
        ];
        let mut files = Vec::with_capacity(tables.len());
        for (name, bytes) in tables {
            files.push(self.write(name, &bytes)?);
        }
        Ok(files)
    }
}

fn remove_pictures(folder: &Path) -> Result<(), ReportError> {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let extension = path.extension().and_then(|e| e.to_str());
        if matches!(extension, Some("svg" | "png"))
            && let Err(source) = fs::remove_file(&path)
        {
            return Err(ReportError::Write { path, source });
        }
    }
    Ok(())
}
