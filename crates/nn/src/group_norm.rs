//! Group, layer and instance normalisation, by Burn's operations.

use crate::batch::Batch;
use burn::tensor::Tensor;

/// Group normalisation (Wu and He 2018); without `groups`, each channel is a group.
pub(crate) fn group_norm(
    batch: Batch,
    scale: Tensor<1>,
    shift: Tensor<1>,
    groups: Option<usize>,
    epsilon: f64,
) -> Batch {
    let dims = batch.dims();
    let channels = dims[1];
    let rows = dims[0] * groups.unwrap_or(channels);
    let columns = dims.iter().product::<usize>() / rows.max(1);
    let x = match batch {
        Batch::Flat(x) => x.reshape([rows, columns]),
        image => image.channels_first().reshape([rows, columns]),
    };
    let normalized = standardize(x, epsilon);
    match dims[..] {
        [n, c, h, w] => {
            let [scale, shift] = [scale, shift].map(|p| p.reshape([1, c, 1, 1]));
            Batch::ChannelsFirst(normalized.reshape([n, c, h, w]) * scale + shift)
        }
        _ => {
            let [scale, shift] = [scale, shift].map(|p| p.reshape([1, channels]));
            Batch::Flat(normalized.reshape([dims[0], channels]) * scale + shift)
        }
    }
}

/// Normalises each row of `[batch·groups, values]` by its own mean and biased variance.
fn standardize(x: Tensor<2>, epsilon: f64) -> Tensor<2> {
    let centred = x.clone() - x.mean_dim(1);
    let variance = centred.clone().square().mean_dim(1);
    centred / (variance + epsilon).sqrt()
}
