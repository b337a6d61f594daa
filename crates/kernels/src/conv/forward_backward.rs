//! Forward and backward pass of a convolution, by either method.

use super::direct::{DirectBackward, DirectForward};
use super::epilogue::{ConvOutput, Epilogue};
use super::gradients::{LayerGradients, NeedsGradient, UpstreamGradient};
use super::method::ConvMethod;
use super::shape::ConvShape;
use super::winograd::{WinogradBackward, WinogradForward};
use crate::simd::dispatch;

/// The convolution of `x` with `weight`, plus `bias`, followed by the epilogue.
///
/// # Panics
/// If the length of a slice does not match `shape`, or `method` does not support it.
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
    // SAFETY: all sizes were checked above; `dispatch` only uses instructions that this CPU
    // supports.
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

/// Gradient of the weights, and the others that are needed.
///
/// # Panics
/// As [`conv_forward`].
pub fn conv_backward(
    shape: &ConvShape,
    method: ConvMethod,
    x: &[f32],
    weight: &[f32],
    upstream: UpstreamGradient,
    epilogue: Epilogue,
    needs: NeedsGradient,
) -> LayerGradients {
    shape.check(method, epilogue, x, weight);
    let n = shape.output_len(epilogue);
    assert_eq!(upstream.gradient.len(), n, "gradient of {shape:?}");
    assert!(
        !epilogue.pool || upstream.argmax.len() == n,
        "argmax of {shape:?}"
    );
    // `fold` rather than `all`, whose early exit prevents vectorisation.
    assert!(
        upstream
            .argmax
            .iter()
            .fold(0, |largest, &index| index.max(largest))
            <= 4,
        "argmax of another pass"
    );
    assert!(
        epilogue.pool || !epilogue.relu || upstream.output.len() == n,
        "output of {shape:?}"
    );
    if let Some(norm) = &upstream.norm {
        assert!(
            !epilogue.pool && !epilogue.relu,
            "a following norm excludes other epilogues: {shape:?}"
        );
        norm.check(n, shape.filters);
    }
    // SAFETY: all sizes were checked above; `dispatch` only uses instructions that this CPU
    // supports.
    unsafe {
        match method {
            ConvMethod::Direct => dispatch(DirectBackward {
                shape,
                x,
                weight,
                upstream,
                epilogue,
                needs,
            }),
            ConvMethod::Winograd => dispatch(WinogradBackward {
                shape,
                x,
                weight,
                upstream,
                epilogue,
                needs,
            }),
        }
    }
}
