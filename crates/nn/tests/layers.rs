//! Forward passes of layers against naive references in f64.

mod common;

use common::{close, dense, image, network, numbers, plain_conv};
use convsweep_spec::model::*;
use convsweep_spec::shape::{padding_pixels, summarize};

struct Planes {
    data: Vec<f64>,
    shape: [usize; 4],
}

impl Planes {
    fn at(&self, n: usize, c: usize, y: i64, x: i64) -> Option<f64> {
        let [_, channels, h, w] = self.shape;
        let inside = (0..h as i64).contains(&y) && (0..w as i64).contains(&x);
        inside.then(|| self.data[((n * channels + c) * h + y as usize) * w + x as usize])
    }
}

/// Runs `layers` with a flattening at the end; the number of classes is their number of outputs.
/// Returns the logits and the first two parameters.
fn run(mut layers: Vec<Layer>, input: [usize; 4]) -> (Vec<f32>, Vec<f32>, Vec<f32>) {
    layers.push(Layer::Flatten);
    let model = ModelSpec {
        layers: layers.clone(),
    };
    // The error for too many classes says how many outputs there are.
    let outputs = match summarize(&model, image(input), u32::MAX) {
        Err(error) => error.input.elements() as u32,
        Ok(_) => u32::MAX,
    };
    let network = network(layers, input, outputs);
    let images = numbers(input.iter().product());
    let parameter = |i: usize| network.parameters().get(i).map_or(vec![], |p| p.values());
    (network.classify(images, input), parameter(0), parameter(1))
}

fn planes(shape: [usize; 4]) -> Planes {
    Planes {
        data: numbers(shape.iter().product())
            .iter()
            .map(|&v| v.into())
            .collect(),
        shape,
    }
}

/// The taps of each output position's window: input row and column, tap row and column.
fn windows(
    size: [usize; 2],
    kernel: [u32; 2],
    stride: [u32; 2],
    padding: Padding,
    dilation: [u32; 2],
) -> Vec<Vec<(i64, i64, usize, usize)>> {
    let size = size.map(|s| s as u32);
    let pads = padding_pixels(padding, size, kernel, stride, dilation);
    let outputs = [0, 1].map(|d| {
        let extent = dilation[d] * (kernel[d] - 1) + 1;
        (size[d] + pads[d][0] + pads[d][1] - extent) / stride[d] + 1
    });
    let mut all = Vec::new();
    for oy in 0..outputs[0] {
        for ox in 0..outputs[1] {
            let mut taps = Vec::new();
            for ky in 0..kernel[0] {
                for kx in 0..kernel[1] {
                    let y = i64::from(oy * stride[0] + ky * dilation[0]) - i64::from(pads[0][0]);
                    let x = i64::from(ox * stride[1] + kx * dilation[1]) - i64::from(pads[1][0]);
                    taps.push((y, x, ky as usize, kx as usize));
                }
            }
            all.push(taps);
        }
    }
    all
}

#[test]
fn convolutions_equal_the_definition() {
    let check = |size: [usize; 2], kernel, stride, padding, dilation, groups: usize| {
        let input = [2, 4, size[0], size[1]];
        let conv = Conv {
            kernel,
            stride,
            padding,
            dilation,
            groups: groups as u32,
            init: Init::Torch,
            ..plain_conv(6)
        };
        let (found, weight, bias) = run(vec![Layer::Conv(conv)], input);
        let x = planes(input);
        let (cin, taps) = (4 / groups, (kernel[0] * kernel[1]) as usize);
        let mut expected = Vec::new();
        for n in 0..2 {
            for f in 0..6 {
                let first = f / (6 / groups) * cin;
                for window in windows(size, kernel, stride, padding, dilation) {
                    let mut sum = f64::from(bias[f]);
                    for c in 0..cin {
                        for &(y, x_, ky, kx) in &window {
                            let w = weight[(f * cin + c) * taps + ky * kernel[1] as usize + kx];
                            sum += x.at(n, first + c, y, x_).unwrap_or(0.0) * f64::from(w);
                        }
                    }
                    expected.push(sum);
                }
            }
        }
        close(
            &found,
            &expected,
            &format!("{size:?} {kernel:?} {stride:?} {padding:?} {dilation:?} {groups}"),
        );
    };
    for padding in [Padding::Valid, Padding::Same, Padding::Pixels([2, 1])] {
        check([9, 8], [3, 3], [1, 1], padding, [1, 1], 1);
        check([8, 7], [3, 2], [2, 2], padding, [1, 1], 1);
        check([10, 9], [2, 4], [3, 2], padding, [1, 1], 2);
        check([9, 11], [3, 3], [1, 2], padding, [2, 1], 1);
        check([6, 6], [1, 1], [2, 2], padding, [1, 1], 2);
    }
}

