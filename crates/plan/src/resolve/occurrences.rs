//! Problems with the points at which they occur; the same mistake is reported once.

use crate::grid::axes::Axes;
use crate::grid::labels::configuration_label;
use crate::grid::point::{GridPoint, value_on};
use crate::source::problem::{Problem, ProblemIdentity};
use std::collections::{BTreeSet, HashMap};

/// Values of an axis that a note lists at most.
const MAX_LISTED: usize = 6;

#[derive(Default)]
pub(crate) struct ProblemOccurrences {
    /// Each problem with the indices of the points at which it occurs, in ascending order.
    found: Vec<(Problem, Vec<usize>)>,
    indices: HashMap<ProblemIdentity, usize>,
}

impl ProblemOccurrences {
    /// Adds the problems of the point of this index.
    pub(super) fn add(&mut self, problems: &[Problem], point: usize) {
        for problem in problems {
            let found = &mut self.found;
            let index = *self.indices.entry(problem.identity()).or_insert_with(|| {
                found.push((problem.clone(), vec![]));
                found.len() - 1
            });
            let (first, points) = &mut self.found[index];
            first.absorb(problem);
            if points.last() != Some(&point) {
                points.push(point);
            }
        }
    }

    /// The problems; those that do not occur everywhere say for which axis values they do.
    pub(super) fn into_problems(self, axes: &Axes, points: &[GridPoint]) -> Vec<Problem> {
        let mut problems = Vec::with_capacity(self.found.len());
        for (problem, affected) in self.found {
            problems.push(if affected.len() < points.len() {
                problem.note(condition(axes, points, &affected))
            } else {
                problem
            });
        }
        problems
    }
}

/// When a problem occurs: the values of the axes that decide it, or an example.
fn condition(axes: &Axes, points: &[GridPoint], affected: &[usize]) -> String {
    let count = format!("{} of {} configurations", affected.len(), points.len());
    let mut deciding: Vec<(u32, BTreeSet<u32>)> = Vec::new();
    for axis in 0..u32::try_from(axes.all.len()).unwrap_or(0) {
        let here: BTreeSet<_> = affected
            .iter()
            .map(|i| value_on(&points[*i], axis))
            .collect();
        let everywhere: BTreeSet<_> = points.iter().map(|p| value_on(p, axis)).collect();
        if !here.contains(&None) && here.len() < everywhere.len() {
            deciding.push((axis, here.into_iter().flatten().collect()));
        }
    }
    let meets = |point: &&GridPoint| {
        let mut conditions = deciding.iter();
        conditions.all(|(axis, values)| value_on(point, *axis).is_some_and(|v| values.contains(&v)))
    };
    if !deciding.is_empty() && points.iter().filter(meets).count() == affected.len() {
        let mut words = Vec::with_capacity(deciding.len());
        for (axis, values) in &deciding {
            words.push(axis_condition(axes, *axis, values));
        }
        return format!("this happens where {} ({count})", words.join(" and "));
    }
    let example = match affected.first() {
        Some(i) => configuration_label(&axes.all, &points[*i], true),
        None => String::new(),
    };
    format!("this happens in {count}, for example where {example}")
}

fn axis_condition(axes: &Axes, axis: u32, values: &BTreeSet<u32>) -> String {
    let axis = &axes.all[axis as usize];
    let labels = values
        .iter()
        .take(MAX_LISTED)
        .map(|value| axis.values[*value as usize].label.as_str());
    let labels: Vec<_> = labels.collect();
    let more = if values.len() > MAX_LISTED {
        ", …"
    } else {
        ""
    };
    format!("{} = {}{more}", axis.path, labels.join(" or "))
}
