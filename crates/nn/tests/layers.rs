//! Forward passes against naive references in f64, and gradients against finite differences.

mod common;

use common::plain_conv;
use convsweep_nn::loss::score_image;
use convsweep_nn::optimizer::global_norm;
use convsweep_nn::{build, device};
use convsweep_spec::device::DeviceName;
use convsweep_spec::model::*;
use convsweep_spec::shape::{Shape, padding_pixels, summarize};

/// Reproducible values between −1 and 1.
fn numbers(count: usize) -> Vec<f32> {
    (0..count)
        .map(|i| ((i * 7919 + 13) % 211) as f32 / 105.0 - 1.0)
        .collect()
}

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
fn run(mut layers: Vec<Layer>, input: [usize; 4]) -> (Vec<f32>, Vec<f32>, Vec<f32>) {
    let shape = image(input);
    layers.push(Layer::Flatten);
    let flat = |classes| {
        summarize(
            &ModelSpec {
                layers: layers.clone(),
            },
            shape,
            classes,
        )
    };
    let outputs = match flat(u32::MAX) {
        Err(e) => e.input.elements() as u32,
        Ok(_) => u32::MAX,
    };
    let network = build(
        &ModelSpec { layers },
        shape,
        outputs,
        5,
        &device(DeviceName::CPU).expect("cpu"),
    )
    .expect("fits");
    let images = numbers(input.iter().product());
    let parameter = |i: usize| network.parameters().get(i).map_or(vec![], |p| p.values());
    (network.classify(images, input), parameter(0), parameter(1))
}

fn image([_, c, h, w]: [usize; 4]) -> Shape {
    Shape::Image {
        channels: c as u32,
        height: h as u32,
        width: w as u32,
    }
}

