//! Networks whose weights PyTorch wrote, in the layouts of torchvision and in every way that it knows
//! to save them: their outputs here are PyTorch's. `tests/vectors/weights.py` makes narrow ones,
//! `tests/peers_weights.py` (`just test-peers`) those of full size.

use convsweep_nn::{Network, build, first_device};
use convsweep_plan::{Overrides, Plan, plan};
use convsweep_spec::data::{DataFacts, DataSpec};
use convsweep_spec::shape::Shape;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Images of a set, as `[channels, height, width]`, and its number of classes.
#[derive(Clone, Copy)]
struct Images {
    shape: [u32; 3],
    classes: u32,
}

impl Images {
    fn facts(self) -> DataFacts {
        let [channels, height, width] = self.shape;
        DataFacts {
            hash: "images".into(),
            classes: (0..self.classes).map(|class| class.to_string()).collect(),
            train_images: 100_000,
            test_images: 1000,
            channels,
            height,
            width,
            validation_images: 0,
            loses_colour: false,
            reading: None,
        }
    }
}

/// Plans an experiment with this model that starts from the weights in `file`.
fn planned(model: &str, file: &Path, images: Images) -> Plan {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("experiment.toml");
    let text = format!(
        "[experiment]\nname = \"p\"\n[data]\nsource = \"folder\"\npath = \"images\"\n{model}\n\
         [train]\nepochs = 1\nfrom = {{ weights = \"{}\", head = \"keep\" }}\n",
        file.display()
    );
    std::fs::write(&path, &text).expect("writes");
    let facts = |_: &DataSpec, _: Option<&Path>| Ok(images.facts());
    plan(&path, &Overrides::default(), &facts).unwrap_or_else(|p| panic!("{p}\n{text}"))
}

/// The network of this model with the weights in `file`.
fn loaded(model: &str, file: &Path, images: Images) -> Network {
    let plan = planned(model, file, images);
    let note = &plan.notes[0];
    assert!(note.contains("weights from"), "{note}");
    let configuration = &plan.configurations[0].member.resolved;
    let [channels, height, width] = images.shape;
    let input = Shape::Image {
        channels,
        height,
        width,
    };
    let device = first_device().expect("a device");
    let model = &configuration.model;
    let mut network = build(model, input, images.classes, 0, &device).expect("fits");
    let bytes = std::fs::read(file).expect("is there");
    let transfer = configuration.train.from.as_ref().expect("is given");
    network.take_over(&bytes, transfer).expect("fits");
    network
}

/// Largest difference of the network's outputs from `expected`, relative to the largest of these.
fn difference(network: &Network, pixels: &[f32], images: Images, expected: &[f64]) -> f64 {
    let [channels, height, width] = images.shape.map(|size| size as usize);
    let count = pixels.len() / (channels * height * width);
    let found = network.classify(pixels.to_vec(), [count, channels, height, width]);
    assert_eq!(found.len(), expected.len());
    let differences = found.iter().zip(expected);
    let largest = differences.map(|(a, b)| (f64::from(*a) - b).abs());
    let size = expected.iter().fold(0.0, |size: f64, x| size.max(x.abs()));
    largest.fold(0.0, f64::max) / size
}

const RESNET: &str = r#"
[model]
layers = [
  { conv = 4, kernel = 3, padding = 1, bias = false, norm = "batch", activation = "relu" },
  { repeat = 2, layers = [ { block = "basic", width = 4 } ] },
  { block = "basic", width = 6, stride = 2 },
  { block = "basic", width = 6 },
  { pool = "global-average" },
  { dense = "classes" },
]
[blocks.basic]
parameters = { width = 4, stride = 1 }
layers = [
  { residual = [
      { conv = "$width", kernel = 3, stride = "$stride", padding = 1, bias = false, norm = "batch", activation = "relu" },
      { conv = "$width", kernel = 3, padding = 1, bias = false, norm = "batch" },
    ] },
  { activation = "relu" },
]
"#;

