//! In evaluation, a norm behind a convolution is a part of its weights.

use crate::host;
use crate::ops::interface::WeightAndBias;
use burn::tensor::Tensor;

/// Weights and bias of the one convolution that computes the same as `layer` and a norm with the
/// parameters `[scale, shift, mean, variance]` behind it.
pub(in crate::ops::flex) fn fold(
    layer: WeightAndBias,
    parameters: [Tensor<1>; 4],
    epsilon: f64,
) -> WeightAndBias {
    let device = layer.weight.device();
    let mut weight = host::values(layer.weight);
    let bias = layer.bias.map(host::values);
    let [scale, shift, mean, variance] = parameters.map(host::values);
    let filters = scale.len();
    let filter_size = (weight.len() / filters.max(1)).max(1);
    let mut folded_bias = Vec::with_capacity(filters);
    for (f, weights) in weight.chunks_exact_mut(filter_size).enumerate() {
        let factor = f64::from(scale[f]) / (f64::from(variance[f]) + epsilon).sqrt();
        for w in weights {
            *w = (f64::from(*w) * factor) as f32;
        }
        let bias = f64::from(bias.as_ref().map_or(0.0, |bias| bias[f]));
        folded_bias.push((f64::from(shift[f]) + (bias - f64::from(mean[f])) * factor) as f32);
    }
    WeightAndBias {
        weight: host::tensor(weight, &device),
        bias: Some(host::tensor(folded_bias, &device)),
    }
}
