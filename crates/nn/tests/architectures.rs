//! Random architectures: the network has the parameters and shapes that the summary predicts.

mod common;

use common::plain_conv;
use common::random_architecture::{Draw, fitting, kinds};
use convsweep_nn::{Network, build, first_device};
use convsweep_spec::model::*;
use convsweep_spec::shape::{ModelSummary, Shape, tensors};

#[test]
fn networks_agree_with_their_summaries() {
    let (channels, height, width) = (4, 7, 6);
    let input = Shape::Image {
        channels,
        height,
        width,
    };
    let device = first_device().expect("a device");
    let mut seen = std::collections::BTreeSet::new();
    for number in 0..150 {
        let mut draw = Draw::new(number);
        let mut layers: Vec<Layer> = vec![];
        for _ in 0..30 {
            layers.push(draw.layer(0));
            let Some((model, summary, outputs)) = fitting(&layers, input) else {
                layers.pop();
                continue;
            };
            if layers.len() < 6 {
                continue;
            }
            let network = build(&model, input, outputs, number, &device)
                .expect("the summary says that it fits");
            agree(&network, &summary, &model);
            let images = vec![0.5; (2 * channels * height * width) as usize];
            let shape = [2, channels as usize, height as usize, width as usize];
            assert_eq!(
                network.classify(images, shape).len(),
                2 * outputs as usize,
                "{summary:#?}"
            );
            kinds(&layers, &mut seen);
            break;
        }
    }
    let all = 17;
    assert_eq!(seen.len(), all, "{seen:?}");
}

/// The numbers of parameters are equal, in total and for each layer, and each name begins with a
/// layer's.
fn agree(network: &Network, summary: &ModelSummary, model: &ModelSpec) {
    assert_eq!(
        network.parameter_count() as u64,
        summary.parameters,
        "{model:#?}"
    );
    let mut left: Vec<(&str, u64)> = network
        .parameters()
        .iter()
        .map(|p| (p.name.as_str(), p.count() as u64))
        .collect();
    for layer in &summary.layers {
        let prefix = format!("{}.", layer.name);
        let structure = layer
            .name
            .rsplit('.')
            .next()
            .is_some_and(|n| n.starts_with("residual") || n.starts_with("parallel"));
        if structure {
            continue;
        }
        let own: u64 = left
            .iter()
            .filter(|(name, _)| name.starts_with(&prefix))
            .map(|(_, n)| n)
            .sum();
        assert_eq!(own, layer.parameters, "{} of {model:#?}", layer.name);
        left.retain(|(name, _)| !name.starts_with(&prefix));
    }
    assert!(left.is_empty(), "{left:?}");
    let (statistics, trained): (Vec<_>, Vec<_>) = tensors(model, summary)
        .into_iter()
        .partition(|t| t.statistic);
    let predicted = trained
        .into_iter()
        .chain(statistics)
        .map(|t| (t.name, t.shape));
    let shape = |t: &convsweep_nn::Named| t.shape.iter().map(|&n| n as u32).collect();
    let built: Vec<(String, Vec<u32>)> = network
        .tensors()
        .map(|t| (t.name.clone(), shape(t)))
        .collect();
    assert_eq!(predicted.collect::<Vec<_>>(), built, "{model:#?}");
}

fn conv(filters: u32, norm: Option<Norm>) -> Layer {
    Layer::Conv(Conv {
        norm,
        init: Init::KaimingNormal,
        ..plain_conv(filters)
    })
}

fn mask(layer: Layer, seed: u64, step: u64) -> Vec<f32> {
    let input = Shape::Image {
        channels: 3,
        height: 4,
        width: 5,
    };
    let model = ModelSpec {
        layers: vec![layer, Layer::Flatten],
    };
    let network = build(&model, input, 60, 0, &first_device().expect("a device")).expect("fits");
    network
        .derivatives(
            vec![1.0; 40 * 60],
            [40, 3, 4, 5],
            vec![1.0; 40 * 60],
            seed,
            step,
        )
        .images
}

#[test]
fn drop_path_and_spatial_dropout_drop_whole_units_by_step() {
    let check = |layer: Layer, unit: usize| {
        let found = mask(layer.clone(), 1, 2);
        let values: Vec<f32> = found.chunks(unit).map(|c| c[0]).collect();
        assert!(
            found.chunks(unit).all(|c| c.iter().all(|v| *v == c[0])),
            "{layer:?}"
        );
        assert!(
            values
                .iter()
                .all(|v| *v == 0.0 || (*v - 4.0 / 3.0).abs() < 1e-6),
            "{layer:?}"
        );
        let dropped = values.iter().filter(|v| **v == 0.0).count() as f64 / values.len() as f64;
        assert!((0.05..0.5).contains(&dropped), "{layer:?}: {dropped}");
        assert_eq!(found, mask(layer.clone(), 1, 2), "{layer:?}");
        assert_ne!(found, mask(layer.clone(), 1, 3), "{layer:?}");
        assert_ne!(found, mask(layer.clone(), 2, 2), "{layer:?}");
    };
    check(Layer::Dropout { rate: 0.25 }, 1);
    check(Layer::SpatialDropout { rate: 0.25 }, 20);
    check(Layer::DropPath { rate: 0.25 }, 60);
}

#[test]
fn initial_weights_depend_on_the_path_of_a_layer() {
    let residual = |layers| {
        Layer::Residual(Residual {
            layers,
            shortcut: Shortcut::Auto,
        })
    };
    let dense = Layer::Dense(Dense {
        units: 2,
        bias: true,
        activation: None,
        init: Init::Torch,
    });
    let values = |mut layers: Vec<Layer>| {
        layers.extend([Layer::Flatten, dense.clone()]);
        let input = Shape::Image {
            channels: 3,
            height: 4,
            width: 4,
        };
        let network = build(
            &ModelSpec { layers },
            input,
            2,
            7,
            &first_device().expect("a device"),
        )
        .expect("fits");
        network
            .parameters()
            .iter()
            .map(|p| (p.name.clone(), p.values()))
            .collect::<Vec<_>>()
    };
    let batch = Some(Norm::Batch {
        momentum: 0.1,
        epsilon: 1e-5,
    });
    let one = values(vec![residual(vec![conv(4, None), conv(4, batch)])]);
    let names: Vec<_> = one.iter().map(|(name, _)| name.as_str()).collect();
    let expected = "residual1.conv1.weight residual1.conv1.bias residual1.conv2.weight residual1.conv2.bias \
        residual1.conv2.norm.weight residual1.conv2.norm.bias residual1.shortcut.conv1.weight \
        residual1.shortcut.conv1.bias residual1.shortcut.conv1.norm.weight residual1.shortcut.conv1.norm.bias";
    assert_eq!(
        names[..10].join(" "),
        expected.split_whitespace().collect::<Vec<_>>().join(" ")
    );
    // A second residual behind it leaves the first as it is, and has other initial weights.
    let two = values(vec![
        residual(vec![conv(4, None), conv(4, batch)]),
        residual(vec![conv(4, None), conv(4, batch)]),
    ]);
    assert_eq!(one[..10], two[..10]);
    assert_ne!(two[2].1, two[12].1);
}