const BOTTLENECK: &str = r#"
[model]
layers = [
  { conv = 2, kernel = 3, padding = 1, bias = false, norm = "batch", activation = "relu" },
  { repeat = 2, layers = [ { block = "bottleneck", width = 2, out = 8 } ] },
  { block = "bottleneck", width = 3, out = 12, stride = 2 },
  { block = "bottleneck", width = 3, out = 12 },
  { pool = "global-average" },
  { dense = "classes" },
]
[blocks.bottleneck]
parameters = { width = 2, out = 8, stride = 1 }
layers = [
  { residual = [
      { conv = "$width", kernel = 1, bias = false, norm = "batch", activation = "relu" },
      { conv = "$width", kernel = 3, stride = "$stride", padding = 1, bias = false, norm = "batch", activation = "relu" },
      { conv = "$out", kernel = 1, bias = false, norm = "batch" },
    ] },
  { activation = "relu" },
]
"#;

const VGG: &str = r#"
[model]
parameters = { norm = "NORM" }
layers = [
  { conv = 4, kernel = 3, padding = 1, norm = "$norm", activation = "relu" },
  { pool = "max", size = 2 },
  { conv = 6, kernel = 3, padding = 1, norm = "$norm", activation = "relu" },
  { conv = 8, kernel = 3, padding = 1, norm = "$norm", activation = "relu" },
  { pool = "max", size = 2 },
  { flatten = true },
  { dense = 6, activation = "relu" },
  { dropout = 0.5 },
  { dense = "classes" },
]
"#;

const MOBILENET: &str = r#"
[model]
layers = [
  { conv = 4, kernel = 3, stride = 2, padding = 1, bias = false, norm = "batch", activation = "relu6" },
  { depthwise = true, kernel = 3, padding = 1, bias = false, norm = "batch", activation = "relu6" },
  { conv = 2, kernel = 1, bias = false, norm = "batch" },
  { block = "inverted", hidden = 4, stride = 2 },
  { residual = [ { block = "inverted", hidden = 8 } ] },
  { conv = 1280, kernel = 1, bias = false, norm = "batch", activation = "relu6" },
  { pool = "global-average" },
  { dropout = 0.2 },
  { dense = "classes" },
]
[blocks.inverted]
parameters = { hidden = 4, stride = 1 }
layers = [
  { conv = "$hidden", kernel = 1, bias = false, norm = "batch", activation = "relu6" },
  { depthwise = true, kernel = 3, stride = "$stride", padding = 1, bias = false, norm = "batch", activation = "relu6" },
  { conv = 4, kernel = 1, bias = false, norm = "batch" },
]
"#;

const SQUEEZENET: &str = r#"
[model]
layers = [
  { conv = 6, kernel = 3, stride = 2, activation = "relu" },
  { pool = "max", size = 3, stride = 2 },
  { block = "fire", squeeze = 2, expand = 3 },
  { block = "fire", squeeze = 4, expand = 4 },
  { dropout = 0.5 },
  { conv = "classes", kernel = 1, activation = "relu" },
  { pool = "global-average" },
]
[blocks.fire]
parameters = { squeeze = 2, expand = 3 }
layers = [
  { conv = "$squeeze", kernel = 1, activation = "relu" },
  { parallel = [
      [ { conv = "$expand", kernel = 1, activation = "relu" } ],
      [ { conv = "$expand", kernel = 3, padding = 1, activation = "relu" } ],
    ] },
]
"#;

const DENSENET: &str = r#"
[model]
layers = [
  { conv = 4, kernel = 7, stride = 2, padding = 3, bias = false, norm = "batch", activation = "relu" },
  { pool = "max", size = 3, stride = 2, padding = 1 },
  { block = "dense", count = 2 },
  { block = "transition" },
  { block = "dense", count = 2 },
  { block = "transition" },
  { block = "dense", count = 1 },
  { norm = "batch" },
  { activation = "relu" },
  { pool = "global-average" },
  { dense = "classes" },
]
[blocks.dense]
parameters = { count = 2 }
layers = [
  { dense-block = "$count", growth = 3, layers = [
      { norm = "batch" },
      { activation = "relu" },
      { conv = 6, kernel = 1, bias = false, norm = "batch", activation = "relu" },
      { conv = "$growth", kernel = 3, padding = 1, bias = false },
    ] },
]
[blocks.transition]
layers = [
  { norm = "batch" },
  { activation = "relu" },
  { conv = 5, kernel = 1, bias = false },
  { pool = "average", size = 2 },
]
"#;

