//! Further scores on the validation images.

use super::text_table::{MISSING, TextTable, mean_and_sd};
use crate::ranking::{MetricFormat, RankedConfiguration, Ranking};
use convsweep_spec::metric::{CHOOSING, VAL_ACCURACY, VAL_LOSS};
use convsweep_statistics::sample::Sample;

/// Means over the finished runs of every score but accuracy and loss; `None` if no job recorded
/// any.
pub fn scores(ranking: &Ranking) -> Option<TextTable> {
    let configurations = &ranking.configurations;
    let mut metrics = Vec::new();
    for name in CHOOSING {
        let metric = MetricFormat::named(name);
        let is_further = name != VAL_ACCURACY && name != VAL_LOSS;
        if is_further && configurations.iter().any(|c| score(c, &metric).is_some()) {
            metrics.push(metric);
        }
    }
    if metrics.is_empty() {
        return None;
    }
    let mut columns = vec!["configuration".to_string()];
    columns.extend(metrics.iter().map(|m| m.label().replace("validation ", "")));
    let mut rows = Vec::with_capacity(configurations.len());
    for (rank, configuration) in configurations.iter().enumerate() {
        let mut row = vec![ranking.name(rank)];
        for metric in &metrics {
            let score = score(configuration, metric);
            row.push(score.map_or(MISSING.into(), |s| mean_and_sd(s, metric)));
        }
        rows.push(row);
    }
    Some(TextTable { columns, rows })
}

fn score(configuration: &RankedConfiguration, metric: &MetricFormat) -> Option<Sample> {
    configuration.summary(|run| run.job.result(&metric.name))
}
