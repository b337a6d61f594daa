//! Building, saving and optimising networks: counts, determinism, and Adam and SGD against an
//! independent implementation in f64.

mod common;

use common::{plain_conv, tolerance};
use convsweep_nn::optimizer::OptimizerState;
use convsweep_nn::{Network, build, first_device};
use convsweep_spec::model::*;
use convsweep_spec::shape::{Shape, summarize};
use convsweep_spec::train::{Moments, Optimizer, Rule};

const INPUT: Shape = Shape::Image {
    channels: 3,
    height: 16,
    width: 16,
};

fn conv(filters: u32, norm: Option<Norm>) -> Layer {
    Layer::Conv(Conv {
        padding: Padding::Valid,
        bias: norm.is_none(),
        norm,
        activation: Some(Activation::Relu),
        ..plain_conv(filters)
    })
}

fn dense(units: u32) -> Layer {
    Layer::Dense(Dense {
        units,
        bias: true,
        activation: None,
        init: Init::GlorotUniform,
    })
}

fn model() -> ModelSpec {
    let norm = Norm::Batch {
        momentum: 0.1,
        epsilon: 1e-5,
    };
    let pool = Layer::Pool(Pool {
        kind: PoolKind::Max,
        size: [2, 2],
        stride: [2, 2],
        padding: Padding::Valid,
    });
    ModelSpec {
        layers: vec![
            conv(8, None),
            pool,
            conv(16, Some(norm)),
            Layer::Norm { norm },
            Layer::Flatten,
            dense(12),
            dense(4),
        ],
    }
}

fn network(model: &ModelSpec, input: Shape, classes: u32, seed: u64) -> Network {
    build(
        model,
        input,
        classes,
        seed,
        &first_device().expect("a device"),
    )
    .expect("fits")
}

fn values(network: &Network) -> Vec<(String, Vec<f32>)> {
    network
        .tensors()
        .map(|t| (t.name.clone(), t.values()))
        .collect()
}

#[test]
fn parameters_are_counted_as_predicted_and_named_by_layer() {
    let summary = summarize(&model(), INPUT, 4).expect("fits");
    let network = network(&model(), INPUT, 4, 0);
    assert_eq!(network.parameter_count() as u64, summary.parameters);
    let names: Vec<_> = network.tensors().map(|t| t.name.as_str()).collect();
    let expected = "conv1.weight conv1.bias conv2.weight conv2.norm.weight conv2.norm.bias norm1.weight norm1.bias \
        dense1.weight dense1.bias dense2.weight dense2.bias \
        conv2.norm.running_mean conv2.norm.running_var norm1.running_mean norm1.running_var";
    assert_eq!(
        names.join(" "),
        expected.split_whitespace().collect::<Vec<_>>().join(" ")
    );
}

#[test]
fn weights_depend_on_seed_and_name_only() {
    assert_eq!(
        values(&network(&model(), INPUT, 4, 1)),
        values(&network(&model(), INPUT, 4, 1))
    );
    let [a, b] = [1, 2].map(|seed| values(&network(&model(), INPUT, 4, seed)));
    assert_ne!(a[0], b[0]);
    // A further layer behind them does not change the layers before it.
    let mut longer = model();
    longer.layers.insert(6, dense(12));
    let c = values(&network(&longer, INPUT, 4, 1));
    assert_eq!(a[..9], c[..9]);
}

/// Softmax regression over two features and three classes: small enough for a second implementation
/// in f64.
fn regression() -> (Network, Vec<f64>) {
    let model = ModelSpec {
        layers: vec![Layer::Flatten, dense(3)],
    };
    let network = network(
        &model,
        Shape::Image {
            channels: 1,
            height: 1,
            width: 2,
        },
        3,
        9,
    );
    let weights = values(&network)
        .iter()
        .flat_map(|(_, v)| v.iter().map(|&x| f64::from(x)).collect::<Vec<_>>())
        .collect();
    (network, weights)
}

const X: [[f64; 2]; 4] = [[0.5, -1.0], [1.5, 0.25], [-0.75, 2.0], [1.0, 1.0]];
const Y: [u16; 4] = [0, 2, 1, 2];

/// Gradient of the mean cross-entropy for weights `[3, 2]` then biases `[3]`.
fn reference_gradient(w: &[f64]) -> Vec<f64> {
    let mut gradient = vec![0.0; 9];
    for (x, &y) in X.iter().zip(&Y) {
        let logits: Vec<f64> = (0..3)
            .map(|u| w[2 * u] * x[0] + w[2 * u + 1] * x[1] + w[6 + u])
            .collect();
        let total: f64 = logits.iter().map(|l| l.exp()).sum();
        for u in 0..3 {
            let d = (logits[u].exp() / total - if u == usize::from(y) { 1.0 } else { 0.0 }) / 4.0;
            gradient[2 * u] += d * x[0];
            gradient[2 * u + 1] += d * x[1];
            gradient[6 + u] += d;
        }
    }
    gradient
}

