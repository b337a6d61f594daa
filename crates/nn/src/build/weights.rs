//! Weights and biases of layers that have them.

use super::Builder;
use crate::init::{self, Fan};
use convsweep_spec::model::{Init, LocallyConnected};

/// Of a convolution's weights `[filters, channels / groups, height, width]`; of a transposed one's
/// `[channels, filters / groups, …]` they are counted in the same places, as PyTorch does.
pub(super) fn conv_fan([filters, channels, height, width]: [u32; 4]) -> Fan {
    let taps = f64::from(height) * f64::from(width);
    Fan {
        input: taps * f64::from(channels),
        output: taps * f64::from(filters),
    }
}

pub(super) fn dense_fan(units: u32, features: u32) -> Fan {
    Fan {
        input: features.into(),
        output: units.into(),
    }
}

/// That of the convolution with these windows.
pub(super) fn local_fan(channels: u32, layer: &LocallyConnected) -> Fan {
    conv_fan([layer.filters, channels, layer.kernel[0], layer.kernel[1]])
}

impl Builder<'_> {
    /// Places of new weights, and of biases of the shape `bias`, as the layer `name` starts.
    pub(super) fn weights<const N: usize>(
        &mut self,
        name: &str,
        shape: &[u32],
        bias: Option<&[u32; N]>,
        init: Init,
        fan: Fan,
    ) -> (usize, Option<usize>) {
        let weight = self.parameter(&format!("{name}.weight"), shape, |seed, name, count| {
            init::weights(init, seed, name, count, fan)
        });
        let bias = bias.map(|shape| {
            let draw = |seed: u64, name: &str, count| init::biases(init, seed, name, count, fan);
            self.parameter(&format!("{name}.bias"), shape, draw)
        });
        (weight, bias)
    }
}
