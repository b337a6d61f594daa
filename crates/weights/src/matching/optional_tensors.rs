//! Which tensors of a network need no tensor of the file: those that the experiment reinitialises,
//! and the head's.

use crate::file_tensor::FileTensor;
use convsweep_spec::pattern::{self, names};
use convsweep_spec::shape::TensorShape;
use convsweep_spec::weights::Transfer;

/// Which tensors of a network do not need one of the file.
pub(super) struct OptionalTensors<'a> {
    transfer: &'a Transfer,
    head: &'a str,
}

impl<'a> OptionalTensors<'a> {
    pub(super) fn new(network: &'a [TensorShape], transfer: &'a Transfer) -> OptionalTensors<'a> {
        let trained = network.iter().filter(|t| !t.statistic);
        let head = pattern::head(trained.map(|t| (t.name.as_str(), t.shape.len())));
        OptionalTensors { transfer, head }
    }

    /// Whether the experiment asks for random values.
    pub(super) fn is_reinitialised(&self, tensor: &TensorShape) -> bool {
        let mut patterns = self.transfer.reinitialised.iter().flatten();
        patterns.any(|pattern| names(pattern, &tensor.name, self.head))
    }

    /// Whether the tensor gets random values if the file has none that fits: those of the head, if
    /// the experiment does not say what happens to it.
    pub(super) fn may_be_missing(&self, tensor: &TensorShape) -> bool {
        self.transfer.reinitialised.is_none() && names(pattern::HEAD, &tensor.name, self.head)
    }

    /// Whether the head's tensor is missing in the file or differs in the number of classes only.
    pub(super) fn has_other_classes(
        &self,
        source: Option<&FileTensor>,
        tensor: &TensorShape,
    ) -> bool {
        let differs_in_classes = |source: &FileTensor| {
            source.shape.get(1..) == tensor.shape.get(1..) && source.shape != tensor.shape
        };
        self.may_be_missing(tensor) && source.is_none_or(differs_in_classes)
    }
}
