//! Networks as ONNX files, computed by another program's operators: the logits are those of ours.
//! Also as state dicts of PyTorch, which come back.

#[path = "../../nn/tests/common/random_architecture.rs"]
mod random_architecture;

use convsweep_nn::{Network, build, first_device};
use convsweep_onnx::{OnnxFile, OnnxOptions, Preprocessing, write_onnx};
use convsweep_spec::augment::MeanStd;
use convsweep_spec::id::JobId;
use convsweep_spec::model::*;
use convsweep_spec::shape::Shape;
use convsweep_spec::weights::{ModelDescription, Transfer};
use convsweep_weights::{WeightFile, name_in_state_dict, state_dict};
use random_architecture::{Draw, fitting, kinds, numbers, randomized};
use rten::{Model, Value};
use rten_tensor::prelude::*;
use rten_tensor::{NdTensor, Tensor};
use safetensors::Dtype;
use safetensors::tensor::TensorView;
use std::collections::{BTreeSet, HashMap};

/// Channels, height and width of the images.
const IMAGE: [u32; 3] = [4, 7, 6];
/// Images of a batch.
const BATCH: usize = 3;

fn shape() -> Shape {
    let [channels, height, width] = IMAGE;
    Shape::Image {
        channels,
        height,
        width,
    }
}

/// A network whose tensors all have random values.
fn network(model: &ModelSpec, classes: u32) -> Network {
    let device = first_device().expect("a device");
    randomized(build(model, shape(), classes, 1, &device).expect("fits"))
}

fn file(model: &ModelSpec, network: &Network, options: &OnnxOptions) -> OnnxFile {
    let values = network.values_by_name();
    let find = |name: &str| values.get(name).cloned();
    let classes = network.classes() as u32;
    write_onnx(model, (shape(), classes), &find, options).expect("can be written")
}

/// The output of a file for an input.
fn output(file: &OnnxFile, input: Value) -> Vec<f32> {
    let model = Model::load(file.bytes.clone()).expect("a valid file");
    let node = |name| model.node_id(name).expect("is there");
    let inputs = vec![(node(&file.input), input.into())];
    let found = model.run(inputs, &[node(&file.output)], None);
    let found = found.unwrap_or_else(|error| panic!("{error}: {:?}", file.operators));
    let found: Tensor<f32> = found
        .into_iter()
        .next()
        .expect("one")
        .try_into()
        .expect("floats");
    found.to_vec()
}

/// Where files, inputs and logits are left for other programs, by `just test-peers`.
const FOLDER: &str = "CONVSWEEP_ONNX_FOLDER";

/// Leaves files of a network, their input and their logits in the folder that is asked for, if
/// there is one.
fn leave(name: &str, files: [(&str, &[u8]); 2], images: &[f32], logits: &[f32]) {
    let Some(folder) = std::env::var_os(FOLDER) else {
        return;
    };
    let path = std::path::Path::new(&folder).join(name);
    for (extension, bytes) in files {
        std::fs::write(path.with_extension(extension), bytes).expect("writes");
    }
    for (extension, values) in [("input", images), ("logits", logits)] {
        std::fs::write(path.with_extension(extension), bytes_of(values)).expect("writes");
    }
}

fn bytes_of(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|x| x.to_le_bytes()).collect()
}

/// The network as a safetensors file with the names of PyTorch, after a look at what it contains
/// and at whether a network can start from it.
fn pytorch_file(model: &ModelSpec, network: &Network) -> Vec<u8> {
    let (shapes, values) = (network.shapes(), network.values_by_name());
    let mut own = vec![];
    for tensor in &shapes {
        let shape = tensor.shape.iter().map(|&n| n as usize).collect::<Vec<_>>();
        own.push((&tensor.name, shape, bytes_of(&values[&tensor.name])));
    }
    let views = own.iter().map(|(name, shape, bytes)| {
        let view = TensorView::new(Dtype::F32, shape.clone(), bytes);
        (*name, view.expect("fits"))
    });
    let file = safetensors::serialize(views, None).expect("can be written");
    let normalization = MeanStd {
        mean: vec![0.0; IMAGE[0] as usize],
        std: vec![1.0; IMAGE[0] as usize],
    };
    let description = ModelDescription::new(
        &JobId("random".into()),
        "a test".into(),
        (0..network.classes()).map(|i| i.to_string()).collect(),
        (shape(), normalization),
        model.clone(),
    );
    let description = serde_json::to_string(&description).expect("JSON");
    let metadata = HashMap::from([
        (ModelDescription::KEY.to_string(), description),
        ("convsweep_images".to_string(), "{}".to_string()),
    ]);
    let file = WeightFile::read(&file).expect("a file");
    let written = state_dict(&file, &shapes, metadata).expect("can be written");

    let read = WeightFile::read(&written).expect("a file");
    let floating = read.tensors.iter().filter(|tensor| tensor.is_floating());
    let names: BTreeSet<String> = floating.map(|tensor| tensor.name.clone()).collect();
    let expected = shapes.iter().map(|tensor| name_in_state_dict(&tensor.name));
    assert_eq!(names, expected.collect());
    let counts = read.tensors.iter().filter(|tensor| !tensor.is_floating());
    let statistics = shapes.iter().filter(|tensor| tensor.statistic).count();
    assert_eq!(counts.count(), statistics / 2, "one for each batch norm");
    let device = first_device().expect("a device");
    let classes = network.classes() as u32;
    let mut other = build(model, self::shape(), classes, 2, &device).expect("fits");
    let whole = Transfer {
        hash: String::new(),
        map: [].into(),
        reinitialised: Some(vec![]),
    };
    other.take_over(&written, &whole).expect("fits");
    assert_eq!(other.values_by_name(), values);
    written
}

