//! What accuracy costs: the metric against parameters, multiply-accumulate operations, and training
//! time.

mod drawing;
mod points;

pub use points::{CostChart, CostPanel, CostPoint};

use super::chart::{Chart, ChartData};

pub(super) fn charts(data: &ChartData) -> Vec<Chart> {
    let Some(cost) = CostChart::new(data) else {
        return Vec::new();
    };
    let caption = format!(
        "Mean over {} ± one standard deviation. The dotted line joins the configurations that no \
         other beats at equal or lower cost. MACs: multiply-accumulate operations for one image. \
         Time is that of one run, without epochs taken over from another job; it depends on the \
         machine.",
        data.ranking.runs_in_words()
    );
    let title = format!("{} against cost", data.ranking.metric.words());
    vec![Chart::new("cost", title, caption, drawing::scene(&cost))]
}
