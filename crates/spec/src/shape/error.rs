//! Why an architecture does not fit its input.

use super::dims::Shape;
use thiserror::Error;

/// Why an architecture does not fit its input.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("layer {} ({kind}) {problem}", numbers(path))]
pub struct ShapeError {
    /// Indices that lead to the layer: that of a layer in the model, then, inside a structure, of a
    /// branch and of a layer in it, and so on. The branches of a residual are its layers (0) and
    /// its shortcut (1). Empty if the model has no layers.
    pub path: Vec<usize>,
    /// Kind of the layer.
    pub kind: &'static str,
    /// Shape of its input; for the logits at the end of the model, of the output.
    pub input: Shape,
    /// What is wrong and how to correct it, as the rest of a sentence after the layer's name.
    pub problem: String,
}

/// The path with numbers from 1: `4`, `4.2`.
fn numbers(path: &[usize]) -> String {
    path.iter()
        .map(|i| (i + 1).to_string())
        .collect::<Vec<_>>()
        .join(".")
}
