//! What accuracy costs: the metric against parameters, multiply-accumulate operations, and training
//! time.

mod drawing;
mod points;
mod words;

pub use points::{CostChart, CostPanel, CostPoint};

use super::chart::{Chart, ChartData};

pub(super) fn charts(data: &ChartData) -> Vec<Chart> {
    let Some(cost) = CostChart::new(data) else {
        return Vec::new();
    };
    let caption = format!(
        "Mean over {} ± one standard deviation of {}. Ringed and joined by the dotted line: the \
         configurations that no other beats at equal or lower cost, by their means (Pareto \
         front). {} MACs: multiply-accumulate operations for one image. Time is that of one run, \
         without epochs taken over from another job; it depends on the machine.",
        data.ranking.runs_in_words(),
        words::configurations(&cost),
        words::fronts(data, &cost),
    );
    let title = format!("What does a better {} cost?", data.ranking.metric.words());
    let chart = Chart::new("cost", title, caption, drawing::scene(&cost));
    vec![chart.saying(words::figures(data, &cost))]
}