fn close(found: &[f32], expected: &[f64], what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    for (i, (f, e)) in found.iter().zip(expected).enumerate() {
        assert!(
            (f64::from(*f) - e).abs() < 1e-5 * e.abs().max(1.0),
            "{what}: {i}: {f}, expected {e}"
        );
    }
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

fn dense(units: u32) -> Layer {
    Layer::Dense(Dense {
        units,
        bias: true,
        activation: None,
        init: Init::Torch,
    })
}

#[test]
fn dense_equals_the_definition() {
    let input = [3, 2, 2, 3];
    let shape = image(input);
    let model = ModelSpec {
        layers: vec![Layer::Flatten, dense(4)],
    };
    let network = build(&model, shape, 4, 5, &device(DeviceName::CPU).expect("cpu")).expect("fits");
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

#[test]
fn a_frozen_layer_has_no_gradient_and_its_norm_uses_the_running_statistics() {
    let input = [4, 3, 5, 2];
    let norm = Norm::Batch {
        momentum: 0.3,
        epsilon: 1e-3,
    };
    let model = ModelSpec {
        layers: vec![Layer::Norm { norm }, Layer::Flatten, dense(2)],
    };
    let mut network = build(
        &model,
        image(input),
        2,
        5,
        &device(DeviceName::CPU).expect("cpu"),
    )
    .expect("fits");
    let mut warm = network.gradients(numbers(120), input, &[0, 1, 0, 1], 0, 0);
    network.update_statistics(&mut warm);
    let before: Vec<_> = network.tensors().map(|t| t.values()).collect();
    network.freeze(&["backbone".to_string()]);
    let mut found = network.gradients(numbers(120), input, &[0, 1, 0, 1], 0, 0);
    network.update_statistics(&mut found);
    assert_eq!(
        network.tensors().map(|t| t.values()).collect::<Vec<_>>(),
        before
    );
    let squares: Vec<f64> = found
        .gradients
        .iter()
        .map(|g| global_norm(std::slice::from_ref(g)))
        .collect();
    assert!(
        squares[..2] == [0.0, 0.0] && squares[2] > 0.01 && squares[3] > 0.01,
        "{squares:?}"
    );
    // The loss is the same as in evaluation.
    let logits = network.classify(numbers(120), input);
    let losses = logits
        .chunks(2)
        .zip([0, 1, 0, 1])
        .map(|(row, label)| score_image(row, label, &mut [0.0; 2]).loss);
    assert!((losses.sum::<f64>() - found.loss_sum).abs() < 1e-5);
}

#[test]
fn gradients_pass_through_a_frozen_norm() {
    let input = [4, 3, 5, 2];
    let norm = Norm::Batch {
        momentum: 0.3,
        epsilon: 1e-3,
    };
    let conv = Layer::Conv(plain_conv(3));
    let layers = vec![
        conv,
        Layer::Norm { norm },
        Layer::Activation {
            activation: Activation::Relu,
        },
        Layer::Flatten,
        dense(2),
    ];
    let mut network = build(
        &ModelSpec { layers },
        image(input),
        2,
        5,
        &device(DeviceName::CPU).expect("cpu"),
    )
    .expect("fits");
    let labels = [0, 1, 0, 1];
    let mut warm = network.gradients(numbers(120), input, &labels, 0, 0);
    network.update_statistics(&mut warm);
    network.freeze(&["norm1".to_string()]);
    let found = network.gradients(numbers(120), input, &labels, 0, 0);
    let gradient: Vec<f32> = found.gradients[0]
        .clone()
        .into_data()
        .try_into_vec()
        .expect("f32");
    let start: std::collections::HashMap<String, Vec<f32>> = network
        .tensors()
        .map(|t| (t.name.clone(), t.values()))
        .collect();
    for place in [0, 7, 20] {
        let loss = |step: f32| {
            let mut moved = network.clone();
            let find = |name: &str| {
                let mut values = start.get(name)?.clone();
                if name == "conv1.weight" {
                    values[place] += step;
                }
                Some(values)
            };
            moved.restore(&find).expect("same names");
            moved.gradients(numbers(120), input, &labels, 0, 0).loss_sum / 4.0
        };
        let slope = (loss(1e-2) - loss(-1e-2)) / 2e-2;
        assert!(
            (slope - f64::from(gradient[place])).abs() < 2e-3,
            "{place}: {slope}, {}",
            gradient[place]
        );
    }
}

#[test]
fn batch_norm_keeps_running_statistics_as_pytorch_does() {
    let input = [4, 3, 5, 2];
    let norm = Norm::Batch {
        momentum: 0.3,
        epsilon: 1e-3,
    };
    let model = ModelSpec {
        layers: vec![Layer::Norm { norm }, Layer::Flatten, dense(2)],
    };
    let mut network = build(
        &model,
        image(input),
        2,
        5,
        &device(DeviceName::CPU).expect("cpu"),
    )
    .expect("fits");
    let x = planes(input);
    let mut found = network.gradients(numbers(120), input, &[0, 1, 0, 1], 0, 0);
    network.update_statistics(&mut found);
    let statistic = |name: &str| {
        let named = network
            .tensors()
            .find(|t| t.name == name)
            .expect("is there");
        named.values()
    };
    let channel = |c: usize| {
        (0..4)
            .flat_map(move |n| (0..10).map(move |i| (n * 3 + c) * 10 + i))
            .map(|i| x.data[i])
    };
    let mean = |c| channel(c).sum::<f64>() / 40.0;
    let variance = |c| channel(c).map(|v| (v - mean(c)).powi(2)).sum::<f64>() / 39.0;
    let means: Vec<f64> = (0..3).map(|c| 0.3 * mean(c)).collect();
    let variances: Vec<f64> = (0..3).map(|c| 0.7 + 0.3 * variance(c)).collect();
    close(&statistic("norm1.running_mean"), &means, "mean");
    close(&statistic("norm1.running_var"), &variances, "variance");
    // Evaluation normalises by the running statistics, training by those of the batch.
    let weight = statistic("dense1.weight");
    let bias = statistic("dense1.bias");
    let classify = |m: &dyn Fn(usize) -> f64, v: &dyn Fn(usize) -> f64| {
        let y: Vec<f64> = (0..120)
            .map(|i| (x.data[i] - m(i / 10 % 3)) / (v(i / 10 % 3) + 1e-3).sqrt())
            .collect();
        let dot = |n: usize, u: usize| {
            (0..30)
                .map(|i| y[n * 30 + i] * f64::from(weight[u * 30 + i]))
                .sum::<f64>()
        };
        (0..8)
            .map(|i| dot(i / 2, i % 2) + f64::from(bias[i % 2]))
            .collect::<Vec<f64>>()
    };
    close(
        &network.classify(numbers(120), input),
        &classify(&|c| means[c], &|c| variances[c]),
        "evaluation",
    );
    let trained = classify(&mean, &|c| variance(c) * 39.0 / 40.0);
    let loss: f64 = trained
        .chunks(2)
        .zip([0, 1, 0, 1])
        .map(|(l, t)| (l[0].exp() + l[1].exp()).ln() - l[t])
        .sum();
    assert!(
        (found.loss_sum - loss).abs() < 1e-4,
        "{} {loss}",
        found.loss_sum
    );
}

#[test]
fn dropout_keeps_the_mean_and_depends_on_the_step() {
    let input = [50, 1, 10, 10];
    let model = ModelSpec {
        layers: vec![Layer::Dropout { rate: 0.25 }, Layer::Flatten, dense(2)],
    };
    let network = build(
        &model,
        image(input),
        2,
        5,
        &device(DeviceName::CPU).expect("cpu"),
    )
    .expect("fits");
    let labels: Vec<u16> = (0..50).map(|i| i % 2).collect();
    // The gradient of dense1.bias does not depend on the mask; that of dense1.weight is linear in it.
    let gradient = |seed, step| {
        let found = network.gradients(vec![1.0; 5000], input, &labels, seed, step);
        found.gradients[0]
            .clone()
            .into_data()
            .try_into_vec::<f32>()
            .expect("f32")
    };
    assert_eq!(gradient(1, 2), gradient(1, 2));
    assert_ne!(gradient(1, 2), gradient(1, 3));
    assert_ne!(gradient(1, 2), gradient(2, 2));
    assert_eq!(
        network.classify(vec![1.0; 5000], input)[..2],
        network.classify(vec![1.0; 5000], input)[2..4]
    );
}

#[test]
fn gradients_equal_finite_differences() {
    let input = [3, 2, 8, 7];
    let conv = Conv {
        stride: [2, 2],
        norm: Some(Norm::Batch {
            momentum: 0.1,
            epsilon: 1e-3,
        }),
        activation: Some(Activation::Tanh),
        ..plain_conv(4)
    };
    let pool = Pool {
        kind: PoolKind::Average,
        size: [2, 2],
        stride: [2, 2],
        padding: Padding::Same,
    };
    let layers = vec![
        Layer::Conv(conv),
        Layer::Pool(pool),
        Layer::Flatten,
        dense(3),
    ];
    let mut network = build(
        &ModelSpec { layers },
        image(input),
        3,
        5,
        &device(DeviceName::CPU).expect("cpu"),
    )
    .expect("fits");
    let found = network.gradients(numbers(336), input, &[0, 2, 1], 0, 0);
    let saved: Vec<(String, Vec<f32>)> = network
        .tensors()
        .map(|t| (t.name.clone(), t.values()))
        .collect();
    for (p, gradient) in found.gradients.iter().enumerate() {
        let gradient: Vec<f32> = gradient.clone().into_data().try_into_vec().expect("f32");
        for i in (0..gradient.len()).step_by(5) {
            let mut loss = |delta: f32| {
                let mut moved = saved.clone();
                moved[p].1[i] += delta;
                let find = |name: &str| {
                    moved
                        .iter()
                        .find(|(n, _)| n == name)
                        .map(|(_, v)| v.clone())
                };
                network.restore(&find).expect("same tensors");
                network
                    .gradients(numbers(336), input, &[0, 2, 1], 0, 0)
                    .loss_sum
                    / 3.0
            };
            let slope = (loss(4e-3) - loss(-4e-3)) / 8e-3;
            let analytic = f64::from(gradient[i]);
            assert!(
                (slope - analytic).abs() < 2e-3,
                "{} {i}: {analytic}, by differences {slope}",
                saved[p].0
            );
        }
    }
}
