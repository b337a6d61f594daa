//! Layers in training: frozen layers, running statistics, dropout, and gradients against finite
//! differences.

mod common;

use common::{close, dense, network, numbers, plain_conv, tolerance};
use convsweep_nn::loss::score_image;
use convsweep_nn::optimizer::global_norm;
use convsweep_spec::model::*;

#[test]
fn a_frozen_layer_has_no_gradient_and_its_norm_uses_the_running_statistics() {
    let input = [4, 3, 5, 2];
    let norm = Norm::Batch {
        momentum: 0.3,
        epsilon: 1e-3,
    };
    let mut network = network(
        vec![Layer::Norm { norm }, Layer::Flatten, dense(2)],
        input,
        2,
    );
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
        .map(|g| global_norm(std::slice::from_ref(g)).value())
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
    assert!((losses.sum::<f64>() - found.loss_sum.value()).abs() < tolerance(1e-5));
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
    let mut network = network(layers, input, 2);
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
            moved
                .gradients(numbers(120), input, &labels, 0, 0)
                .loss_sum
                .value()
                / 4.0
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
    let mut network = network(
        vec![Layer::Norm { norm }, Layer::Flatten, dense(2)],
        input,
        2,
    );
    let x: Vec<f64> = numbers(120).into_iter().map(f64::from).collect();
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
            .map(|i| x[i])
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
            .map(|i| (x[i] - m(i / 10 % 3)) / (v(i / 10 % 3) + 1e-3).sqrt())
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
        (found.loss_sum.value() - loss).abs() < tolerance(1e-4),
        "{} {loss}",
        found.loss_sum.value()
    );
}

#[test]
fn dropout_keeps_the_mean_and_depends_on_the_step() {
    let input = [50, 1, 10, 10];
    let network = network(
        vec![Layer::Dropout { rate: 0.25 }, Layer::Flatten, dense(2)],
        input,
        2,
    );
    let labels: Vec<u16> = (0..50).map(|i| i % 2).collect();
    // The gradient of dense1.bias does not depend on the mask; that of dense1.weight is linear in
    // it.
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
    let mut network = network(layers, input, 3);
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
                    .value()
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
