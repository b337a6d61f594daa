//! The convolutions that are measured.

use convsweep_kernels::{ConvShape, Epilogue};

/// A convolution of a network.
pub struct Layer {
    pub name: String,
    pub shape: ConvShape,
    pub epilogue: Epilogue,
    /// Whether the slower method is measured too.
    pub both_methods: bool,
}

const PLAIN: Epilogue = Epilogue {
    relu: false,
    pool: false,
    moments: false,
};
const RELU: Epilogue = Epilogue {
    relu: true,
    ..PLAIN
};
const RELU_AND_POOL: Epilogue = Epilogue { pool: true, ..RELU };

/// The convolutions of the five networks that `just bench train` measures as a whole, and some
/// others.
pub fn layers(images: usize) -> Vec<Layer> {
    let mut all = tutorial(images);
    all.extend(resnet(images));
    all.extend(vgg(images));
    all.extend(mobilenet(images));
    all.extend(inception(images));
    all.extend(others(images));
    all
}

fn tutorial(images: usize) -> Vec<Layer> {
    let mut all = Vec::new();
    for (number, side, channels, filters, epilogue) in [
        (1, 32, 3, 32, RELU_AND_POOL),
        (2, 15, 32, 64, RELU_AND_POOL),
        (3, 6, 64, 64, RELU),
    ] {
        let shape = ConvShape {
            padding: [[0; 2]; 2],
            ..square(images, side, [channels, filters], 3)
        };
        let name = format!("tutorial conv{number} {channels}>{filters}");
        all.push(both_methods(layer(name, shape, epilogue)));
    }
    all
}

fn resnet(images: usize) -> Vec<Layer> {
    let first = square(images, 32, [3, 16], 3);
    let mut all = vec![layer("resnet 3>16 32x32", first, PLAIN)];
    for (side, channels) in [(32, 16), (16, 32), (8, 64)] {
        let name = format!("resnet {channels}>{channels} {side}x{side}");
        let shape = square(images, side, [channels, channels], 3);
        all.push(both_methods(layer(name, shape, PLAIN)));
    }
    for (side, channels) in [(32, 16), (16, 32)] {
        let name = format!("resnet {channels}>{} stride 2", 2 * channels);
        for (kernel, suffix) in [(3, ""), (1, " 1x1")] {
            let shape = ConvShape {
                stride: [2; 2],
                ..square(images, side, [channels, 2 * channels], kernel)
            };
            all.push(layer(format!("{name}{suffix}"), shape, PLAIN));
        }
    }
    all
}

fn vgg(images: usize) -> Vec<Layer> {
    let mut all = Vec::new();
    for (side, channels, filters, epilogue) in [
        (32, 3, 64, RELU),
        (32, 64, 64, RELU_AND_POOL),
        (16, 64, 128, RELU),
        (16, 128, 128, RELU_AND_POOL),
        (8, 128, 256, RELU),
        (8, 256, 256, RELU_AND_POOL),
    ] {
        let name = format!("vgg {channels}>{filters} {side}x{side}");
        let shape = square(images, side, [channels, filters], 3);
        all.push(layer(name, shape, epilogue));
    }
    all
}

fn mobilenet(images: usize) -> Vec<Layer> {
    let first = square(images, 32, [3, 32], 3);
    let mut all = vec![layer("mobilenet 3>32 32x32", first, PLAIN)];
    for (side, channels, filters, stride) in [
        (32, 32, 64, 1),
        (32, 64, 128, 2),
        (16, 128, 128, 1),
        (16, 128, 256, 2),
        (8, 256, 256, 1),
        (8, 256, 512, 2),
    ] {
        let depthwise = ConvShape {
            groups: channels,
            stride: [stride; 2],
            ..square(images, side, [channels, channels], 3)
        };
        let name = format!("mobilenet depthwise {channels} {side}x{side} stride {stride}");
        all.push(layer(name, depthwise, PLAIN));
        let side = side / stride;
        let pointwise = square(images, side, [channels, filters], 1);
        let name = format!("mobilenet 1x1 {channels}>{filters} {side}x{side}");
        all.push(layer(name, pointwise, PLAIN));
    }
    all
}

fn inception(images: usize) -> Vec<Layer> {
    let first = square(images, 32, [3, 32], 3);
    let mut all = vec![layer("inception 3>32 32x32", first, RELU_AND_POOL)];
    for (side, channels, filters) in [(16, 32, [32, 48, 16]), (8, 96, [64, 96, 32])] {
        for (kernel, filters) in [1, 3, 5].into_iter().zip(filters) {
            let name = format!("inception {kernel}x{kernel} {channels}>{filters} {side}x{side}");
            let shape = square(images, side, [channels, filters], kernel);
            all.push(layer(name, shape, PLAIN));
        }
    }
    all
}

/// Shapes that none of the networks contains.
fn others(images: usize) -> Vec<Layer> {
    let large = ConvShape {
        stride: [2; 2],
        ..square(images, 64, [3, 32], 7)
    };
    let grouped = ConvShape {
        groups: 4,
        ..square(images, 16, [64, 64], 3)
    };
    let dilated = ConvShape {
        dilation: [2; 2],
        padding: [[2; 2]; 2],
        ..square(images, 16, [32, 32], 3)
    };
    vec![
        layer("7x7 3>32 stride 2 64x64", large, PLAIN),
        layer("grouped 4 64>64 16x16", grouped, PLAIN),
        layer("dilated 2 32>32 16x16", dilated, PLAIN),
    ]
}

fn layer(name: impl Into<String>, shape: ConvShape, epilogue: Epilogue) -> Layer {
    Layer {
        name: name.into(),
        shape,
        epilogue,
        both_methods: false,
    }
}

fn both_methods(layer: Layer) -> Layer {
    Layer {
        both_methods: true,
        ..layer
    }
}

/// A convolution of square images whose padding keeps their size at stride 1.
fn square(images: usize, side: usize, [channels, filters]: [usize; 2], kernel: usize) -> ConvShape {
    ConvShape {
        images,
        input: [side; 2],
        channels,
        filters,
        kernel: [kernel; 2],
        stride: [1; 2],
        dilation: [1; 2],
        padding: [[kernel / 2; 2]; 2],
        groups: 1,
    }
}
