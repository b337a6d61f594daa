//! The families of networks of torchvision, each by what only it has.

use super::known_network::KnownNetwork;
use super::layers::Layers;

/// A member of a family: its name, its preset, and what tells it from the others.
type FamilyMember<Mark> = (&'static str, Option<&'static str>, Mark);

/// The means and standard deviations of ImageNet's pixels.
const IMAGENET: &str = "mean = [0.485, 0.456, 0.406], std = [0.229, 0.224, 0.225]";
/// Pixels from -1 to 1.
const HALVES: &str = "mean = [0.5, 0.5, 0.5], std = [0.5, 0.5, 0.5]";

const HEADS: [&str; 2] = ["fc", "linear"];

/// Blocks of each stage, and whether they are bottlenecks.
const RESNETS: [FamilyMember<([u32; 4], bool)>; 5] = [
    ("resnet18", Some("resnet18"), ([2, 2, 2, 2], false)),
    ("resnet34", Some("resnet34"), ([3, 4, 6, 3], false)),
    ("resnet50", Some("resnet50"), ([3, 4, 6, 3], true)),
    ("resnet101", None, ([3, 4, 23, 3], true)),
    ("resnet152", None, ([3, 8, 36, 3], true)),
];

pub(super) fn resnet(layers: &Layers) -> Option<KnownNetwork> {
    let [64, 3, kernel, _] = *layers.shape("conv1.weight")? else {
        return None;
    };
    let blocks = [1, 2, 3, 4]
        .map(|stage| layers.run(0, |block| format!("layer{stage}.{block}.conv1.weight")));
    let is_bottleneck = layers.has("layer1.0.conv3.weight");
    // Wide and grouped ones differ in the middle of a block.
    let is_plain = layers.shape("layer1.0.conv2.weight") == Some(&[64, 64, 3, 3])
        && layers.has("bn1.running_mean");
    let mark = (blocks, is_bottleneck);
    let (name, preset, _) = RESNETS.iter().find(|member| member.2 == mark)?;
    is_plain.then(|| KnownNetwork {
        name: (*name).into(),
        classes: layers.classes(&HEADS),
        preset: *preset,
        parameters: stem(kernel),
        normalize: IMAGENET,
    })
}

/// Filters of the convolutions at each size of the image, each written once with their number.
const VGGS: [FamilyMember<[u32; 5]>; 4] = [
    ("vgg11", Some("vgg11"), [1, 1, 2, 2, 2]),
    ("vgg13", Some("vgg13"), [2, 2, 2, 2, 2]),
    ("vgg16", Some("vgg16"), [2, 2, 3, 3, 3]),
    ("vgg19", None, [2, 2, 4, 4, 4]),
];

pub(super) fn vgg(layers: &Layers) -> Option<KnownNetwork> {
    let filters = layers.filters("features.");
    let widths = [64u32, 128, 256, 512, 512];
    let is_this = |member: &&FamilyMember<[u32; 5]>| {
        let repeated = |(width, count): (u32, u32)| std::iter::repeat_n(width, count as usize);
        filters
            .iter()
            .copied()
            .eq(widths.into_iter().zip(member.2).flat_map(repeated))
    };
    let (name, preset, _) = VGGS.iter().find(is_this)?;
    // In timm, the first dense layers are convolutions.
    if layers.has("pre_logits.fc1.weight") {
        return None;
    }
    let has_norms = layers.has("features.1.running_mean");
    let head = match layers.shape("classifier.0.weight") {
        Some([4096, 25088]) => "imagenet",
        _other => "small",
    };
    let (ending, norm) = if has_norms {
        ("_bn", "batch")
    } else {
        ("", "none")
    };
    Some(KnownNetwork {
        name: format!("{name}{ending}"),
        classes: layers.classes(&["classifier.6", "classifier"]),
        preset: *preset,
        parameters: format!("head = \"{head}\", norm = \"{norm}\""),
        normalize: IMAGENET,
    })
}

pub(super) fn mobilenet(layers: &Layers) -> Option<KnownNetwork> {
    let is_this = layers.shape("features.18.0.weight") == Some(&[1280, 320, 1, 1])
        && layers.shape("features.1.conv.0.0.weight") == Some(&[32, 1, 3, 3]);
    is_this.then(|| KnownNetwork {
        name: "mobilenet_v2".into(),
        classes: layers.classes(&["classifier.1"]),
        preset: Some("mobilenet-v2"),
        parameters: "stem = 2, early = 2".into(),
        normalize: IMAGENET,
    })
}

pub(super) fn squeezenet(layers: &Layers) -> Option<KnownNetwork> {
    layers.shape("features.12.expand3x3.weight")?;
    let (name, preset) = match layers.shape("features.0.weight")? {
        [96, 3, 7, 7] => ("squeezenet1_0", "squeezenet-1-0"),
        [64, 3, 3, 3] => ("squeezenet1_1", "squeezenet"),
        _other => return None,
    };
    Some(KnownNetwork {
        name: (*name).into(),
        classes: layers.classes(&["classifier.1"]),
        preset: Some(preset),
        parameters: String::new(),
        normalize: IMAGENET,
    })
}

/// Layers of each dense block.
const DENSENETS: [FamilyMember<[u32; 4]>; 3] = [
    ("densenet121", Some("densenet121"), [6, 12, 24, 16]),
    ("densenet169", None, [6, 12, 32, 32]),
    ("densenet201", None, [6, 12, 48, 32]),
];

pub(super) fn densenet(layers: &Layers) -> Option<KnownNetwork> {
    let [64, 3, kernel, _] = *layers.shape("features.conv0.weight")? else {
        return None;
    };
    let counts = [1, 2, 3, 4].map(|block| {
        let layer = |i: u32| format!("features.denseblock{block}.denselayer{i}.conv1.weight");
        layers.run(1, layer)
    });
    let (name, preset, _) = DENSENETS.iter().find(|member| member.2 == counts)?;
    Some(KnownNetwork {
        name: (*name).into(),
        classes: layers.classes(&["classifier"]),
        preset: *preset,
        parameters: stem(kernel),
        normalize: IMAGENET,
    })
}

pub(super) fn googlenet(layers: &Layers) -> Option<KnownNetwork> {
    let is_this = layers.shape("inception3a.branch1.conv.weight") == Some(&[64, 192, 1, 1])
        && layers.has("inception5b.branch4.1.conv.weight");
    is_this.then(|| KnownNetwork {
        name: "googlenet".into(),
        classes: layers.classes(&["fc"]),
        preset: Some("googlenet"),
        parameters: "stem = \"imagenet\", norm = { name = \"batch\", epsilon = 1e-3 }".into(),
        normalize: HALVES,
    })
}

/// The parameter of presets for the size of the first kernel.
fn stem(kernel: u32) -> String {
    let stem = if kernel == 7 { "imagenet" } else { "cifar" };
    format!("stem = \"{stem}\"")
}
