//! Branches over one input, and how they are joined.

use super::context::Pass;
use super::normalization::NormInputs;
use crate::batch::Batch;
use crate::operation::{NormAndSum, Operation};
use burn::tensor::Tensor;
use burn::tensor::activation::relu;
use convsweep_spec::model::Join;

impl Pass<'_> {
    /// Applies each branch to the batch and joins the outputs.
    pub(super) fn branches(
        &mut self,
        batch: Batch,
        branches: &[Vec<Operation>],
        join: Join,
        has_relu: bool,
    ) -> Batch {
        let mut outputs = Vec::with_capacity(branches.len());
        for branch in branches {
            outputs.push(self.apply_all(branch, batch.clone()));
        }
        let joined = join_outputs(outputs, join);
        if has_relu {
            return joined.map(relu, relu);
        }
        joined
    }

    /// Adds the shortcut in the same pass as the body's last norm.
    pub(super) fn norm_and_sum(&mut self, batch: Batch, sum: NormAndSum, relu: bool) -> Batch {
        let summand = self.apply_all(sum.shortcut, batch.clone());
        let conv = sum.before.last().and_then(Operation::as_bare_conv);
        let before = match conv {
            Some(_) => &sum.before[..sum.before.len() - 1],
            None => sum.before,
        };
        let batch = self.apply_all(before, batch);
        let norm = NormInputs {
            conv,
            norm: sum.norm,
            summand: Some(summand),
            relu,
        };
        self.batch_norm(batch, norm)
    }
}

fn join_outputs(outputs: Vec<Batch>, join: Join) -> Batch {
    match join {
        Join::Add => outputs
            .into_iter()
            .reduce(add)
            .expect("spec::shape rejects structures without branches"),
        Join::Concat => concatenate(outputs),
    }
}

fn add(a: Batch, b: Batch) -> Batch {
    a.zip(b, |a, b| a + b, |a, b| a + b)
}

/// Along the channels.
fn concatenate(outputs: Vec<Batch>) -> Batch {
    if outputs.iter().any(|x| matches!(x, Batch::Flat(_))) {
        let features = outputs.into_iter().map(Batch::flatten);
        return Batch::Flat(Tensor::cat(features.collect(), 1));
    }
    if outputs.iter().any(|x| matches!(x, Batch::ChannelsLast(_))) {
        let images = outputs.into_iter().map(Batch::channels_last);
        return Batch::ChannelsLast(Tensor::cat(images.collect(), 3));
    }
    let images = outputs.into_iter().map(Batch::channels_first);
    Batch::ChannelsFirst(Tensor::cat(images.collect(), 1))
}
