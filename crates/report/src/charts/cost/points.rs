//! Costs and results of the configurations, and which of them no other beats.

use crate::charts::chart::ChartData;
use crate::draw::legend::LegendEntry;
use crate::draw::scale::{extent, padded};
use crate::draw::style::SeriesStyle;
use crate::ranking::RankedConfiguration;

/// The metric against costs, a panel for each cost that differs between configurations.
#[derive(Clone, Debug, PartialEq)]
pub struct CostChart {
    /// The metric with its unit.
    pub metric: String,
    /// The panels.
    pub panels: Vec<CostPanel>,
    /// The legend.
    pub legend: Vec<LegendEntry>,
    /// Whether larger values of the metric are better.
    pub larger_is_better: bool,
}

/// One cost.
#[derive(Clone, Debug, PartialEq)]
pub struct CostPanel {
    /// The cost with its unit.
    pub name: String,
    /// A point for each configuration, the best first.
    pub points: Vec<CostPoint>,
}

/// One configuration.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CostPoint {
    /// Rank of the configuration, from 0.
    pub rank: usize,
    /// Its colour, line pattern and marker.
    pub style: SeriesStyle,
    /// Its cost.
    pub cost: f64,
    /// Its mean, in the unit of the axis.
    pub value: f64,
    /// The standard deviation over its runs, 0 if there is none.
    pub sd: f64,
}

/// Reads a cost from a configuration.
type ReadCost = fn(&RankedConfiguration) -> Option<f64>;

/// The costs with their names.
const COSTS: [(&str, ReadCost); 3] = [
    ("parameters", parameters),
    ("MACs per image", macs),
    ("training time (s)", seconds),
];

fn parameters(configuration: &RankedConfiguration) -> Option<f64> {
    Some(configuration.row.member.parameters as f64)
}

fn macs(configuration: &RankedConfiguration) -> Option<f64> {
    Some(configuration.row.member.macs as f64)
}

fn seconds(configuration: &RankedConfiguration) -> Option<f64> {
    let mean = configuration.seconds()?.mean;
    (mean > 0.0).then_some(mean)
}

impl CostChart {
    /// Points of all ranked configurations; costs that are equal for all are left out. `None` with
    /// fewer than two configurations, or if no cost differs.
    pub fn new(data: &ChartData) -> Option<CostChart> {
        let ranking = data.ranking;
        if ranking.ranked < 2 {
            return None;
        }
        let mut panels = Vec::new();
        for (name, cost) in COSTS {
            let panel = CostPanel {
                name: name.to_string(),
                points: points(data, cost),
            };
            if panel.costs().is_some_and(|(low, high)| high > low) {
                panels.push(panel);
            }
        }
        if panels.is_empty() {
            return None;
        }
        let ranks: Vec<usize> = (0..ranking.ranked).collect();
        Some(CostChart {
            metric: ranking.metric.label(),
            panels,
            legend: data.legend(&ranks, false),
            larger_is_better: ranking.metric.larger_is_better(),
        })
    }

    /// Range of the vertical axis: all means with their standard deviations.
    pub fn range(&self) -> (f64, f64) {
        let mut ends = Vec::new();
        for point in self.panels.iter().flat_map(|panel| &panel.points) {
            ends.extend([point.value - point.sd, point.value + point.sd]);
        }
        padded(extent(ends).unwrap_or((0.0, 1.0)), 0.08)
    }
}

fn points(data: &ChartData, cost: ReadCost) -> Vec<CostPoint> {
    let scale = data.ranking.metric.scale();
    let mut points = Vec::new();
    let configurations = data.ranking.with_result().iter().zip(&data.styles);
    for (rank, (configuration, style)) in configurations.enumerate() {
        if let (Some(score), Some(cost)) = (configuration.score, cost(configuration)) {
            points.push(CostPoint {
                rank,
                style: *style,
                cost,
                value: score.mean * scale,
                sd: score.sd.unwrap_or(0.0) * scale,
            });
        }
    }
    points
}

impl CostPanel {
    /// Lowest and highest cost.
    pub fn costs(&self) -> Option<(f64, f64)> {
        extent(self.points.iter().map(|point| point.cost))
    }

    /// The Pareto front: configurations that no other one beats at equal or lower cost, the
    /// cheapest first.
    pub fn front(&self, larger_is_better: bool) -> Vec<CostPoint> {
        let gain = |p: &CostPoint| if larger_is_better { p.value } else { -p.value };
        let mut points = self.points.clone();
        points.sort_by(|a, b| {
            let better_first = gain(b).total_cmp(&gain(a));
            a.cost.total_cmp(&b.cost).then(better_first)
        });
        let mut best = f64::NEG_INFINITY;
        let mut front = Vec::new();
        for point in points {
            if gain(&point) > best {
                best = gain(&point);
                front.push(point);
            }
        }
        front
    }
}
