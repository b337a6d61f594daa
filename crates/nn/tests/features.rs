//! What frozen layers make of an image does not depend on its batch, and computing the other layers
//! from it gives the same bits as computing all of them.

mod common;

use common::random_architecture::{Draw, fitting, numbers, randomized};
use common::{dense, image, plain_conv};
use convsweep_nn::loss::Targets;
use convsweep_nn::{Features, Network, build, first_device};
use convsweep_plan::{Overrides, plan};
use convsweep_spec::data::{DataFacts, DataSpec};
use convsweep_spec::model::*;
use convsweep_spec::train::Kernels;
use std::path::Path;

/// The network with random values, and all layers frozen that the rules name.
fn frozen(network: Network, rules: &[&str]) -> Network {
    let mut network = randomized(network);
    let rules: Vec<String> = rules.iter().map(|rule| rule.to_string()).collect();
    network.freeze(&rules);
    network
}

fn bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|value| value.to_bits()).collect()
}

/// All that a training step finds, as bits.
fn step(
    network: &Network,
    targets: &Targets,
    gradients: impl FnOnce(&Targets) -> convsweep_nn::Gradients,
) -> (u64, u32, Vec<Vec<u32>>) {
    let mut found = gradients(targets);
    let mut tensors = Vec::new();
    for gradient in &found.gradients {
        let values: Vec<f32> = gradient.clone().into_data().try_into_vec().expect("f32");
        tensors.push(bits(&values));
    }
    let mut network = network.clone();
    network.update_statistics(&mut found);
    tensors.extend(network.tensors().map(|tensor| bits(&tensor.values())));
    (
        found.loss_sum.value().to_bits(),
        found.correct.value() as u32,
        tensors,
    )
}

const IMAGES: usize = 21;

/// Compares the features of images in batches of several sizes and orders, and what is computed
/// from them with what is computed from the images.
fn check(network: &Network, [channels, height, width]: [usize; 3], what: &str) {
    let operations = network.frozen_operations();
    assert!(operations > 0, "{what}: nothing is frozen");
    let size = channels * height * width;
    let pixels = numbers("pixels", IMAGES * size);
    let part = |rows: &[usize]| -> Vec<f32> {
        let rows = rows.iter().map(|row| &pixels[row * size..][..size]);
        rows.collect::<Vec<_>>().concat()
    };
    let shape = |images| [images, channels, height, width];
    let all: Vec<usize> = (0..IMAGES).collect();
    type Compute = fn(&Network, usize, Vec<f32>, [usize; 4]) -> Features;
    let ways: [Compute; 2] = [Network::training_features, Network::evaluation_features];
    let batches: [&[usize]; 7] = [
        &[0],
        &[20],
        &[7, 3],
        &[2, 11, 5],
        &[19, 4, 6, 6, 1, 0, 13],
        &[20, 18, 16, 14, 12, 10, 8, 6, 4, 2, 0, 1, 3],
        &[9, 10, 11, 12, 13, 14, 15, 16, 17, 0, 1, 2, 3, 4, 5, 6, 7, 8],
    ];
    for compute in ways {
        let whole = compute(network, operations, part(&all), shape(IMAGES));
        let of_image: Vec<&[f32]> = whole.images().collect();
        assert_eq!(of_image.len(), IMAGES, "{what}");
        for rows in batches {
            let found = compute(network, operations, part(rows), shape(rows.len()));
            for (&row, found) in rows.iter().zip(found.images()) {
                let expected = bits(of_image[row]);
                assert!(bits(found) == expected, "{what}: image {row} of {rows:?}");
            }
        }
    }
    let rows = batches[4];
    let labels: Vec<u16> = rows
        .iter()
        .map(|row| (row % network.classes()) as u16)
        .collect();
    let targets = Targets::plain(&labels, network.classes());
    let (images, shape) = (part(rows), shape(rows.len()));
    let features = network.training_features(operations, images.clone(), shape);
    let from_features = step(network, &targets, |targets| {
        network.gradients_from(operations, &features, targets, 3, 8)
    });
    let from_images = step(network, &targets, |targets| {
        network.gradients_towards(targets, images.clone(), shape, 3, 8)
    });
    assert!(from_features == from_images, "{what}: gradients");
    let features = network.evaluation_features(operations, images.clone(), shape);
    let logits = network.classify_from(operations, &features);
    assert_eq!(
        bits(&logits),
        bits(&network.classify(images, shape)),
        "{what}"
    );
}

