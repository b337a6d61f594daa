use super::*;

fn tensor(name: &str, shape: &[u32]) -> FileTensor {
    FileTensor {
        name: name.into(),
        dtype: "F32".into(),
        shape: shape.into(),
        not_finite: None,
    }
}

/// What tells a ResNet with these blocks from others.
fn resnet(blocks: [u32; 4], is_bottleneck: bool) -> Vec<FileTensor> {
    let mut tensors = vec![
        tensor("conv1.weight", &[64, 3, 7, 7]),
        tensor("bn1.running_mean", &[64]),
        tensor("layer1.0.conv2.weight", &[64, 64, 3, 3]),
        tensor("fc.weight", &[1000, 512]),
    ];
    for (stage, count) in (1..).zip(blocks) {
        for block in 0..count {
            let name = format!("layer{stage}.{block}.conv1.weight");
            tensors.push(tensor(&name, &[64, 64, 3, 3]));
        }
    }
    if is_bottleneck {
        tensors.push(tensor("layer1.0.conv3.weight", &[256, 64, 1, 1]));
    }
    tensors
}

fn vgg(filters: &[u32]) -> Vec<FileTensor> {
    let mut tensors = vec![
        tensor("classifier.0.weight", &[4096, 25088]),
        tensor("classifier.6.weight", &[7, 4096]),
    ];
    for (i, &count) in filters.iter().enumerate() {
        let name = format!("features.{}.weight", 2 * i);
        tensors.push(tensor(&name, &[count, 3, 3, 3]));
    }
    tensors
}

#[track_caller]
fn check(tensors: &[FileTensor], name: &str, preset: Option<&str>, parameters: &str) {
    let found = recognise(tensors).expect("is known");
    assert_eq!((found.name.as_str(), found.preset), (name, preset));
    assert_eq!(found.parameters, parameters);
}

#[test]
fn published_networks_are_recognised() {
    let imagenet = "stem = \"imagenet\"";
    check(
        &resnet([2, 2, 2, 2], false),
        "resnet18",
        Some("resnet18"),
        imagenet,
    );
    check(
        &resnet([3, 4, 6, 3], false),
        "resnet34",
        Some("resnet34"),
        imagenet,
    );
    check(
        &resnet([3, 4, 6, 3], true),
        "resnet50",
        Some("resnet50"),
        imagenet,
    );
    check(&resnet([3, 8, 36, 3], true), "resnet152", None, imagenet);
    let vgg11 = [64, 128, 256, 256, 512, 512, 512, 512];
    let parameters = "head = \"imagenet\", norm = \"none\"";
    check(&vgg(&vgg11), "vgg11", Some("vgg11"), parameters);
    let mut with_norms = vgg(&vgg11);
    with_norms.push(tensor("features.1.running_mean", &[64]));
    let parameters = "head = \"imagenet\", norm = \"batch\"";
    check(&with_norms, "vgg11_bn", Some("vgg11"), parameters);
    assert_eq!(
        recognise(&vgg(&vgg11)).and_then(|network| network.classes),
        Some(7)
    );
    assert_eq!(recognise(&vgg(&[64, 128])), None);
    assert_eq!(recognise(&resnet([2, 2, 2, 1], false)), None);
    assert_eq!(recognise(&[]), None);
}

#[test]
fn prefixes_and_small_stems_do_not_hide_a_network() {
    let mut tensors = resnet([2, 2, 2, 2], false);
    tensors[0].shape = vec![64, 3, 3, 3];
    for tensor in &mut tensors {
        tensor.name.insert_str(0, "_orig_mod.module.");
    }
    check(&tensors, "resnet18", Some("resnet18"), "stem = \"cifar\"");
    // A wide one is another network.
    tensors[2].shape = vec![128, 128, 3, 3];
    assert_eq!(recognise(&tensors), None);
}
