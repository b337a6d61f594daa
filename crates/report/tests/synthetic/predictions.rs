//! A predictions file with kept images of coloured discs.

use super::random::Random;
use safetensors::tensor::{Dtype, TensorView};
use std::collections::BTreeMap;

/// Images that were classified.
const IMAGES: usize = 200;
/// Images that were kept as pictures.
const KEPT: usize = 48;
/// Height and width of a picture.
const SIDE: usize = 32;

/// The bytes of a predictions file for this number of classes.
pub fn predictions_file(classes: usize) -> Vec<u8> {
    file_with_pictures(classes, SIDE)
}

/// As [`predictions_file`], with pictures of this height and width.
pub fn file_with_pictures(classes: usize, side: usize) -> Vec<u8> {
    let mut random = Random(3);
    let labels: Vec<u16> = (0..IMAGES).map(|i| (i % classes) as u16).collect();
    let predicted: Vec<u16> = labels
        .iter()
        .map(|label| predicted_class(*label, classes, &mut random))
        .collect();
    let probability = probabilities(&predicted, classes, &mut random);
    let pixels = pictures(&mut random);
    let index: Vec<u32> = (0..IMAGES as u32).collect();
    let rows: Vec<u32> = (0..KEPT as u32).collect();
    let tensors: [(&str, Dtype, Vec<usize>, &[u8]); 6] = [
        (
            "index",
            Dtype::U32,
            vec![IMAGES],
            bytemuck::cast_slice(&index),
        ),
        (
            "label",
            Dtype::U16,
            vec![IMAGES],
            bytemuck::cast_slice(&labels),
        ),
        (
            "predicted",
            Dtype::U16,
            vec![IMAGES],
            bytemuck::cast_slice(&predicted),
        ),
        (
            "probability",
            Dtype::F32,
            vec![IMAGES, classes],
            bytemuck::cast_slice(&probability),
        ),
        (
            "thumbnail_rows",
            Dtype::U32,
            vec![KEPT],
            bytemuck::cast_slice(&rows),
        ),
        (
            "thumbnails",
            Dtype::U8,
            vec![KEPT, 3, side, side],
            &pixels[..KEPT * 3 * side * side],
        ),
    ];
    let mut views = BTreeMap::new();
    for (name, dtype, shape, bytes) in tensors {
        let view = TensorView::new(dtype, shape, bytes).expect("the shape fits the bytes");
        views.insert(format!("test.{name}"), view);
    }
    safetensors::serialize(views, None).expect("serialises")
}

fn predicted_class(label: u16, classes: usize, random: &mut Random) -> u16 {
    if random.uniform() < 0.65 {
        label
    } else {
        ((label as usize + 2) % classes) as u16
    }
}

fn probabilities(predicted: &[u16], classes: usize, random: &mut Random) -> Vec<f32> {
    let mut rows = Vec::with_capacity(predicted.len() * classes);
    for class in predicted {
        let top = 0.4 + 0.6 * random.uniform() as f32;
        let rest = (1.0 - top) / (classes - 1) as f32;
        for c in 0..classes {
            rows.push(if c == usize::from(*class) { top } else { rest });
        }
    }
    rows
}

/// `[image, channel, row, column]` bytes.
fn pictures(random: &mut Random) -> Vec<u8> {
    let mut pixels = Vec::with_capacity(KEPT * 3 * SIDE * SIDE);
    for _ in 0..KEPT {
        let x0 = 8.0 + 16.0 * random.uniform();
        let y0 = 8.0 + 16.0 * random.uniform();
        let radius = 5.0 + 6.0 * random.uniform();
        let colour = [random.uniform(), random.uniform(), random.uniform()];
        for shade in colour {
            for y in 0..SIDE {
                for x in 0..SIDE {
                    let inside = (x as f64 - x0).hypot(y as f64 - y0) < radius;
                    let light = if inside { shade } else { 1.0 - shade };
                    pixels.push((light * 200.0 + 40.0 * random.uniform()) as u8);
                }
            }
        }
    }
    pixels
}
