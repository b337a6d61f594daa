//! How the outputs of branches are joined.

use super::dims::Shape;
use super::flow::Flow;
use crate::model::Join;

/// The output of the join of branches.
///
/// # Errors
/// Why they cannot be joined, as the rest of a sentence after the layer's name.
pub(super) fn join(branches: &[Flow], join: Join) -> Result<Flow, String> {
    let Some(first) = branches.first() else {
        return Err("has no branches: write at least one".into());
    };
    let shape = match join {
        Join::Add => sum(first.shape, branches)?,
        Join::Concat => concatenation(first.shape, branches)?,
    };
    let mut joined = Flow {
        shape,
        field: [0.0; 2],
        step: [0.0; 2],
    };
    for branch in branches {
        for d in [0, 1] {
            joined.field[d] = joined.field[d].max(branch.field[d]);
            joined.step[d] = joined.step[d].max(branch.step[d]);
        }
    }
    Ok(joined)
}

fn sum(first: Shape, branches: &[Flow]) -> Result<Shape, String> {
    channels(branches)?;
    if branches.iter().any(|branch| branch.shape != first) {
        let shapes = listed(branches);
        return Err(format!(
            "adds different shapes, {shapes}: they must be equal"
        ));
    }
    Ok(first)
}

fn concatenation(first: Shape, branches: &[Flow]) -> Result<Shape, String> {
    let channels = channels(branches)?;
    let is_other = |branch: &Flow| plane(branch.shape) != plane(first);
    if branches.iter().any(is_other) {
        let shapes = listed(branches);
        return Err(format!(
            "joins planes of different sizes, {shapes}: \
             use padding = \"same\" and equal strides, so that only the channels differ"
        ));
    }
    Ok(match plane(first) {
        Some([height, width]) => Shape::Image {
            channels,
            height,
            width,
        },
        None => Shape::Flat(channels),
    })
}

fn channels(branches: &[Flow]) -> Result<u32, String> {
    let counts = branches.iter().map(|b| u64::from(b.shape.channels()));
    u32::try_from(counts.sum::<u64>()).map_err(|_| "leaves more than 2^32 channels".into())
}

fn plane(shape: Shape) -> Option<[u32; 2]> {
    match shape {
        Shape::Image { height, width, .. } => Some([height, width]),
        Shape::Flat(_) => None,
    }
}

fn listed(branches: &[Flow]) -> String {
    let shapes = branches.iter().map(|branch| branch.shape.to_string());
    shapes.collect::<Vec<_>>().join(", ")
}