#[test]
fn poolings_equal_the_definition() {
    let check = |size: [usize; 2], window: [u32; 2], stride: [u32; 2], padding| {
        let input = [2, 3, size[0], size[1]];
        for kind in [PoolKind::Max, PoolKind::Average] {
            let pool = Layer::Pool(Pool {
                kind,
                size: window,
                stride,
                padding,
            });
            let (found, ..) = run(vec![pool], input);
            let x = planes(input);
            let mut expected = Vec::new();
            for plane in 0..6 {
                for taps in windows(size, window, stride, padding, [1, 1]) {
                    let seen: Vec<f64> = taps
                        .iter()
                        .filter_map(|&(y, x_, ..)| x.at(plane / 3, plane % 3, y, x_))
                        .collect();
                    expected.push(match kind {
                        PoolKind::Max => seen.iter().fold(f64::NEG_INFINITY, |a, &b| a.max(b)),
                        _ => seen.iter().sum::<f64>() / seen.len() as f64,
                    });
                }
            }
            close(
                &found,
                &expected,
                &format!("{kind:?} {size:?} {window:?} {stride:?} {padding:?}"),
            );
        }
    };
    for padding in [Padding::Valid, Padding::Same, Padding::Pixels([1, 1])] {
        check([8, 8], [2, 2], [2, 2], padding);
        check([9, 7], [2, 2], [2, 2], padding);
        check([9, 8], [3, 3], [2, 2], padding);
        check([7, 10], [3, 2], [1, 3], padding);
    }
    let global = |kind| {
        run(
            vec![Layer::Pool(Pool {
                kind,
                size: [0; 2],
                stride: [0; 2],
                padding: Padding::Valid,
            })],
            [2, 3, 5, 4],
        )
        .0
    };
    let x = planes([2, 3, 5, 4]);
    let means: Vec<f64> = x
        .data
        .chunks(20)
        .map(|p| p.iter().sum::<f64>() / 20.0)
        .collect();
    let largest: Vec<f64> = x
        .data
        .chunks(20)
        .map(|p| p.iter().fold(f64::NEG_INFINITY, |a, &b| a.max(b)))
        .collect();
    close(&global(PoolKind::GlobalAverage), &means, "global average");
    close(&global(PoolKind::GlobalMax), &largest, "global max");
}

#[test]
fn activations_equal_the_formulas() {
    // The series of erf converges fast between −1 and 1; Abramowitz and Stegun 7.1.26 is too
    // inaccurate.
    let erf = |x: f64| {
        let mut term = x;
        let mut sum = x;
        for n in 1..40 {
            term *= -x * x / f64::from(n);
            sum += term / f64::from(2 * n + 1);
        }
        sum * 2.0 / std::f64::consts::PI.sqrt()
    };
    let check = |activation, formula: &dyn Fn(f64) -> f64| {
        let (found, ..) = run(vec![Layer::Activation { activation }], [1, 2, 9, 9]);
        let expected: Vec<f64> = planes([1, 2, 9, 9])
            .data
            .iter()
            .map(|&x| formula(x))
            .collect();
        close(&found, &expected, &format!("{activation:?}"));
    };
    let sigmoid = |x: f64| 1.0 / (1.0 + (-x).exp());
    check(Activation::Relu, &|x| x.max(0.0));
    check(Activation::LeakyRelu, &|x| {
        if x > 0.0 { x } else { 0.01 * x }
    });
    check(Activation::Elu, &|x| if x > 0.0 { x } else { x.exp_m1() });
    check(Activation::Gelu, &|x| {
        x * 0.5 * (1.0 + erf(x / 2f64.sqrt()))
    });
    check(Activation::Silu, &|x| x * sigmoid(x));
    check(Activation::Sigmoid, &sigmoid);
    check(Activation::Tanh, &f64::tanh);
}

#[test]
fn dense_equals_the_definition() {
    let input = [3, 2, 2, 3];
    let network = network(vec![Layer::Flatten, dense(4)], input, 4);
    let values = |i: usize| network.parameters()[i].values();
    let (weight, bias, x) = (values(0), values(1), numbers(36));
    let dot = |row: &[f32], u: usize| -> f64 {
        row.iter()
            .zip(&weight[u * 12..])
            .map(|(a, b)| f64::from(*a) * f64::from(*b))
            .sum::<f64>()
            + f64::from(bias[u])
    };
    let expected: Vec<f64> = x
        .chunks(12)
        .flat_map(|row| (0..4).map(move |u| (row, u)))
        .map(|(r, u)| dot(r, u))
        .collect();
    close(&network.classify(x, input), &expected, "dense");
}
