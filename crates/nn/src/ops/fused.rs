//! Sizes and options of the operations, and what is computed in the same pass.

use burn::tensor::ops::ConvTransposeOptions;
use convsweep_kernels::ConvShape;
#[cfg(feature = "flex")]
use convsweep_kernels::Epilogue;
use convsweep_spec::train::Rule;

/// A convolution and what follows it in the same pass.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct FusedConv {
    pub channels: usize,
    /// Rows and columns of the input.
    pub input: [usize; 2],
    pub filters: usize,
    pub kernel: [usize; 2],
    pub stride: [usize; 2],
    pub dilation: [usize; 2],
    /// `(before, after)` for rows and columns.
    pub padding: [(usize, usize); 2],
    pub groups: usize,
    /// Whether `max(y, 0)` follows.
    pub relu: bool,
    /// Whether the maximum of each 2×2 block is taken then.
    pub pool: bool,
}

impl FusedConv {
    /// Sizes for a batch of `images`.
    pub(super) fn shape(&self, images: usize) -> ConvShape {
        ConvShape {
            images,
            input: self.input,
            channels: self.channels,
            filters: self.filters,
            kernel: self.kernel,
            stride: self.stride,
            dilation: self.dilation,
            padding: self.padding.map(|(before, after)| [before, after]),
            groups: self.groups,
        }
    }

    #[cfg(feature = "flex")]
    pub(super) fn epilogue(&self) -> Epilogue {
        Epilogue {
            relu: self.relu,
            pool: self.pool,
            moments: false,
        }
    }
}

/// A transposed convolution, described as the convolution that it is the transpose of, and in
/// Burn's terms.
#[derive(Clone, Debug)]
pub(crate) struct TransposedConv {
    /// The input of this convolution is the output of the transposed one, and vice versa.
    pub conv: FusedConv,
    /// Rows and columns of the input.
    pub input: [usize; 2],
    pub options: ConvTransposeOptions<2>,
    /// Surplus rows and columns of Burn's result, at the bottom and right.
    pub surplus: [usize; 2],
}

impl TransposedConv {
    /// Whether our kernels can compute it: the output of the convolution must be exactly the input.
    /// It is larger if an output padding exceeds the stride.
    pub(crate) fn is_exact_transpose(&self) -> bool {
        self.conv.shape(1).output() == self.input
    }
}

/// Options of a batch normalisation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct FusedNorm {
    pub epsilon: f64,
    /// Whether `max(y, 0)` follows.
    pub relu: bool,
}

/// A dense layer and what follows it in the same pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FusedDense {
    pub units: usize,
    /// Whether `max(y, 0)` follows.
    pub relu: bool,
}

/// One step of an optimiser on one parameter.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ParameterStep<'a> {
    pub rule: &'a Rule,
    pub learning_rate: f64,
    /// The parameter times this is added to the gradient.
    pub weight_decay: f64,
    /// The parameter is multiplied by this first.
    pub shrink: f64,
    /// Number of the step, from 1.
    pub number: u64,
}
