//! The forward and the backward pass of a convolution by either method.

use super::direct::{DirectBackward, DirectForward};
use super::epilogue::{ConvOutput, Epilogue};
use super::gradients::{LayerGradients, NeedsGradient, UpstreamGradient};
use super::method::ConvMethod;
use super::shape::ConvShape;
use super::winograd::{WinogradBackward, WinogradForward};
use crate::simd::dispatch;

/// `x * weight + bias`, then what follows.
///
/// # Panics
/// Where a slice does not have the size that `shape` says, or `method` cannot compute it.
pub fn conv_forward(
    shape: &ConvShape,
    method: ConvMethod,
    x: &[f32],
    weight: &[f32],
    bias: Option<&[f32]>,
    epilogue: Epilogue,
) -> ConvOutput {
    shape.check(method, epilogue, x, weight);
    assert!(
        bias.is_none_or(|b| b.len() == shape.filters),
        "bias of {shape:?}"
    );
    // SAFETY: all sizes are checked above; the instruction set is one that is here.
    unsafe {
        match method {
            ConvMethod::Direct => dispatch(DirectForward {
                shape,
                x,
                weight,
                bias,
                epilogue,
            }),
            ConvMethod::Winograd => dispatch(WinogradForward {
                shape,
                x,
                weight,
                bias,
                epilogue,
            }),
        }
    }
}

/// LayerGradients of the weights and what else is wanted.
///
/// # Panics
/// As [`conv_forward`].
pub fn conv_backward(
    shape: &ConvShape,
    method: ConvMethod,
    x: &[f32],
    weight: &[f32],
    backward: UpstreamGradient,
    epilogue: Epilogue,
    needs: NeedsGradient,
) -> LayerGradients {
    shape.check(method, epilogue, x, weight);
    let n = shape.output_len(epilogue);
    assert_eq!(backward.gradient.len(), n, "gradient of {shape:?}");
    assert!(
        !epilogue.pool || backward.argmax.len() == n,
        "argmax of {shape:?}"
    );
    // A fold, since a search that may end early is not made of vectors.
    assert!(
        backward
            .argmax
            .iter()
            .fold(0, |most, &place| place.max(most))
            <= 4,
        "argmax of another pass"
    );
    assert!(
        epilogue.pool || !epilogue.relu || backward.output.len() == n,
        "output of {shape:?}"
    );
    if let Some(norm) = &backward.norm {
        assert!(
            !epilogue.pool && !epilogue.relu,
            "a norm behind something else in {shape:?}"
        );
        norm.check(n, shape.filters);
    }
    // SAFETY: all sizes are checked above; the instruction set is one that is here.
    unsafe {
        match method {
            ConvMethod::Direct => dispatch(DirectBackward {
                shape,
                x,
                weight,
                backward,
                epilogue,
                needs,
            }),
            ConvMethod::Winograd => dispatch(WinogradBackward {
                shape,
                x,
                weight,
                backward,
                epilogue,
                needs,
            }),
        }
    }
}
