//! The axes of parallel coordinates, and the place of every configuration on them.

use crate::charts::chart::ChartData;
use crate::draw::legend::LegendEntry;
use crate::draw::scale::{extent, padded};
use crate::draw::style::SeriesStyle;
use crate::ranking::Ranking;
use convsweep_spec::log::Axis;

/// Fewer axes are better shown by a heat map.
const LEAST_AXES: usize = 3;
/// Share of the distance between two values over which lines with the same value are spread.
const SPREAD: f64 = 0.5;
/// Configurations that are put in words.
const SPOKEN: usize = 3;

/// Axes side by side, the metric at the right.
#[derive(Clone, Debug, PartialEq)]
pub struct ParallelCoordinates {
    /// The axes with at least two values that have results.
    pub axes: Vec<CoordinateAxis>,
    /// The metric with its unit.
    pub metric: String,
    /// The range of the metric, the better end last.
    pub range: (f64, f64),
    /// Decimals of results.
    pub places: usize,
    /// A line for each configuration with a result and a value on every axis, the best first.
    pub lines: Vec<CoordinateLine>,
    /// The legend.
    pub legend: Vec<LegendEntry>,
}

/// One axis.
#[derive(Clone, Debug, PartialEq)]
pub struct CoordinateAxis {
    /// Its name.
    pub name: String,
    /// Labels of its values, from the bottom.
    pub labels: Vec<String>,
}

/// One configuration.
#[derive(Clone, Debug, PartialEq)]
pub struct CoordinateLine {
    /// Its name.
    pub name: String,
    /// Its colour, line pattern and marker.
    pub style: SeriesStyle,
    /// Its value on every axis, by its place among the labels.
    pub values: Vec<usize>,
    /// Its height on every axis, 0 at the bottom to 1 at the top.
    pub heights: Vec<f64>,
    /// Its mean, in the unit of the axis.
    pub result: f64,
}

impl ParallelCoordinates {
    /// The configurations with results; `None` with fewer than three axes that have two values.
    pub fn new(data: &ChartData) -> Option<ParallelCoordinates> {
        let ranking = data.ranking;
        let axes: Vec<&Axis> = ranking.revision.axes.iter().collect();
        let axes: Vec<&Axis> = axes.into_iter().filter(|a| is_used(ranking, a)).collect();
        if axes.len() < LEAST_AXES {
            return None;
        }
        let (mut lines, mut ranks) = (Vec::new(), Vec::new());
        for (rank, configuration) in ranking.with_result().iter().enumerate() {
            let values = axes.iter().map(|axis| configuration.value_index(axis));
            let values: Option<Vec<usize>> = values.collect();
            if let (Some(values), Some(score)) = (values, configuration.score) {
                ranks.push(rank);
                lines.push(CoordinateLine {
                    name: ranking.name(rank),
                    style: data.styles[rank],
                    heights: Vec::with_capacity(values.len()),
                    values,
                    result: score.mean * ranking.metric.scale(),
                });
            }
        }
        for (place, axis) in axes.iter().enumerate() {
            spread(&mut lines, place, axis.labels.len());
        }
        let results = extent(lines.iter().map(|line| line.result))?;
        let (low, high) = padded(results, 0.04);
        let range = if ranking.metric.larger_is_better() {
            (low, high)
        } else {
            (high, low)
        };
        let axes = axes.into_iter().map(|axis| CoordinateAxis {
            name: axis.name.clone(),
            labels: axis.labels.clone(),
        });
        Some(ParallelCoordinates {
            axes: axes.collect(),
            metric: ranking.metric.label(),
            range,
            places: ranking.metric.places(),
            legend: data.legend(&ranks, true),
            lines,
        })
    }

    /// The best configurations and the worst in words.
    pub(super) fn figures(&self) -> String {
        let named = |line: &CoordinateLine| {
            let places = self.places;
            format!("{} with {:.places$}", line.name, line.result)
        };
        let best: Vec<String> = self.lines.iter().take(SPOKEN).map(named).collect();
        let worst = self.lines.last().map(named).unwrap_or_default();
        format!(
            "{} configurations over {} axes; best {}; worst {worst}.",
            self.lines.len(),
            self.axes.len(),
            best.join("; ")
        )
    }
}

/// Whether at least two of its values have results.
fn is_used(ranking: &Ranking, axis: &Axis) -> bool {
    let configurations = ranking.with_result().iter();
    let mut values = configurations.filter_map(|c| c.value_index(axis));
    values
        .next()
        .is_some_and(|first| values.any(|value| value != first))
}

/// Height of the value at `place` of `count`, 0 at the bottom to 1 at the top.
pub(super) fn height(place: usize, count: usize) -> f64 {
    (place as f64 + 0.5) / count.max(1) as f64
}

/// Gives every line its height on one axis: those with the same value are spread around it, the
/// best at the top.
fn spread(lines: &mut [CoordinateLine], axis: usize, count: usize) {
    let mut sizes = vec![0usize; count];
    for line in lines.iter() {
        sizes[line.values[axis]] += 1;
    }
    let mut seen = vec![0usize; count];
    for line in lines {
        let value = line.values[axis];
        let share = (seen[value] as f64 + 0.5) / sizes[value] as f64;
        seen[value] += 1;
        let shift = (0.5 - share) * SPREAD / count as f64;
        line.heights.push(height(value, count) + shift);
    }
}
