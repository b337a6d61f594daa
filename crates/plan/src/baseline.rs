//! `experiment.baseline`: which configuration the others are compared with.

use crate::axes::{Axes, leaves};
use crate::check::Sink;
use crate::expand::Point;
use crate::label;
use crate::planner::Planned;
use crate::problem::Problem;
use crate::suggest;
use crate::tree::Node;
use std::collections::BTreeSet;

/// The axis values that the file's baseline names.
pub(crate) fn values(node: &Node, axes: &Axes) -> Result<Point, Box<Problem>> {
    let is_axis = |path: &str| axes.all.iter().any(|a| a.path == path);
    let mut sink = Sink::new(false);
    let leaves = leaves(Some(node), &is_axis, &mut sink);
    if let Some(problem) = sink.problems.into_iter().next() {
        return Err(Box::new(problem.help("baseline = { \"train.optimizer.lr\" = 0.1 }: values of axes")));
    }
    let mut wanted: Point = Vec::new();
    for leaf in &leaves {
        let found = axes.all.iter().position(|a| a.path == leaf.path || a.name == leaf.path);
        let Some(axis) = found else {
            let names: Vec<_> = axes.all.iter().map(|a| a.path.as_str()).collect();
            let title = format!("the baseline names `{}`, which is no axis", leaf.path);
            return Err(Box::new(Problem::new(leaf.at, title, "").help(suggest::remedy(&leaf.path, &names))));
        };
        let Some(value) = axes.all[axis].number(&leaf.node) else {
            let title = format!("axis `{}` never has the value {}", axes.all[axis].path, label::text(&leaf.node));
            let problem = Problem::new(leaf.node.at, title, "no configuration has it");
            return Err(Box::new(problem.also(Some(axes.all[axis].at), "its values")));
        };
        wanted.push((u32::try_from(axis).unwrap_or(u32::MAX), value));
    }
    Ok(wanted)
}

/// Index of the one configuration that has the values `wanted`; `points` are all of the grid with their configurations.
pub(crate) fn find(
    node: &Node,
    wanted: &Point,
    points: &[(Point, usize)],
    planned: &[Planned],
) -> Result<usize, Box<Problem>> {
    let fits = |p: &Point| wanted.iter().all(|value| p.contains(value));
    let found: BTreeSet<usize> = points.iter().filter(|(p, _)| fits(p)).map(|(_, index)| *index).collect();
    match found.iter().copied().collect::<Vec<_>>()[..] {
        [one] => Ok(one),
        [] => {
            let help = "name the values of one configuration of the plan";
            Err(Box::new(Problem::new(node.at, "no configuration has the baseline's values", "").help(help)))
        }
        [first, second, ..] => {
            let title = format!("{} configurations have the baseline's values", found.len());
            let note = format!("for example {} and {}", planned[first].member.label, planned[second].member.label);
            let help = "name a value for each axis, so that one configuration is meant";
            Err(Box::new(Problem::new(node.at, title, "more than one").note(note).help(help)))
        }
    }
}
