//! The effect of each axis: the metric for each of its values, averaged over the other axes.

use super::{RankedConfiguration, Ranking};
use convsweep_spec::log::Axis;
use convsweep_statistics::sample::Sample;
use std::collections::BTreeMap;

/// Effect of one axis, in the unit of charts.
#[derive(Clone, Debug, PartialEq)]
pub struct AxisEffect {
    /// Short name of the axis.
    pub axis: String,
    /// Its values with results, in the file's order.
    pub values: Vec<ValueEffect>,
    /// Configurations that differ in this axis alone, as (index into `values`, mean of the
    /// configuration).
    pub traces: Vec<Vec<(usize, f64)>>,
}

/// The metric for one value of an axis.
#[derive(Clone, Debug, PartialEq)]
pub struct ValueEffect {
    /// Label of the value.
    pub label: String,
    /// Over the configurations that have the value, or over their runs if there is only one
    /// axis.
    pub sample: Sample,
}

/// Effects of the axes that have at least two values with results. Every configuration weighs the
/// same, however many runs it has.
pub fn axis_effects(ranking: &Ranking) -> Vec<AxisEffect> {
    let axes = ranking.revision.axes.iter();
    axes.filter_map(|axis| axis_effect(ranking, axis)).collect()
}

/// The values of a configuration on all axes but one, as (path, label).
type OtherValues<'a> = Vec<(&'a str, &'a str)>;

fn axis_effect(ranking: &Ranking, axis: &Axis) -> Option<AxisEffect> {
    let is_only_axis = ranking.revision.axes.len() == 1;
    let scale = ranking.metric.scale();
    let mut samples: Vec<Vec<f64>> = vec![Vec::new(); axis.labels.len()];
    let mut traces: BTreeMap<OtherValues, Vec<(usize, f64)>> = BTreeMap::new();
    for configuration in ranking.with_result() {
        let Some(value) = configuration.value_index(axis) else {
            continue;
        };
        let Some(score) = configuration.score else {
            continue;
        };
        // Without another axis to average over, the spread is that over the runs.
        if is_only_axis {
            samples[value].extend(configuration.values(scale));
        } else {
            samples[value].push(score.mean * scale);
        }
        let trace = traces.entry(other_values(configuration, axis));
        trace.or_default().push((value, score.mean * scale));
    }
    let mut places = vec![None; axis.labels.len()];
    let mut values = Vec::new();
    for (i, (label, means)) in axis.labels.iter().zip(&samples).enumerate() {
        if let Some(sample) = Sample::of(means) {
            places[i] = Some(values.len());
            let label = label.clone();
            values.push(ValueEffect { label, sample });
        }
    }
    if values.len() < 2 {
        return None;
    }
    Some(AxisEffect {
        axis: axis.name.clone(),
        values,
        traces: placed(traces.into_values(), &places),
    })
}

fn other_values<'a>(configuration: &RankedConfiguration<'a>, axis: &Axis) -> OtherValues<'a> {
    let mut others = Vec::new();
    for value in &configuration.row.member.values {
        if value.path != axis.path {
            others.push((value.path.as_str(), value.label.as_str()));
        }
    }
    others
}

/// Traces of at least two configurations, with indices into the values that have results.
fn placed(
    traces: impl Iterator<Item = Vec<(usize, f64)>>,
    places: &[Option<usize>],
) -> Vec<Vec<(usize, f64)>> {
    let mut kept = Vec::new();
    for mut trace in traces {
        trace.sort_by_key(|(value, _)| *value);
        let mut points = Vec::new();
        for (value, mean) in trace {
            if let Some(place) = places[value] {
                points.push((place, mean));
            }
        }
        if points.len() > 1 {
            kept.push(points);
        }
    }
    kept
}
