//! The configurations that `experiment.baseline` and `run.priority` mean.

use crate::grid::point::{GridPoint, has_all};
use crate::grid::selection::Selection;
use crate::source::problem::{Problem, ProblemCode};
use std::collections::BTreeSet;

/// A point of the grid with the index of its configuration.
pub(super) type IndexedPoint = (GridPoint, usize);

/// Index of the one configuration that has the values of the baseline.
pub(super) fn baseline_index(
    baseline: &Selection,
    points: &[IndexedPoint],
    labels: &[String],
) -> Result<usize, Box<Problem>> {
    let matching = matching(baseline, points);
    let matching: Vec<usize> = matching.into_iter().collect();
    let problem = match matching[..] {
        [one] => return Ok(one),
        [] => {
            let title = "no configuration has the baseline's values";
            let problem = Problem::at(ProblemCode::UnknownName, baseline.node.span, title);
            problem.help("give values of one configuration of the plan")
        }
        [first, second, ..] => {
            let count = matching.len();
            let title = format!("{count} configurations have the baseline's values");
            let problem = Problem::at(ProblemCode::Conflict, baseline.node.span, title);
            let example = format!("for example {} and {}", labels[first], labels[second]);
            let help = "give a value for each axis, so that only one configuration has them";
            problem.label("more than one").note(example).help(help)
        }
    };
    Err(Box::new(problem))
}

/// For each configuration the number of the first entry of `run.priority` that it matches, or
/// their count. `later_stages`: whether configurations of later stages are not known yet.
pub(super) fn ranks(
    priorities: &[Selection],
    points: &[IndexedPoint],
    configurations: usize,
    later_stages: bool,
) -> Result<Vec<u32>, Box<Problem>> {
    let lowest = u32::try_from(priorities.len()).unwrap_or(u32::MAX);
    let mut ranks = vec![lowest; configurations];
    for (priority, rank) in priorities.iter().zip(0..) {
        let matching = matching(priority, points);
        if matching.is_empty() && !later_stages {
            let title = "no configuration has these values of `run.priority`";
            let problem = Problem::at(ProblemCode::UnknownName, priority.node.span, title);
            let help = "give values that one configuration has together";
            return Err(Box::new(problem.help(help)));
        }
        for index in matching {
            ranks[index] = ranks[index].min(rank);
        }
    }
    Ok(ranks)
}

fn matching(selection: &Selection, points: &[IndexedPoint]) -> BTreeSet<usize> {
    let matching = points.iter().filter(|(p, _)| has_all(p, &selection.values));
    matching.map(|(_, index)| *index).collect()
}
