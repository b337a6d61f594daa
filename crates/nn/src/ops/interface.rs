//! The operations that a device may have kernels of its own for.

use super::fused::{FusedConv, FusedDense, FusedNorm, ParameterStep, TransposedConv};
use crate::activation::activate;
use crate::batch::Batch;
use burn::tensor::ops::{AvgPoolOptions, MaxPoolOptions};
use burn::tensor::{Slice, Tensor};
use convsweep_spec::model::Activation;
use std::fmt::Debug;

/// Name of a kernel, and why it was chosen.
pub(crate) type KernelAndReason = (&'static str, &'static str);

/// Weights and bias of a layer, both flat.
pub(crate) struct WeightAndBias {
    pub weight: Tensor<1>,
    pub bias: Option<Tensor<1>>,
}

/// The mean and the biased variance of each channel.
pub(crate) type BatchMoments = [Tensor<1>; 2];

/// Operations on batches. Model code calls them and knows no backend.
///
/// The provided methods compose other operations, for implementations that have no kernel that
/// computes them in one pass.
pub(crate) trait Ops: Debug + Send + Sync {
    /// The kernel that is recorded for a layer: `own`, or another where these operations have no
    /// kernels of our own.
    fn kernel(&self, own: KernelAndReason) -> KernelAndReason;

    /// As [`Ops::kernel`], for a convolution.
    fn conv_kernel(&self, conv: &FusedConv) -> KernelAndReason;

    /// Whether these operations give an image the same bits in every batch.
    fn keep_images_apart(&self) -> bool;

    /// Whether a sum behind a normalisation is computed in the same pass as that.
    fn fuses_norm_and_sum(&self) -> bool;

    /// A convolution with weights `[filters, channels / groups, kernel rows, kernel columns]` and
    /// one bias for each filter.
    fn conv(&self, batch: Batch, layer: WeightAndBias, conv: &FusedConv) -> Batch;

    /// A transposed convolution with weights
    /// `[channels, filters / groups, kernel rows, kernel columns]` and one bias for each filter.
    fn transposed(&self, batch: Batch, layer: WeightAndBias, conv: &TransposedConv) -> Batch;

    /// `[batch, units]` from `[batch, features]`, weights `[units, features]` and one bias for each
    /// unit.
    fn dense(&self, x: Tensor<2>, layer: WeightAndBias, dense: FusedDense) -> Tensor<2>;

    /// Normalises each channel by its moments in the batch, which are returned too, then adds the
    /// summand. Parameters are `[scale, shift]`.
    fn batch_norm_train(
        &self,
        batch: Batch,
        summand: Option<Batch>,
        parameters: [Tensor<1>; 2],
        norm: FusedNorm,
    ) -> (Batch, BatchMoments);

    /// Normalises each channel by given moments, then adds the summand. Parameters are
    /// `[scale, shift, mean, variance]`. There are no gradients.
    fn batch_norm(
        &self,
        batch: Batch,
        summand: Option<Batch>,
        parameters: [Tensor<1>; 4],
        norm: FusedNorm,
    ) -> Batch;

    /// [`Ops::conv`], then [`Ops::batch_norm_train`]. Nothing else is fused with the convolution.
    fn conv_norm_train(
        &self,
        batch: Batch,
        summand: Option<Batch>,
        (layer, conv): (WeightAndBias, &FusedConv),
        (parameters, norm): ([Tensor<1>; 2], FusedNorm),
    ) -> (Batch, BatchMoments) {
        let batch = self.conv(batch, layer, conv);
        self.batch_norm_train(batch, summand, parameters, norm)
    }

    /// [`Ops::conv`], then [`Ops::batch_norm`]. Nothing else is fused with the convolution.
    fn conv_norm(
        &self,
        batch: Batch,
        summand: Option<Batch>,
        (layer, conv): (WeightAndBias, &FusedConv),
        (parameters, norm): ([Tensor<1>; 4], FusedNorm),
    ) -> Batch {
        let batch = self.conv(batch, layer, conv);
        self.batch_norm(batch, summand, parameters, norm)
    }

    /// The maximum of each window; padding is never the maximum.
    fn max_pool(&self, batch: Batch, options: &MaxPoolOptions<2>) -> Batch;

    /// The mean of each window; padding does not count.
    fn average_pool(&self, batch: Batch, options: &AvgPoolOptions<2>) -> Batch;

    /// `[batch, channels]`: the mean of each plane.
    fn global_average(&self, batch: Batch) -> Tensor<2>;

    /// The batch in f32, which the loss and some of Burn's operations need, where these operations
    /// compute in another precision.
    fn widened(&self, batch: Batch) -> Batch {
        batch
    }

    /// Pixels at regular distances, without a copy where they are all.
    fn strided(&self, x: Tensor<4>, slices: [Slice; 4]) -> Tensor<4> {
        match slices.iter().any(|slice| *slice != Slice::full()) {
            true => x.slice(slices),
            false => x,
        }
    }

    /// `[batch, features]`, channel-major.
    fn flatten(&self, batch: Batch) -> Tensor<2> {
        batch.flatten()
    }

    /// Applies an element-wise function.
    fn activate(&self, batch: Batch, activation: Activation) -> Batch {
        batch.map(|x| activate(x, activation), |x| activate(x, activation))
    }

    /// The parameters as the device's own library differentiates them, if it can; those of `frozen`
    /// layers are constants. What is computed from them is recorded until [`Ops::differentiate`].
    fn record(&self, parameters: &[&Tensor<1>], frozen: &[bool]) -> Option<Vec<Tensor<1>>> {
        let _ = (parameters, frozen);
        None
    }

    /// Ends what [`Ops::record`] began: the gradients with respect to its tensors, 0 for constants,
    /// where `gradient` makes of the logits the gradient with respect to them. `None` if the
    /// library cannot differentiate what was computed.
    fn differentiate(
        &self,
        logits: Tensor<2>,
        gradient: &mut dyn FnMut(Tensor<2>) -> Tensor<2>,
        recorded: &[Tensor<1>],
    ) -> Option<Vec<Tensor<1>>> {
        let _ = (logits, gradient, recorded);
        None
    }

    /// Takes the step in one pass over the values, if there is a kernel for its rule. Otherwise
    /// nothing is changed, and the result is false.
    fn step(
        &self,
        step: ParameterStep,
        parameter: &mut Tensor<1>,
        gradient: &Tensor<1>,
        moments: &mut [&mut Tensor<1>],
    ) -> bool {
        let _ = (step, parameter, gradient, moments);
        false
    }

    /// Sum of the squares of a tensor's values; `None` if there is no kernel for it.
    fn sum_of_squares(&self, tensor: &Tensor<1>) -> Option<f64> {
        let _ = tensor;
        None
    }
}
