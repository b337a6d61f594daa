//! The first filters.

use super::{chart_of, filters};
use crate::synthetic::cases::six;
use convsweep_report::charts::filters::scene;
use convsweep_report::draw::scene::{Scene, SceneItem};
use convsweep_report::job_files::FirstFilters;
use convsweep_spec::layout::MODEL;
use convsweep_spec::model::ModelSpec;
use image::RgbImage;
use safetensors::tensor::{Dtype, TensorView};
use std::collections::BTreeMap;

fn pictures(scene: &Scene) -> Vec<&RgbImage> {
    let mut found = Vec::new();
    for item in &scene.items {
        if let SceneItem::Pixels { image, .. } = item {
            found.push(image);
        }
    }
    found
}

#[test]
fn all_filters_share_one_scale_around_middle_grey() {
    let made = FirstFilters {
        channels: 1,
        height: 1,
        width: 3,
        weights: vec![0.0, 0.5, -0.25, 1.0, -1.0, 0.0],
        ..filters()
    };
    let scene = scene(&made);
    let shades: Vec<Vec<u8>> = pictures(&scene)
        .iter()
        .map(|picture| picture.pixels().map(|pixel| pixel.0[0]).collect())
        .collect();
    assert_eq!(shades, [[128, 191, 96], [255, 0, 128]]);
}

#[test]
fn three_channels_are_colours() {
    let made = FirstFilters {
        height: 1,
        width: 2,
        weights: vec![1.0, 0.0, -1.0, 0.0, 0.0, 0.0],
        ..filters()
    };
    let scene = scene(&made);
    let picture = pictures(&scene)[0];
    assert_eq!(picture.get_pixel(0, 0).0, [255, 0, 128]);
    assert_eq!(picture.get_pixel(1, 0).0, [128; 3]);
}

#[test]
fn the_caption_says_how_many_and_how_they_are_scaled() {
    let chart = chart_of(&six().rows(), "filters");
    assert_eq!(pictures(&chart.scene).len(), 12);
    let start = "All 12 filters of conv1, 5 × 5 pixels, of the network of seed 0.";
    assert!(chart.caption.starts_with(start), "{}", chart.caption);
    assert!(chart.caption.contains("the largest weight of all filters"));
}

#[test]
fn hundreds_of_filters_fit() {
    let weights = vec![0.1; 512 * 75];
    let scene = scene(&FirstFilters {
        weights,
        ..filters()
    });
    assert_eq!(pictures(&scene).len(), 512);
    assert!(scene.height < 600.0, "{}", scene.height);
}

/// A network of a convolution (its fields as JSON) behind padding, and a dense layer.
fn model(convolution: &str) -> ModelSpec {
    let text = format!(
        r#"{{"layers": [
            {{"layer": "conv", "filters": 2, "kernel": [3, 3], "stride": [1, 1], "bias": true,
              "padding": "same", "dilation": [1, 1], "init": "torch", {convolution}}},
            {{"layer": "flatten"}},
            {{"layer": "dense", "units": 10, "bias": true, "init": "torch"}}]}}"#
    );
    serde_json::from_str(&text).expect("a model")
}

#[test]
fn filters_are_read_from_the_weights_of_a_plain_first_convolution() {
    let weights: Vec<f32> = (0..2 * 3 * 9).map(|i| i as f32).collect();
    let bytes = bytemuck::cast_slice(&weights);
    let view = TensorView::new(Dtype::F32, vec![2, 3, 3, 3], bytes).expect("fits");
    let tensors = BTreeMap::from([("conv1.weight", view)]);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = safetensors::serialize(tensors, None).expect("serialises");
    std::fs::write(folder.path().join(MODEL), file).expect("writes");
    let read = |convolution: &str| {
        FirstFilters::read(folder.path(), None, &model(convolution), 7).expect("reads")
    };
    let filters = read(r#""groups": 1"#).expect("a plain convolution");
    assert_eq!((filters.count(), filters.seed), (2, 7));
    assert_eq!(filters.filter(1), &weights[27..]);
    assert_eq!(
        read(r#""groups": 3"#),
        None,
        "its filters do not see all channels"
    );
    let damaged = FirstFilters::read(folder.path(), Some("00"), &model(r#""groups": 1"#), 7);
    assert!(damaged.expect_err("another hash").contains("hash"));
}