fn check(
    optimizer: Optimizer,
    reference: impl Fn(usize, &[f64], &mut Vec<Vec<f64>>, f64, usize) -> f64,
) {
    let (mut network, mut w) = regression();
    let mut state = OptimizerState::new(&optimizer);
    let mut memory = vec![vec![0.0; 9]; 2];
    for step in 1..=20 {
        let lr = if step > 10 {
            optimizer.lr / 10.0
        } else {
            optimizer.lr
        };
        let x: Vec<f32> = X.iter().flatten().map(|&v| v as f32).collect();
        let found = network.gradients(x, [4, 1, 1, 2], &Y, 0, step as u64);
        state.step(&optimizer, lr, &mut network, found.gradients);
        let gradient = reference_gradient(&w);
        let before = w.clone();
        for i in 0..9 {
            let g: Vec<f64> = vec![gradient[i], before[i]];
            w[i] -= reference(step, &g, &mut memory, lr, i);
        }
    }
    let found: Vec<f32> = values(&network).into_iter().flat_map(|(_, v)| v).collect();
    for (i, (f, e)) in found.iter().zip(&w).enumerate() {
        assert!(
            (f64::from(*f) - e).abs() < tolerance(2e-6),
            "{optimizer:?} {i}: {f}, expected {e}"
        );
    }
}

#[test]
fn adam_follows_the_paper() {
    for weight_decay in [0.0, 0.03] {
        let adam = Optimizer::new(
            Rule::Adam(Moments {
                beta1: 0.8,
                beta2: 0.99,
                epsilon: 1e-3,
            }),
            0.05,
        )
        .with_decay(weight_decay);
        check(adam, |step, g, memory, lr, i| {
            let g = g[0] + weight_decay * g[1];
            memory[0][i] = 0.8 * memory[0][i] + 0.2 * g;
            memory[1][i] = 0.99 * memory[1][i] + 0.01 * g * g;
            let m = memory[0][i] / (1.0 - 0.8f64.powi(step as i32));
            let v = memory[1][i] / (1.0 - 0.99f64.powi(step as i32));
            lr * m / (v.sqrt() + 1e-3)
        });
    }
}

#[test]
fn sgd_follows_pytorch() {
    for (momentum, nesterov, weight_decay) in [
        (0.0, false, 0.0),
        (0.9, false, 0.0),
        (0.9, true, 0.02),
        (0.0, false, 0.1),
    ] {
        let sgd = Optimizer::new(Rule::Sgd { momentum, nesterov }, 0.1).with_decay(weight_decay);
        check(sgd, |_, g, memory, lr, i| {
            let g = g[0] + weight_decay * g[1];
            memory[0][i] = momentum * memory[0][i] + g;
            lr * if nesterov {
                g + momentum * memory[0][i]
            } else {
                memory[0][i]
            }
        });
    }
}

#[test]
fn a_restored_network_and_optimizer_continue_to_the_same_bits() {
    let adam = Optimizer::adam(1e-2);
    let images: Vec<f32> = (0..8 * 768)
        .map(|i| ((i * 31) % 97) as f32 / 97.0)
        .collect();
    let labels = [0, 1, 2, 3, 0, 1, 2, 3];
    let train = |network: &mut Network, state: &mut OptimizerState, steps: std::ops::Range<u64>| {
        for step in steps {
            let mut found = network.gradients(images.clone(), [8, 3, 16, 16], &labels, 1, step);
            network.update_statistics(&mut found);
            state.step(&adam, 1e-2, network, found.gradients);
        }
    };
    let (mut whole, mut state) = (network(&model(), INPUT, 4, 1), OptimizerState::new(&adam));
    train(&mut whole, &mut state, 0..3);
    let saved = values(&whole);
    let moments = state.tensors(&whole);
    train(&mut whole, &mut state, 3..6);

    let mut resumed = network(&model(), INPUT, 4, 2);
    resumed
        .restore(&|name| {
            saved
                .iter()
                .find(|(n, _)| n == name)
                .map(|(_, v)| v.clone())
        })
        .expect("same names");
    let find = |name: &str| {
        moments
            .iter()
            .find(|(n, ..)| n == name)
            .map(|(.., v)| v.clone())
    };
    let description = convsweep_spec::checkpoint::OptimizerDescription {
        name: "adam".into(),
        steps: 3,
        moments: vec!["moment1".into(), "moment2".into()],
    };
    let mut state = OptimizerState::restore(description, &resumed, &find).expect("same names");
    train(&mut resumed, &mut state, 3..6);
    let allowed = tolerance(0.0);
    for ((name, whole), (_, resumed)) in values(&whole).iter().zip(&values(&resumed)) {
        for (a, b) in whole.iter().zip(resumed) {
            let apart = f64::from(a - b).abs();
            assert!(apart <= allowed, "{name}: {a} and {b}");
        }
    }
}
