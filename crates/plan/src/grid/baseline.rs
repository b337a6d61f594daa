//! `experiment.baseline`: which configuration the others are compared with; `run.priority`: which
//! ones start first.

use crate::grid::axes::{Axes, leaves};
use crate::grid::labels;
use crate::grid::points::Point;
use crate::language::check::Sink;
use crate::language::suggest;
use crate::plan::assemble::Planned;
use crate::source::problem::Problem;
use crate::source::tree::Node;
use std::collections::BTreeSet;

/// The axis values that the file's baseline names.
pub(crate) fn baseline(node: &Node, axes: &Axes) -> Result<Point, Box<Problem>> {
    values(
        node,
        axes,
        "the baseline",
        "baseline = { \"train.optimizer.lr\" = 0.1 }: values of axes",
    )
}

/// The axis values of each entry of `run.priority`.
pub(crate) fn priority(list: &Node, axes: &Axes) -> Result<Vec<(Node, Point)>, Box<Problem>> {
    let help = "priority = [{ \"train.optimizer.lr\" = 0.1 }]: values of axes";
    list.items()
        .iter()
        .map(|node| Ok((node.clone(), values(node, axes, "`run.priority`", help)?)))
        .collect()
}

/// For each of so many configurations the place of the first entry of `run.priority` that it fits;
/// `points` as in [`find`].
pub(crate) fn ranks(
    priority: &[(Node, Point)],
    points: &[(Point, usize)],
    configurations: usize,
    has_stages: bool,
) -> Result<Vec<u32>, Box<Problem>> {
    let mut ranks = vec![priority.len(); configurations];
    for (place, (node, wanted)) in priority.iter().enumerate() {
        let fitting = points
            .iter()
            .filter(|(p, _)| wanted.iter().all(|value| p.contains(value)));
        let fitting: Vec<usize> = fitting.map(|(_, index)| *index).collect();
        // A later stage may still have them.
        if fitting.is_empty() && !has_stages {
            let help = "name values that one configuration has together";
            let title = "no configuration has these values of `run.priority`";
            return Err(Box::new(Problem::new(node.at, title, "").help(help)));
        }
        fitting
            .into_iter()
            .for_each(|index| ranks[index] = ranks[index].min(place));
    }
    Ok(ranks
        .into_iter()
        .map(|rank| u32::try_from(rank).unwrap_or(u32::MAX))
        .collect())
}

fn values(node: &Node, axes: &Axes, who: &str, help: &str) -> Result<Point, Box<Problem>> {
    let is_axis = |path: &str| axes.all.iter().any(|a| a.path == path);
    let mut sink = Sink::new(false);
    let leaves = leaves(Some(node), &is_axis, &mut sink);
    if let Some(problem) = sink.problems.into_iter().next() {
        return Err(Box::new(problem.help(help)));
    }
    let mut wanted: Point = Vec::new();
    for leaf in &leaves {
        let found = axes
            .all
            .iter()
            .position(|a| a.path == leaf.path || a.name == leaf.path);
        let Some(axis) = found else {
            let names: Vec<_> = axes.all.iter().map(|a| a.path.as_str()).collect();
            let title = format!("{who} names `{}`, which is no axis", leaf.path);
            return Err(Box::new(
                Problem::new(leaf.at, title, "").help(suggest::remedy(&leaf.path, &names)),
            ));
        };
        let Some(value) = axes.all[axis].number(&leaf.node) else {
            let title = format!(
                "axis `{}` never has the value {}",
                axes.all[axis].path,
                labels::text(&leaf.node)
            );
            let problem = Problem::new(leaf.node.at, title, "no configuration has it");
            return Err(Box::new(
                problem.also(Some(axes.all[axis].at), "its values"),
            ));
        };
        wanted.push((u32::try_from(axis).unwrap_or(u32::MAX), value));
    }
    Ok(wanted)
}

/// Index of the one configuration that has the values `wanted`; `points` are all of the grid with
/// their configurations.
pub(crate) fn find(
    node: &Node,
    wanted: &Point,
    points: &[(Point, usize)],
    planned: &[Planned],
) -> Result<usize, Box<Problem>> {
    let fits = |p: &Point| wanted.iter().all(|value| p.contains(value));
    let found: BTreeSet<usize> = points
        .iter()
        .filter(|(p, _)| fits(p))
        .map(|(_, index)| *index)
        .collect();
    match found.iter().copied().collect::<Vec<_>>()[..] {
        [one] => Ok(one),
        [] => {
            let help = "name the values of one configuration of the plan";
            Err(Box::new(
                Problem::new(node.at, "no configuration has the baseline's values", "").help(help),
            ))
        }
        [first, second, ..] => {
            let title = format!("{} configurations have the baseline's values", found.len());
            let note = format!(
                "for example {} and {}",
                planned[first].member.label, planned[second].member.label
            );
            let help = "name a value for each axis, so that one configuration is meant";
            Err(Box::new(
                Problem::new(node.at, title, "more than one")
                    .note(note)
                    .help(help),
            ))
        }
    }
}
