//! The shipped architectures: their published numbers of parameters, and their own parameters.

mod common;

use common::{facts, problems, small};
use convsweep_plan::{Overrides, Plan, plan, presets};
use convsweep_spec::data::{DataFacts, DataSpec, Source};
use std::path::Path;

/// The same as `common::facts`, with a folder "imagenet" of 1000 classes of 3×224×224.
fn with_imagenet(spec: &DataSpec, path: Option<&Path>) -> Result<DataFacts, String> {
    if matches!(spec.source, Source::Folder(_)) && path.is_some_and(|p| p.ends_with("imagenet")) {
        let (classes, channels) = ((0..1000).map(|c| c.to_string()).collect(), 3);
        let (train_images, test_images, height, width) = (1_281_167, 50_000, 224, 224);
        return Ok(DataFacts {
            hash: "imagenet".into(),
            classes,
            train_images,
            test_images,
            channels,
            height,
            width,
            validation_images: 0,
            loses_colour: false,
            reading: None,
        });
    }
    facts(spec, path)
}

fn planned(source: &str, preset: &str, parameters: &str) -> Plan {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("experiment.toml");
    let data = if source == "imagenet" {
        "source = \"folder\"\npath = \"imagenet\"".into()
    } else {
        format!("source = \"{source}\"")
    };
    let text = format!(
        "[experiment]\nname = \"p\"\n[data]\n{data}\n[model]\npreset = \"{preset}\"\nparameters = {{ {parameters} }}\n[train]\nepochs = 1\n"
    );
    std::fs::write(&file, &text).expect("writes");
    plan(&file, &Overrides::default(), &with_imagenet).unwrap_or_else(|p| panic!("{p}\n{text}"))
}

#[test]
fn numbers_of_parameters_are_those_published() {
    let tv = "torchvision 0.24, counted";
    let table = [
        (
            "cifar10",
            "tutorial",
            "",
            122_570,
            "TensorFlow's tutorial, model.summary()",
        ),
        (
            "mnist",
            "lenet5",
            "",
            61_706,
            "Dive into Deep Learning, chapter 7.6",
        ),
        (
            "imagenet",
            "vgg11",
            "head = \"imagenet\", norm = \"none\"",
            132_863_336,
            tv,
        ),
        (
            "imagenet",
            "vgg13",
            "head = \"imagenet\", norm = \"none\"",
            133_047_848,
            tv,
        ),
        (
            "imagenet",
            "vgg16",
            "head = \"imagenet\", norm = \"none\"",
            138_357_544,
            tv,
        ),
        (
            "imagenet",
            "vgg16",
            "head = \"imagenet\"",
            138_365_992,
            "torchvision 0.24's vgg16_bn, counted",
        ),
        (
            "cifar10",
            "vgg11",
            "",
            9_231_114,
            "github.com/kuangliu/pytorch-cifar, VGG11",
        ),
        (
            "cifar10",
            "vgg16",
            "",
            14_728_266,
            "github.com/kuangliu/pytorch-cifar, VGG16",
        ),
        (
            "cifar10",
            "resnet20",
            "",
            269_722,
            "He et al. 2016, 0.27 M; github.com/akamaster/pytorch_resnet_cifar10",
        ),
        (
            "cifar10",
            "resnet32",
            "",
            464_154,
            "He et al. 2016, 0.46 M; the same",
        ),
        (
            "cifar10",
            "resnet44",
            "",
            658_586,
            "He et al. 2016, 0.66 M; the same",
        ),
        (
            "cifar10",
            "resnet56",
            "",
            853_018,
            "He et al. 2016, 0.85 M; the same",
        ),
        (
            "cifar10",
            "resnet20",
            "shortcut = \"projection\"",
            272_474,
            "269,722 + 16·32 + 2·32 + 32·64 + 2·64: two 1×1 convolutions with their norms",
        ),
        (
            "imagenet",
            "resnet18",
            "stem = \"imagenet\"",
            11_689_512,
            tv,
        ),
        (
            "imagenet",
            "resnet34",
            "stem = \"imagenet\"",
            21_797_672,
            tv,
        ),
        (
            "imagenet",
            "resnet50",
            "stem = \"imagenet\"",
            25_557_032,
            tv,
        ),
        (
            "imagenet",
            "densenet121",
            "stem = \"imagenet\"",
            7_978_856,
            tv,
        ),
        (
            "imagenet",
            "squeezenet-1-0",
            "",
            1_248_424,
            "torchvision 0.24's squeezenet1_0, counted",
        ),
        (
            "cifar10",
            "resnet18",
            "",
            11_173_962,
            "github.com/kuangliu/pytorch-cifar, ResNet18",
        ),
        (
            "cifar10",
            "resnet34",
            "",
            21_282_122,
            "github.com/kuangliu/pytorch-cifar, ResNet34",
        ),
        (
            "cifar10",
            "resnet50",
            "",
            23_520_842,
            "github.com/kuangliu/pytorch-cifar, ResNet50",
        ),
        (
            "imagenet",
            "googlenet",
            "stem = \"imagenet\"",
            6_624_904,
            "torchvision 0.24, aux_logits=False, counted",
        ),
        (
            "cifar10",
            "inception-small",
            "norm = \"none\", bias = true",
            1_649_402,
            "Zhang et al. 2017, table 1, Inception w/o BatchNorm",
        ),
        (
            "cifar10",
            "densenet-bc-100-12",
            "",
            769_162,
            "Huang et al. 2017, 0.8 M; github.com/andreasveit/densenet-pytorch",
        ),
        (
            "imagenet",
            "mobilenet-v2",
            "stem = 2, early = 2",
            3_504_872,
            tv,
        ),
        (
            "imagenet",
            "squeezenet",
            "",
            1_235_496,
            "torchvision 0.24's squeezenet1_1, counted",
        ),
    ];
    for (source, preset, parameters, expected, reference) in table {
        let plan = planned(source, preset, parameters);
        let found = plan.configurations[0].member.parameters;
        assert_eq!(
            found, expected,
            "{preset} {{ {parameters} }} on {source} ({reference})"
        );
        assert_eq!(plan.notes, Vec::<String>::new(), "{preset}");
    }
}

