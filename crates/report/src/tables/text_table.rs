//! Tables of texts, as people read them, and the cells that several of them share.

use crate::ranking::MetricFormat;
use convsweep_statistics::sample::Sample;

/// What a table shows for a missing value.
pub const MISSING: &str = "–";

/// A table of texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextTable {
    /// Column headings.
    pub columns: Vec<String>,
    /// Rows, with as many texts each as there are columns.
    pub rows: Vec<Vec<String>>,
}

/// `71.40 ± 0.93`, or `71.40` without a spread.
pub fn mean_and_sd(summary: Sample, metric: &MetricFormat) -> String {
    let mean = metric.number(summary.mean);
    match summary.sd {
        Some(sd) => format!("{mean} ± {}", metric.number(sd)),
        None => mean,
    }
}

/// `70.10 to 72.70`, or a dash without an interval.
pub fn interval(interval: Option<(f64, f64)>, metric: &MetricFormat) -> String {
    match interval {
        Some((low, high)) => format!("{} to {}", metric.number(low), metric.number(high)),
        None => MISSING.into(),
    }
}
