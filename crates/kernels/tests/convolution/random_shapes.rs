//! Convolutions of random shapes.

use crate::definition::{check, check_norm, check_transposed};
use convsweep_kernels::{ConvMethod, ConvShape, Epilogue};
use proptest::prelude::*;

prop_compose! {
    fn shapes()(
        images in 1..4usize,
        input in [1..13usize, 1..13usize],
        groups in 1..4usize,
        channels in 1..9usize,
        filters in 1..20usize,
        kernel in [1..5usize, 1..5usize],
        stride in [1..4usize, 1..4usize],
        dilation in [1..4usize, 1..4usize],
        padding in [[0..4usize, 0..4usize], [0..4usize, 0..4usize]],
    ) -> ConvShape {
        let mut padding = padding;
        for i in 0..2 {
            // Enlarge the padding until the kernel fits.
            let span = (kernel[i] - 1) * dilation[i] + 1;
            padding[i][1] += span.saturating_sub(input[i] + padding[i][0] + padding[i][1]);
        }
        ConvShape {
            images,
            input,
            channels: groups * channels,
            filters: groups * filters,
            kernel,
            stride,
            dilation,
            padding,
            groups,
        }
    }
}

fn epilogues() -> impl Strategy<Value = Epilogue> {
    (any::<bool>(), any::<bool>()).prop_map(|(relu, pool)| Epilogue {
        relu,
        pool,
        ..Epilogue::default()
    })
}

/// The shape itself, or a depthwise convolution of as many channels.
fn maybe_depthwise(shape: ConvShape, depthwise: bool) -> ConvShape {
    if depthwise {
        ConvShape {
            filters: shape.channels,
            groups: shape.channels,
            ..shape
        }
    } else {
        shape
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 200,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn direct_equals_the_definition(shape in shapes(), epilogue in epilogues(), bias: bool) {
        check(&shape, ConvMethod::Direct, epilogue, bias)?;
    }

    #[test]
    fn transposed_equals_the_definition(shape in shapes(), depthwise: bool, bias: bool) {
        check_transposed(&maybe_depthwise(shape, depthwise), bias)?;
    }

    #[test]
    fn a_fused_norm_equals_a_separate_one(shape in shapes(), depthwise: bool, relu: bool) {
        check_norm(&maybe_depthwise(shape, depthwise), ConvMethod::Direct, relu)?;
    }

    #[test]
    fn a_norm_fused_into_winograd_equals_a_separate_one(
        shape in shapes(),
        channels in 1..3usize,
        relu: bool,
    ) {
        let shape = ConvShape {
            channels: 16 * channels,
            filters: 32,
            kernel: [3; 2],
            stride: [1; 2],
            dilation: [1; 2],
            padding: [[1; 2]; 2],
            groups: 1,
            ..shape
        };
        check_norm(&shape, ConvMethod::Winograd, relu)?;
    }

    #[test]
    fn depthwise_equals_the_definition(
        shape in shapes(),
        channels in 1..21usize,
        epilogue in epilogues(),
        bias: bool,
    ) {
        let shape = maybe_depthwise(ConvShape { channels, ..shape }, true);
        check(&shape, ConvMethod::Direct, epilogue, bias)?;
    }

    #[test]
    fn winograd_equals_the_definition(
        images in 1..4usize,
        input in [3..15usize, 3..15usize],
        channels in 1..4usize,
        filters in 1..4usize,
        padding in [[0..3usize, 0..3usize], [0..3usize, 0..3usize]],
        epilogue in epilogues(),
        bias: bool,
        kernel in prop::sample::select(vec![3usize, 5]),
    ) {
        let shape = ConvShape {
            images,
            // The input must not be smaller than the kernel.
            input: input.map(|n| n.max(kernel)),
            channels: 16 * channels,
            filters: 16 * filters,
            kernel: [kernel; 2],
            stride: [1, 1],
            dilation: [1, 1],
            padding,
            groups: 1,
        };
        check(&shape, ConvMethod::Winograd, epilogue, bias)?;
    }
}