/// Compares a network with its file.
fn compare(name: &str, model: &ModelSpec, classes: u32) {
    let network = network(model, classes);
    let [channels, height, width] = IMAGE.map(|n| n as usize);
    let shape = [BATCH, channels, height, width];
    let images = numbers("images", shape.iter().product());
    let file = file(model, &network, &OnnxOptions::default());
    let ours = network.classify(images.clone(), shape);
    let pytorch = pytorch_file(model, &network);
    let files = [("onnx", &file.bytes[..]), ("safetensors", &pytorch)];
    leave(name, files, &images, &ours);
    let theirs = output(&file, NdTensor::from_data(shape, images).into());
    let largest = ours.iter().fold(1.0f32, |largest, x| largest.max(x.abs()));
    assert_eq!(ours.len(), theirs.len());
    for (ours, theirs) in ours.iter().zip(&theirs) {
        let difference = (ours - theirs).abs() / largest;
        assert!(difference < 1e-4, "{ours} and {theirs} by {model:#?}");
    }
}

#[test]
fn random_networks_compute_the_same_in_onnx_and_come_back_from_pytorch() {
    let mut seen = BTreeSet::new();
    for number in 0..150 {
        let mut draw = Draw::new(number);
        let mut layers: Vec<Layer> = vec![];
        for _ in 0..30 {
            layers.push(draw.layer(0));
            let Some((model, _, outputs)) = fitting(&layers, shape()) else {
                layers.pop();
                continue;
            };
            if layers.len() >= 6 {
                compare(&format!("random-{number}"), &model, outputs);
                kinds(&layers, &mut seen);
                break;
            }
        }
    }
    assert_eq!(seen.len(), 17, "{seen:?}");
}

#[test]
fn every_activation_computes_the_same_in_onnx() {
    use Activation::*;
    let all = [
        Relu,
        LeakyRelu,
        Elu,
        Gelu,
        Silu,
        Sigmoid,
        Tanh,
        Prelu,
        Relu6,
        HardSigmoid,
        HardSwish,
        Mish,
        Selu,
        Softplus,
    ];
    for activation in all {
        let layers = vec![Layer::Activation { activation }, Layer::Flatten];
        let name = format!("{activation:?}");
        compare(&name, &ModelSpec { layers }, IMAGE.iter().product());
    }
}

#[test]
fn the_graph_prepares_images_and_gives_probabilities() {
    let [channels, height, width] = IMAGE.map(|n| n as usize);
    let dense = Dense {
        units: 5,
        bias: true,
        activation: None,
        init: Init::Torch,
    };
    let layers = vec![Layer::Flatten, Layer::Dense(dense)];
    let model = ModelSpec { layers };
    let network = network(&model, 5);
    let normalization = MeanStd {
        mean: vec![0.1, 0.2, 0.3, 0.4],
        std: vec![0.5, 0.6, 0.7, 0.8],
    };
    let options = OnnxOptions {
        preprocessing: Some(Preprocessing {
            normalization: normalization.clone(),
        }),
        probabilities: true,
        ..OnnxOptions::default()
    };
    let file = file(&model, &network, &options);
    assert_eq!(
        (file.input.as_str(), file.output.as_str()),
        ("image", "probabilities")
    );
    let pixels: Vec<u8> = (0..height * width * channels)
        .map(|i| (7 * i) as u8)
        .collect();
    let mut input = vec![0.0; pixels.len()];
    for (at, pixel) in pixels.iter().enumerate() {
        let (channel, place) = (at % channels, at / channels);
        let MeanStd { mean, std } = &normalization;
        let value = (f64::from(*pixel) / 255.0 - mean[channel]) / std[channel];
        input[channel * height * width + place] = value as f32;
    }
    let logits = network.classify(input, [1, channels, height, width]);
    let sum: f32 = logits.iter().map(|logit| logit.exp()).sum();
    let image = NdTensor::from_data([1, height, width, channels], pixels);
    let found = output(&file, image.into());
    for (logit, found) in logits.iter().zip(found) {
        assert!((logit.exp() / sum - found).abs() < 1e-5);
    }
}

#[test]
fn a_missing_tensor_is_named() {
    let norm = Norm::Instance { epsilon: 1e-5 };
    let layers = vec![Layer::Norm { norm }, Layer::Flatten];
    let classes = IMAGE.iter().product();
    let written = write_onnx(
        &ModelSpec { layers },
        (shape(), classes),
        &|_| None,
        &OnnxOptions::default(),
    );
    let problem = written.expect_err("no tensors").to_string();
    assert_eq!(problem, "the weights have no tensor \"norm1.weight\"");
}
