//! Helpers for several tests.

// No test program uses all of this.
#![allow(dead_code)]

pub mod random_architecture;

use convsweep_nn::{BACKEND, Network, TEST_GPU, build, first_device};
use convsweep_spec::model::{Conv, Dense, Init, Layer, ModelSpec, Padding};
use convsweep_spec::shape::Shape;

/// A 3×3 convolution with a bias, without norm or activation, which keeps the size of the image.
pub fn plain_conv(filters: u32) -> Conv {
    Conv {
        filters,
        kernel: [3; 2],
        stride: [1; 2],
        padding: Padding::Same,
        dilation: [1; 2],
        groups: 1,
        bias: true,
        norm: None,
        activation: None,
        init: Init::GlorotUniform,
    }
}

/// A dense layer with a bias.
pub fn dense(units: u32) -> Layer {
    Layer::Dense(Dense {
        units,
        bias: true,
        activation: None,
        init: Init::Torch,
    })
}

/// A network of these layers on the CPU, for images of this shape.
pub fn network(layers: Vec<Layer>, input: [usize; 4], classes: u32) -> Network {
    let model = ModelSpec { layers };
    let device = first_device().expect("a device");
    build(&model, image(input), classes, 5, &device).expect("fits")
}

/// Reproducible values between −1 and 1.
pub fn numbers(count: usize) -> Vec<f32> {
    (0..count)
        .map(|i| ((i * 7919 + 13) % 211) as f32 / 105.0 - 1.0)
        .collect()
}

/// Shape of one image of a batch.
pub fn image([_, c, h, w]: [usize; 4]) -> Shape {
    Shape::Image {
        channels: c as u32,
        height: h as u32,
        width: w as u32,
    }
}

/// Largest difference that the device is allowed where the CPU is allowed `on_cpu`. GPUs take sums in
/// another order and convolve by other algorithms; CubeCL also rounds the factors of products of
/// matrices to the ten bits of TF32.
pub fn tolerance(on_cpu: f64) -> f64 {
    let of_device = match BACKEND {
        "cuda" => 5e-3,
        _ if std::env::var_os(TEST_GPU).is_some() => 1e-4,
        _ => 0.0,
    };
    on_cpu.max(of_device)
}

/// Asserts that all values agree to 1e-5, relative to the larger ones.
pub fn close(found: &[f32], expected: &[f64], what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    let tolerance = tolerance(1e-5);
    for (i, (f, e)) in found.iter().zip(expected).enumerate() {
        assert!(
            (f64::from(*f) - e).abs() < tolerance * e.abs().max(1.0),
            "{what}: {i}: {f}, expected {e}"
        );
    }
}
