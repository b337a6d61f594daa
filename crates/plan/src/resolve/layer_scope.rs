//! What a list of layers takes from around it.

use crate::source::span::Span;
use crate::source::tree::Node;
use convsweep_spec::model::Init;

/// The parameters that `"$name"` can stand for, and where in the file the layers are.
#[derive(Clone)]
pub(super) struct LayerScope {
    /// A table.
    pub parameters: Node,
    /// What defines the parameters: `the model`, `block basic`.
    pub owner: String,
    /// What the numbers of layers begin with: nothing, `4.`, `basic.`.
    pub prefix: String,
    /// Where the block or preset around the layers is used.
    pub used_at: Option<Span>,
}

impl LayerScope {
    pub(super) fn with_prefix(&self, prefix: String) -> LayerScope {
        LayerScope {
            prefix,
            ..self.clone()
        }
    }
}

/// What every layer of a model takes from the model.
#[derive(Clone, Copy)]
pub(super) struct ModelDefaults {
    /// Number of classes of the data.
    pub classes: u32,
    /// How weights are initialised in layers that do not say.
    pub init: Init,
}
