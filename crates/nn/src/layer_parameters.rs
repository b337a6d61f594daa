//! Which parameters of a network belong to a layer.

/// Where a layer's weights and biases are in the network's list of parameters.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LayerParameters {
    pub weight: usize,
    pub bias: Option<usize>,
}
