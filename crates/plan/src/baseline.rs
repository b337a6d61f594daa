//! `experiment.baseline`: which configuration the others are compared with.

use crate::axes::{Axes, leaves};
use crate::check::Sink;
use crate::expand::Point;
use crate::label;
use crate::planner::Planned;
use crate::problem::Problem;
use crate::suggest;
use crate::tree::Node;

/// Index of the one configuration that has the baseline's values.
pub(crate) fn find(node: &Node, axes: &Axes, points: &[Point], planned: &[Planned]) -> Result<usize, Problem> {
    let is_axis = |path: &str| axes.all.iter().any(|a| a.path == path);
    let mut sink = Sink::new(false);
    let leaves = leaves(Some(node), &is_axis, &mut sink);
    if let Some(problem) = sink.problems.into_iter().next() {
        return Err(problem.help("baseline = { \"train.optimizer.lr\" = 0.1 }: values of axes"));
    }
    let mut wanted: Vec<(u32, Vec<u32>)> = Vec::new();
    for leaf in &leaves {
        let found = axes.all.iter().position(|a| a.path == leaf.path || a.name == leaf.path);
        let Some(axis) = found else {
            let names: Vec<_> = axes.all.iter().map(|a| a.path.as_str()).collect();
            let title = format!("the baseline names `{}`, which is no axis", leaf.path);
            return Err(Problem::new(leaf.at, title, "").help(suggest::remedy(&leaf.path, &names)));
        };
        let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let values = axes.all[axis].values.iter().enumerate();
        let values: Vec<u32> = values.filter(|(_, v)| v.is(&leaf.node)).map(|(i, _)| number(i)).collect();
        if values.is_empty() {
            let title = format!("axis `{}` never has the value {}", axes.all[axis].path, label::text(&leaf.node));
            let problem = Problem::new(leaf.node.at, title, "no configuration has it");
            return Err(problem.also(Some(axes.all[axis].at), "its values"));
        }
        wanted.push((number(axis), values));
    }
    let fits = |p: &Point| wanted.iter().all(|(a, vs)| p.iter().any(|(pa, pv)| pa == a && vs.contains(pv)));
    let found: Vec<usize> = (0..points.len()).filter(|i| fits(&points[*i])).collect();
    match found[..] {
        [one] => Ok(one),
        [] => {
            let help = "name the values of one configuration of the plan";
            Err(Problem::new(node.at, "no configuration has the baseline's values", "").help(help))
        }
        [first, second, ..] => {
            let title = format!("{} configurations have the baseline's values", found.len());
            let note = format!("for example {} and {}", planned[first].member.label, planned[second].member.label);
            let help = "name a value for each axis, so that one configuration is meant";
            Err(Problem::new(node.at, title, "more than one").note(note).help(help))
        }
    }
}