/// The network of a shipped architecture for ten classes of images of this size.
fn shipped(preset: &str, side: u32) -> Network {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("experiment.toml");
    let text = format!(
        "[experiment]\nname = \"p\"\n[data]\nsource = \"folder\"\npath = \"images\"\n\
         [model]\npreset = \"{preset}\"\n[train]\nepochs = 1\n"
    );
    std::fs::write(&path, &text).expect("writes");
    let facts = |_: &DataSpec, _: Option<&Path>| {
        Ok(DataFacts {
            hash: "images".into(),
            classes: (0..10).map(|class| class.to_string()).collect(),
            train_images: 1000,
            test_images: 100,
            channels: 3,
            height: side,
            width: side,
            validation_images: 0,
            loses_colour: false,
            reading: None,
        })
    };
    let plan = plan(&path, &Overrides::default(), &facts).unwrap_or_else(|p| panic!("{p}"));
    let model = &plan.configurations[0].member.resolved.model;
    let side = side as usize;
    let device = first_device().expect("a device");
    build(model, image([1, 3, side, side]), 10, 5, &device).expect("fits")
}

#[test]
fn features_of_shipped_architectures_do_not_depend_on_the_batch() {
    for (preset, side) in [
        ("tutorial", 32),
        ("resnet20", 32),
        ("densenet-bc-100-12", 32),
        ("resnet18", 40),
        ("mobilenet-v2", 40),
        ("squeezenet", 40),
        ("googlenet", 40),
        ("vgg11", 32),
    ] {
        let network = frozen(shipped(preset, side), &["backbone"]);
        check(&network, [3, side as usize, side as usize], preset);
        if preset.starts_with("resnet") {
            let direct = network.with_kernels(Kernels::Direct);
            check(&direct, [3, side as usize, side as usize], preset);
        }
    }
}

#[test]
fn features_of_random_architectures_do_not_depend_on_the_batch() {
    let input = [4, 7, 6];
    let device = first_device().expect("a device");
    let mut checked = 0;
    for number in 0..400 {
        let mut draw = Draw::new(number);
        let mut layers: Vec<Layer> = vec![Layer::Conv(plain_conv(4))];
        for _ in 0..20 {
            let layer = draw.layer(0);
            // What they compute is not kept: the layers behind them would not be checked.
            if !matches!(layer, Layer::Dropout { .. } | Layer::SpatialDropout { .. }) {
                layers.push(layer);
            }
            let shape = image([1, input[0], input[1], input[2]]);
            let Some((mut model, _, outputs)) = fitting(&layers, shape) else {
                layers.pop();
                continue;
            };
            if layers.len() < 5 {
                continue;
            }
            model.layers.push(dense(outputs.min(7)));
            let network = build(&model, shape, outputs.min(7), number, &device).expect("fits");
            let network = frozen(network, &["backbone"]);
            if network.frozen_operations() > 2 {
                check(&network, input, &format!("{model:#?}"));
                checked += 1;
            }
            break;
        }
    }
    assert!(checked > 100, "{checked}");
}

fn conv(filters: u32, norm: bool) -> Layer {
    let norm = norm.then_some(Norm::Batch {
        momentum: 0.1,
        epsilon: 1e-5,
    });
    let activation = Some(Activation::Relu);
    Layer::Conv(Conv {
        norm,
        activation,
        ..plain_conv(filters)
    })
}

/// The number of operations whose features can be kept with these rules.
fn kept(layers: &[Layer], rules: &[&str]) -> usize {
    let mut layers = layers.to_vec();
    layers.extend([Layer::Flatten, dense(3)]);
    let network = common::network(layers, [1, 4, 6, 6], 3);
    frozen(network, rules).frozen_operations()
}

#[test]
fn operations_are_kept_up_to_the_first_that_changes_or_draws_numbers() {
    let layers = [conv(4, true), conv(5, true)];
    // A convolution and its norm are two operations; the last one is the flattening.
    assert_eq!(kept(&layers, &["backbone"]), 5);
    assert_eq!(kept(&layers, &["conv1"]), 2);
    assert_eq!(kept(&layers, &["conv2"]), 0);
    assert_eq!(kept(&layers, &["conv1", "!conv1.norm"]), 0, "one pass");
    assert_eq!(kept(&layers, &["backbone", "!conv2.norm"]), 2, "one pass");
    assert_eq!(kept(&layers, &["backbone", "!conv2.norm.bias"]), 2);
    assert_eq!(kept(&layers, &[]), 0);
    let dropped = [conv(4, true), Layer::Dropout { rate: 0.1 }, conv(5, true)];
    assert_eq!(kept(&dropped, &["backbone"]), 2);
    let kept_all = [conv(4, true), Layer::Dropout { rate: 0.0 }];
    assert_eq!(kept(&kept_all, &["backbone"]), 4);
    assert_eq!(
        kept(&[Layer::Dropout { rate: 0.1 }, conv(4, true)], &["*"]),
        0
    );
}

#[test]
fn stock_kernels_keep_nothing() {
    let layers = vec![conv(4, true), Layer::Flatten, dense(3)];
    let network = frozen(common::network(layers, [1, 4, 6, 6], 3), &["backbone"]);
    assert_eq!(network.frozen_operations(), 3);
    assert_eq!(network.with_kernels(Kernels::Stock).frozen_operations(), 0);
}
