//! What would settle what the results leave open: more runs, or values beyond those that were
//! tried.

use crate::pairs::{Pairs, Verdict};
use crate::results::{ConfigurationResults, SweepResults};
use convsweep_spec::log::Axis;
use serde::Serialize;

/// More runs than this are not suggested: the difference is too small to matter.
pub(crate) const MOST_SUGGESTED: usize = 100;

/// What would settle what the results leave open.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct NextSteps {
    /// How many more runs of each would probably leave one configuration that may be the best;
    /// `None` if there is one already, or if that cannot be said.
    pub more_runs: Option<MoreRuns>,
    /// Labels of configurations that may be the best and differ from it by so little that a hundred
    /// more runs would not tell: choose among them by cost.
    pub too_close: Vec<String>,
    /// Axes of numbers at whose end every configuration is that may be the best, in the order of
    /// the file.
    pub edges: Vec<AxisEdge>,
}

/// A number of further runs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MoreRuns {
    /// How many more of each, if the differences are as large as they look.
    pub of_each: usize,
    /// Labels of the configurations that they would probably tell from the best.
    pub to_tell: Vec<String>,
}

/// The end of an axis.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AxisEdge {
    /// The axis' dotted path in the file.
    pub path: String,
    /// Its short name.
    pub name: String,
    /// Label of the value.
    pub label: String,
    /// Which end it is.
    pub end: AxisEnd,
}

/// An end of an axis of numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum AxisEnd {
    /// The smallest value that was tried.
    Smallest,
    /// The largest value that was tried.
    Largest,
}

impl AxisEnd {
    /// The word for the end.
    pub fn word(self) -> &'static str {
        match self {
            AxisEnd::Smallest => "smallest",
            AxisEnd::Largest => "largest",
        }
    }

    /// The word for what lies beyond it.
    pub fn beyond(self) -> &'static str {
        match self {
            AxisEnd::Smallest => "smaller",
            AxisEnd::Largest => "larger",
        }
    }
}

/// The steps for the configurations at `ranks`, the best first.
pub(crate) fn next_steps(sweep: &SweepResults, pairs: &Pairs, ranks: &[usize]) -> NextSteps {
    let label = |rank: usize| sweep.configurations[ranks[rank]].label.clone();
    let mut steps = NextSteps {
        edges: edges(sweep, pairs, ranks),
        ..NextSteps::default()
    };
    let mut of_each = 0;
    let mut to_tell = Vec::new();
    for pair in pairs.kept.iter().filter(|pair| pair.first == 0) {
        let is_open = pairs.may_be_best[pair.second] && pair.result.verdict == Verdict::Unknown;
        match pair
            .more_runs
            .filter(|_| is_open && pair.result.difference != 0.0)
        {
            Some(more) if more > MOST_SUGGESTED => steps.too_close.push(label(pair.second)),
            Some(more) if more > 0 => {
                of_each = of_each.max(more);
                to_tell.push(label(pair.second));
            }
            Some(_) | None => {}
        }
    }
    if of_each > 0 {
        steps.more_runs = Some(MoreRuns { of_each, to_tell });
    }
    steps
}

fn edges(sweep: &SweepResults, pairs: &Pairs, ranks: &[usize]) -> Vec<AxisEdge> {
    let members = ranks.iter().zip(&pairs.may_be_best);
    let members = members.filter(|(_, may_be_best)| **may_be_best);
    let members: Vec<&ConfigurationResults> =
        members.map(|(i, _)| &sweep.configurations[*i]).collect();
    let ranked = || ranks.iter().map(|i| &sweep.configurations[*i]);
    let mut edges = Vec::new();
    // Where nothing is known to be worse, the ends are those of the file.
    if members.len() == ranks.len() {
        return edges;
    }
    for axis in &sweep.axes {
        let Some(all) = numbers(ranked(), axis) else {
            continue;
        };
        let Some(chosen) = numbers(members.iter().copied(), axis) else {
            continue;
        };
        let (low, high) = (smallest(&all), largest(&all));
        let end = match (smallest(&chosen), largest(&chosen)) {
            _ if low == high => continue,
            (_, most) if most == low => AxisEnd::Smallest,
            (least, _) if least == high => AxisEnd::Largest,
            _ => continue,
        };
        let label = members[0].axis_label(&axis.path).unwrap_or_default();
        edges.push(AxisEdge {
            path: axis.path.clone(),
            name: axis.name.clone(),
            label: label.to_string(),
            end,
        });
    }
    edges
}

/// The values of configurations on an axis; `None` unless all are numbers.
fn numbers<'a>(
    configurations: impl Iterator<Item = &'a ConfigurationResults>,
    axis: &Axis,
) -> Option<Vec<f64>> {
    let mut numbers = Vec::new();
    for configuration in configurations {
        let mut values = configuration.values.iter();
        let value = values.find(|value| value.path == axis.path)?;
        numbers.push(value.value.as_f64().filter(|number| number.is_finite())?);
    }
    (!numbers.is_empty()).then_some(numbers)
}

fn smallest(numbers: &[f64]) -> f64 {
    numbers.iter().copied().fold(f64::INFINITY, f64::min)
}

fn largest(numbers: &[f64]) -> f64 {
    numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max)
}
