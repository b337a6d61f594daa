//! Batch normalisation.

use super::context::Pass;
use crate::batch::Batch;
use crate::layer_parameters::LayerParameters;
use crate::operation::BatchNorm;
use crate::ops::{BatchMoments, FusedConv, FusedNorm, WeightAndBias, batch_norm_with_gradients};
use burn::tensor::Tensor;

/// A batch normalisation, and what is computed in the same pass.
pub(super) struct NormInputs<'a> {
    /// The convolution whose output is normalised, if it is not computed yet.
    pub conv: Option<(LayerParameters, &'a FusedConv)>,
    pub norm: &'a BatchNorm,
    /// What is added to the normalised values.
    pub summand: Option<Batch>,
    /// Whether `max(y, 0)` follows.
    pub relu: bool,
}

impl<'a> NormInputs<'a> {
    /// A norm, and the convolution before it, with nothing added.
    pub(super) fn after(
        conv: Option<(LayerParameters, &'a FusedConv)>,
        norm: &'a BatchNorm,
    ) -> Self {
        NormInputs {
            conv,
            norm,
            summand: None,
            relu: norm.relu,
        }
    }
}

impl Pass<'_> {
    /// Batch normalisation (Ioffe and Szegedy 2015): in training by the batch's mean and biased
    /// variance, which also move the running statistics; in evaluation, and if the layer is
    /// frozen, by the running statistics.
    pub(super) fn batch_norm(&mut self, batch: Batch, fused: NormInputs) -> Batch {
        let norm = fused.norm;
        let options = FusedNorm {
            epsilon: norm.epsilon,
            relu: fused.relu,
        };
        let [scale, shift] = [norm.scale, norm.shift].map(|i| self.parameters[i].clone());
        let conv = fused.conv;
        let conv = conv.map(|(layer, conv)| (self.weight_and_bias(layer), conv));
        if self.training.is_none() && !self.is_differentiated {
            let [mean, variance] = self.running_statistics(norm);
            let parameters = ([scale, shift, mean, variance], options);
            return self.normalize_for_evaluation(batch, fused.summand, conv, parameters);
        }
        if self.is_differentiated || self.network.frozen[norm.scale] {
            let [mean, variance] = self.running_statistics(norm).map(Tensor::autodiff);
            let batch = match conv {
                Some((layer, conv)) => self.ops.conv(batch, layer, conv),
                None => batch,
            };
            let parameters = [scale, shift, mean, variance];
            let batch = self.ops.widened(batch);
            return batch_norm_with_gradients(batch, fused.summand, parameters, options);
        }
        let parameters = [scale, shift];
        let (output, moments) = match conv {
            Some(conv) => {
                let norm = (parameters, options);
                self.ops.conv_norm_train(batch, fused.summand, conv, norm)
            }
            None => {
                let summand = fused.summand;
                self.ops
                    .batch_norm_train(batch, summand, parameters, options)
            }
        };
        self.move_running_statistics(norm, moments, &output);
        output
    }

    /// By the running statistics, without gradients.
    fn normalize_for_evaluation(
        &self,
        batch: Batch,
        summand: Option<Batch>,
        conv: Option<(WeightAndBias, &FusedConv)>,
        (parameters, norm): ([Tensor<1>; 4], FusedNorm),
    ) -> Batch {
        match conv {
            Some(conv) => self.ops.conv_norm(batch, summand, conv, (parameters, norm)),
            None => self.ops.batch_norm(batch, summand, parameters, norm),
        }
    }

    fn running_statistics(&self, norm: &BatchNorm) -> [Tensor<1>; 2] {
        [norm.mean, norm.variance].map(|i| self.network.statistics[i].value.clone())
    }

    /// Moves the running mean and the running unbiased variance towards the batch's moments.
    fn move_running_statistics(
        &mut self,
        norm: &BatchNorm,
        [mean, variance]: BatchMoments,
        output: &Batch,
    ) {
        let Some(training) = &mut self.training else {
            return;
        };
        let dims = output.dims();
        let count = (dims.iter().product::<usize>() / dims[1]) as f64;
        let unbiased = variance.mul_scalar(count / (count - 1.0).max(1.0));
        for (index, newest) in [(norm.mean, mean), (norm.variance, unbiased)] {
            let running = &mut training.statistics[index];
            let kept = running.clone().mul_scalar(1.0 - norm.momentum);
            *running = kept + newest.mul_scalar(norm.momentum);
        }
    }
}
