//! Bits depend neither on the number of threads nor on which of them was faster.

use convsweep_kernels::{
    Backward, ConvShape, DenseShape, Follow, Method, Wanted, conv_backward, conv_forward, dense_backward,
    dense_forward, use_threads,
};

fn numbers(count: usize) -> Vec<f32> {
    (0..count).map(|i| ((i * 7919 + 13) % 2011) as f32 / 1005.0 - 1.0).collect()
}

fn bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|v| v.to_bits()).collect()
}

/// All that a convolution computes.
fn convolution(shape: &ConvShape, method: Method, follow: Follow) -> Vec<Vec<u32>> {
    let x = numbers(shape.images * shape.input[0] * shape.input[1] * shape.channels);
    let w = numbers(shape.filters * shape.channels / shape.groups * shape.kernel[0] * shape.kernel[1]);
    let b = numbers(shape.filters);
    let y = conv_forward(shape, method, &x, &w, Some(&b), follow);
    let gradient = numbers(y.output.len());
    let backward = Backward { gradient: &gradient, output: &y.output, places: &y.places };
    let mut all = vec![bits(&y.output), y.places.iter().map(|&p| u32::from(p)).collect()];
    for input in [true, false] {
        let found = conv_backward(shape, method, &x, &w, backward, follow, Wanted { input, bias: true });
        all.extend([found.input, found.weight, found.bias].map(|v| bits(&v)));
    }
    all
}

/// All that a dense layer computes.
fn dense(shape: &DenseShape) -> Vec<Vec<u32>> {
    let (x, w) = (numbers(shape.rows * shape.features), numbers(shape.units * shape.features));
    let y = dense_forward(shape, &x, &w, Some(&numbers(shape.units)), true);
    let found = dense_backward(shape, &x, &w, &y, &numbers(y.len()), true, true);
    [y, found.input, found.weight, found.bias].map(|v| bits(&v)).into()
}

#[test]
fn results_are_equal_with_any_number_of_threads() {
    let plain = ConvShape {
        images: 37,
        input: [13, 10],
        channels: 16,
        filters: 32,
        kernel: [3, 3],
        stride: [1, 1],
        dilation: [1, 1],
        padding: [[1, 1]; 2],
        groups: 1,
    };
    let depthwise = ConvShape { channels: 24, filters: 24, groups: 24, ..plain };
    let first = ConvShape { channels: 3, ..plain };
    let pointwise = ConvShape { kernel: [1, 1], padding: [[0, 0]; 2], stride: [2, 2], ..plain };
    let cases = [
        (plain, Method::Direct),
        (plain, Method::Winograd),
        (depthwise, Method::Direct),
        (first, Method::Direct),
        (pointwise, Method::Direct),
    ];
    let follows = [(false, false), (true, false), (true, true)].map(|(relu, pool)| Follow { relu, pool });
    let layer = DenseShape { rows: 32, features: 700, units: 90 };
    let all = || -> Vec<_> {
        let layers = cases.iter().flat_map(|(shape, method)| follows.map(|f| convolution(shape, *method, f)));
        layers.chain([dense(&layer)]).collect()
    };
    use_threads(1);
    let one = all();
    for threads in [2, 3, 5, 2, 1] {
        use_threads(threads);
        for _ in 0..3 {
            assert!(all() == one, "{threads} threads");
        }
    }
}
