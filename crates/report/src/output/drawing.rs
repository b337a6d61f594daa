//! Draws the charts of a report.

use super::error::ReportError;
use crate::charts::Chart;
use crate::draw::render;
use std::thread;

/// Maximum number of charts that are drawn at the same time.
const MAX_THREADS: usize = 8;

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
