//! Draws the charts of a report.

use super::error::ReportError;
use crate::charts::Chart;
use crate::draw::render;
use crate::step::{ReportProgress, ReportStep};
use std::iter::Enumerate;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::vec::IntoIter;

/// Maximum number of charts that are drawn at the same time.
const MAX_THREADS: usize = 8;

/// A chart as SVG and PNG.
pub struct DrawnChart {
    pub chart: Chart,
    pub svg: String,
    pub png: Vec<u8>,
}

/// Draws charts in parallel, on a thread for each core, at most [`MAX_THREADS`], and fewer where
/// the system gives no more. `progress` is told how many are drawn.
pub fn draw_all(
    charts: Vec<Chart>,
    progress: ReportProgress,
) -> Result<Vec<DrawnChart>, ReportError> {
    let cores = thread::available_parallelism().map_or(1, |n| n.get());
    let helpers = cores.clamp(1, MAX_THREADS) - 1;
    let queue = ChartQueue {
        all: charts.len() as u64,
        charts: Mutex::new(charts.into_iter().enumerate()),
        drawn: AtomicU64::new(0),
        progress,
    };
    let mut drawn = thread::scope(|scope| {
        let helper = |_| thread::Builder::new().spawn_scoped(scope, || draw_queue(&queue));
        let helpers: Vec<_> = (0..helpers).map_while(|i| helper(i).ok()).collect();
        let mut drawn = draw_queue(&queue);
        for helper in helpers {
            match helper.join() {
                Ok(results) => drawn.extend(results),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        drawn
    });
    drawn.sort_by_key(|(i, _)| *i);
    drawn.into_iter().map(|(_, result)| result).collect()
}

/// Charts that are to be drawn.
struct ChartQueue<'a> {
    charts: Mutex<Enumerate<IntoIter<Chart>>>,
    all: u64,
    drawn: AtomicU64,
    progress: ReportProgress<'a>,
}

type NumberedResult = (usize, Result<DrawnChart, ReportError>);

fn draw_queue(queue: &ChartQueue) -> Vec<NumberedResult> {
    let next = || {
        let mut charts = queue.charts.lock().unwrap_or_else(PoisonError::into_inner);
        charts.next()
    };
    let mut results = Vec::new();
    while let Some((i, chart)) = next() {
        results.push((i, draw(chart)));
        let done = queue.drawn.fetch_add(1, Ordering::Relaxed) + 1;
        let all = queue.all;
        (queue.progress)(ReportStep::Drawing { done, all });
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