#[test]
fn every_preset_fits_cifar_and_has_a_description() {
    assert_eq!(presets().count(), 19);
    for preset in presets() {
        let plan = planned("cifar10", preset.name, "");
        assert!(
            plan.configurations[0].member.macs > 100_000,
            "{}",
            preset.name
        );
        assert!(preset.about().len() > 20, "{}", preset.about());
    }
}

#[test]
fn costs_are_the_known_ones() {
    // torchvision's documentation: GFLOPS (which are multiply-accumulates) of resnet18 1.81,
    // resnet34 3.66, resnet50 4.09, vgg16 15.47, googlenet 1.50, mobilenet_v2 0.30, squeezenet1_1 0.35,
    // squeezenet1_0 0.82, densenet121 2.83.
    let check = |preset: &str, parameters: &str, gigas: f64| {
        let macs = planned("imagenet", preset, parameters).configurations[0]
            .member
            .macs as f64
            / 1e9;
        assert!((macs - gigas).abs() <= 0.0051, "{preset}: {macs}");
    };
    check("resnet18", "stem = \"imagenet\"", 1.81);
    check("resnet34", "stem = \"imagenet\"", 3.66);
    check("resnet50", "stem = \"imagenet\"", 4.09);
    check("vgg16", "head = \"imagenet\"", 15.47);
    check("googlenet", "stem = \"imagenet\"", 1.50);
    check("mobilenet-v2", "stem = 2, early = 2", 0.30);
    check("squeezenet", "", 0.35);
    check("squeezenet-1-0", "", 0.82);
    check("densenet121", "stem = \"imagenet\"", 2.83);
}

#[test]
fn a_preset_can_be_an_axis_and_its_mistakes_are_reported() {
    let model = |text: &str| {
        let whole = small("parameters = { width = 16 }", "");
        let (from, to) = (
            whole.find("layers = [").expect("layers"),
            whole.find("]\n\n[train]").expect("end"),
        );
        format!("{}{text}{}", &whole[..from], &whole[to + 1..])
    };
    let both = model("preset = \"resnet20\"\n[[sweep]]\ngrid.\"model.preset\" = [\"resnet20\", \"lenet5\"]\n[other]")
        .replace("[other]", "");
    let plan = common::planned(&both);
    let counts: Vec<_> = plan
        .configurations
        .iter()
        .map(|c| c.member.parameters)
        .collect();
    assert_eq!(counts, [269_722, 83_126]);
    let knob =
        model("preset = \"resnet20\"\n[[sweep]]\ngrid.\"model.parameters.more\" = [0, 2, 4]");
    let plan = common::planned(&knob);
    let counts: Vec<_> = plan
        .configurations
        .iter()
        .map(|c| c.member.parameters)
        .collect();
    assert_eq!(counts[1..], [269_722, 464_154]);
    let files = [
        model("preset = \"resnet21\""),
        model("preset = \"resnet20\"\nparameters = { widht = 3 }"),
        model("preset = \"resnet20\"\nlayers = [ { flatten = true } ]"),
        model("preset = \"vgg16\"\nparameters = { head = \"imagenet\" }"),
    ];
    let text: Vec<_> = files.iter().map(|file| problems(file)).collect();
    insta::assert_snapshot!("presets", text.join("\n\n"));
}
