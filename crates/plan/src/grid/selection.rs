//! Axis values that name configurations: `experiment.baseline` and `run.priority`.

use super::axes::Axes;
use super::path_values::{PathValue, path_values};
use super::point::{AxisChoice, GridPoint};
use super::value_text::value_text;
use crate::language::suggest;
use crate::source::problem::{Problem, ProblemCode, ProblemSink};
use crate::source::tree::Node;

/// Axis values that are written in the file.
#[derive(Clone, Debug)]
pub(crate) struct Selection {
    pub node: Node,
    pub values: GridPoint,
}

impl Selection {
    /// The values that `experiment.baseline` names.
    pub(crate) fn baseline(node: &Node, axes: &Axes) -> Result<Selection, Box<Problem>> {
        let help = "baseline = { \"train.optimizer.lr\" = 0.1 }: values of axes";
        read(node, axes, "the baseline", help)
    }

    /// The values that each entry of `run.priority` names.
    pub(crate) fn priorities(list: &Node, axes: &Axes) -> Result<Vec<Selection>, Box<Problem>> {
        let help = "priority = [{ \"train.optimizer.lr\" = 0.1 }]: values of axes";
        let entries = list.items().iter();
        entries
            .map(|node| read(node, axes, "`run.priority`", help))
            .collect()
    }
}

fn read(node: &Node, axes: &Axes, owner: &str, help: &str) -> Result<Selection, Box<Problem>> {
    let mut sink = ProblemSink::default();
    let paths = path_values(Some(node), &|path| axes.has_path(path), &mut sink);
    if let Some(problem) = sink.problems.into_iter().next() {
        return Err(Box::new(problem.help(help)));
    }
    let values = paths.iter().map(|path| choice(path, axes, owner));
    Ok(Selection {
        node: node.clone(),
        values: values.collect::<Result<_, _>>()?,
    })
}

fn choice(path: &PathValue, axes: &Axes, owner: &str) -> Result<AxisChoice, Box<Problem>> {
    let is_meant = |path_or_name: &str| path_or_name == path.path;
    let mut all = axes.all.iter();
    let Some(index) = all.position(|axis| is_meant(&axis.path) || is_meant(&axis.name)) else {
        let known: Vec<_> = axes.all.iter().map(|axis| axis.path.as_str()).collect();
        let title = format!("{owner} names `{}`, which is not an axis", path.path);
        let problem = Problem::at(ProblemCode::UnknownName, path.span, title);
        let help = suggest::remedy(&path.path, &known);
        return Err(Box::new(problem.help(help)));
    };
    let axis = &axes.all[index];
    let Some(value) = axis.number_of(&path.node) else {
        let text = value_text(&path.node);
        let title = format!("axis `{}` never has the value {text}", axis.path);
        let problem = Problem::at(ProblemCode::UnknownName, path.node.span, title);
        let problem = problem.label("no configuration has it");
        return Err(Box::new(problem.also(Some(axis.span), "its values")));
    };
    Ok(AxisChoice {
        axis: u32::try_from(index).unwrap_or(u32::MAX),
        value,
    })
}
