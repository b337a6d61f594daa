//! `train.loss`.

use super::internal::not_resolved;
use crate::language::reader::named;
use crate::language::tables;
use crate::source::problem::{Problem, ProblemCode, ProblemSink};
use crate::source::tree::Node;
use convsweep_spec::train::{ClassWeights, Loss};
use convsweep_spec::words::{counted, counted_as};

/// Resolves the loss for a number of classes, if that is known.
pub(super) fn loss(node: &Node, classes: Option<usize>, sink: &mut ProblemSink) -> Option<Loss> {
    let (name, options) = named(node, &tables::LOSSES)?;
    match name {
        "cross-entropy" => Some(Loss {
            label_smoothing: options.f64("label_smoothing")?,
            focal: options.f64("focal")?,
            class_weights: class_weights(&options.node("class_weights")?, classes, sink)?,
        }),
        other => not_resolved(node, tables::LOSSES.noun, other, sink),
    }
}

/// The weights of the classes; the inner `None` if all are equal.
fn class_weights(
    node: &Node,
    classes: Option<usize>,
    sink: &mut ProblemSink,
) -> Option<Option<ClassWeights>> {
    match node.text() {
        Some("none") => return Some(None),
        Some("balanced") => return Some(Some(ClassWeights::Balanced)),
        Some(other) => return not_resolved(node, "kind of class weights", other, sink),
        None => {}
    }
    let weights: Vec<f64> = node
        .items()
        .iter()
        .map(Node::float)
        .collect::<Option<_>>()?;
    if let Some(classes) = classes.filter(|classes| *classes != weights.len()) {
        let found = counted(weights.len() as u64, "weight");
        let needed = counted_as(classes as u64, "class", "classes");
        let title = format!("`class_weights` has {found} for {needed}");
        let problem = Problem::of(ProblemCode::WrongValue, node, title);
        let help = format!("give {classes}, or class_weights = \"balanced\"");
        sink.report(problem.about("class_weights").help(help));
        return None;
    }
    Some(Some(ClassWeights::Given(weights)))
}