const GOOGLENET: &str = r#"
[model]
layers = [
  { block = "conv", out = 4, kernel = 7, stride = 2, padding = 3 },
  { block = "conv", out = 4 },
  { block = "inception", one = 2, before3 = 3, three = 4, before5 = 2, five = 3, pooled = 2 },
  { block = "inception", one = 3, before3 = 2, three = 4, before5 = 2, five = 2, pooled = 3 },
  { block = "inception", one = 2, before3 = 2, three = 3, before5 = 2, five = 2, pooled = 2 },
  { pool = "global-average" },
  { dense = "classes" },
]
[blocks.inception]
parameters = { one = 2, before3 = 3, three = 4, before5 = 2, five = 3, pooled = 2 }
layers = [
  { parallel = [
      [ { block = "conv", out = "$one" } ],
      [ { block = "conv", out = "$before3" }, { block = "conv", out = "$three", kernel = 3, padding = 1 } ],
      [ { block = "conv", out = "$before5" }, { block = "conv", out = "$five", kernel = 3, padding = 1 } ],
      [ { pool = "max", size = 3, stride = 1, padding = 1 }, { block = "conv", out = "$pooled" } ],
    ] },
]
[blocks.conv]
parameters = { out = 4, kernel = 1, stride = 1, padding = 0 }
layers = [
  { conv = "$out", kernel = "$kernel", stride = "$stride", padding = "$padding", bias = false, norm = { name = "batch", epsilon = 1e-3 }, activation = "relu" },
]
"#;

/// The model of a file of `tests/vectors/weights`.
fn narrow_model(file: &str) -> String {
    match file.split(['-', '.']).next() {
        Some("resnet") => RESNET.into(),
        Some("bottleneck") => BOTTLENECK.into(),
        Some("vgg") if file == "vgg.pth" => VGG.replace("NORM", "none"),
        Some("vgg" | "whole") => VGG.replace("NORM", "batch"),
        Some("mobilenet") => MOBILENET.into(),
        Some("squeezenet") => SQUEEZENET.into(),
        Some("densenet") => DENSENET.into(),
        Some("googlenet") => GOOGLENET.into(),
        other => panic!("no model for {other:?}"),
    }
}

/// Outputs in f64 from the same f32 weights; ours are in f32.
#[test]
fn narrow_networks_of_pytorch_give_its_outputs() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors");
    let folder = folder.canonicalize().expect("is there");
    let expected = std::fs::read_to_string(folder.join("weights.json")).expect("kept");
    let expected: BTreeMap<String, Vec<f64>> = serde_json::from_str(&expected).expect("JSON");
    let images = Images {
        shape: [3, 32, 32],
        classes: 5,
    };
    let pixels: Vec<f32> = (0..2 * 3 * 32 * 32)
        .map(|i| ((i * 7919 + 13) % 211) as f32 / 105.0 - 1.0)
        .collect();
    assert_eq!(expected.len(), 16);
    for (name, logits) in &expected {
        let file = folder.join("weights").join(name);
        let network = loaded(&narrow_model(name), &file, images);
        let largest = difference(&network, &pixels, images, logits);
        println!("{name}: {largest:.1e}");
        assert!(largest < 1e-5, "{name}: {largest:e}");
    }
}

/// What `tests/peers_weights.py` writes beside the files of one network.
#[derive(Deserialize)]
struct Peer {
    /// The `[model]` table that `weights inspect` suggests.
    model: String,
    files: Vec<String>,
    shape: [u32; 3],
    classes: u32,
    /// Outputs for all images, computed by PyTorch.
    logits: Vec<f64>,
}

/// `just test-peers`: networks in full size on photographs.
#[test]
fn networks_of_torchvision_give_its_outputs() {
    let Some(folder) = std::env::var_os("CONVSWEEP_PEERS").map(PathBuf::from) else {
        println!("skipped: CONVSWEEP_PEERS names no folder of tests/peers_weights.py");
        return;
    };
    let about = std::fs::read_to_string(folder.join("peer.json")).expect("is there");
    let peer: Peer = serde_json::from_str(&about).expect("JSON");
    let images = Images {
        shape: peer.shape,
        classes: peer.classes,
    };
    let pixels = std::fs::read(folder.join("images.f32")).expect("is there");
    let (pixels, _) = pixels.as_chunks();
    let pixels: Vec<f32> = pixels.iter().map(|b| f32::from_le_bytes(*b)).collect();
    for name in &peer.files {
        let network = loaded(&peer.model, &folder.join(name), images);
        let largest = difference(&network, &pixels, images, &peer.logits);
        println!("difference {name} {largest:.1e}");
        assert!(largest < 1e-4, "{name}: {largest:e}");
    }
}
