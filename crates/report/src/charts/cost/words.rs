//! The Pareto fronts in words.

use super::points::{CostChart, CostPanel, CostPoint};
use crate::charts::chart::ChartData;
use crate::draw::numbers::si;
use convsweep_spec::words::counted;

/// Members of a front that are named; the others are counted.
const NAMED: usize = 8;

/// `6 configurations`.
pub(super) fn configurations(chart: &CostChart) -> String {
    let points = chart.panels.iter().map(|panel| panel.points.len()).max();
    counted(points.unwrap_or(0) as u64, "configuration")
}

/// The members of each front by name, the cheapest first.
pub(super) fn fronts(data: &ChartData, chart: &CostChart) -> String {
    let name = |point: &CostPoint| data.ranking.name(point.rank);
    sentences(chart, name)
}

/// The members of each front with their costs and means.
pub(super) fn figures(data: &ChartData, chart: &CostChart) -> String {
    let places = data.ranking.metric.places();
    let words = |point: &CostPoint| {
        let (value, cost) = (point.value, si(point.cost));
        format!(
            "{} with {value:.places$} at {cost}",
            data.ranking.name(point.rank)
        )
    };
    sentences(chart, words)
}

fn sentences(chart: &CostChart, member: impl Fn(&CostPoint) -> String) -> String {
    let panels = chart.panels.iter();
    let sentences = panels.map(|panel| sentence(chart, panel, &member));
    sentences.collect::<Vec<String>>().join(" ")
}

fn sentence(
    chart: &CostChart,
    panel: &CostPanel,
    member: &impl Fn(&CostPoint) -> String,
) -> String {
    let front = panel.front(chart.larger_is_better);
    let mut members: Vec<String> = front.iter().take(NAMED).map(member).collect();
    if front.len() > NAMED {
        members.push(format!("{} more", front.len() - NAMED));
    }
    format!("Front by {}: {}.", panel.name, members.join("; "))
}
