//! The operations that automatic augmentations draw from.

use convsweep_kernels::{
    Affine, BorderMode, Size, autocontrast, brightness, contrast, equalize, invert, posterize,
    saturation, sharpness, solarize, warp,
};

/// One operation on an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AutoOperation {
    Identity,
    ShearX,
    ShearY,
    TranslateX,
    TranslateY,
    Rotate,
    Brightness,
    Color,
    Contrast,
    Sharpness,
    Posterize,
    Solarize,
    AutoContrast,
    Equalize,
    Invert,
}

use AutoOperation::*;

/// What RandAugment and TrivialAugment draw from.
pub(super) const DRAWN: [AutoOperation; 14] = [
    Identity,
    ShearX,
    ShearY,
    TranslateX,
    TranslateY,
    Rotate,
    Brightness,
    Color,
    Contrast,
    Sharpness,
    Posterize,
    Solarize,
    AutoContrast,
    Equalize,
];

/// Applies `operation` to `image`, whose values are from 0 to 255; `scratch` has the same size.
pub(super) fn apply(
    operation: AutoOperation,
    magnitude: f64,
    image: &mut [f32],
    scratch: &mut [f32],
    size: Size,
) {
    let factor = (1.0 + magnitude) as f32;
    let map = match operation {
        // Shears keep the corner at the top left in its place.
        ShearX => Affine {
            x: [1.0, magnitude],
            y: [0.0, 1.0],
            shift: [magnitude * (size.height as f64 / 2.0), 0.0],
        },
        ShearY => Affine {
            x: [1.0, 0.0],
            y: [magnitude, 1.0],
            shift: [0.0, magnitude * (size.width as f64 / 2.0)],
        },
        TranslateX => Affine::translation(magnitude, 0.0),
        TranslateY => Affine::translation(0.0, magnitude),
        // Positive angles turn counter-clockwise.
        Rotate => Affine::rotation(-magnitude.to_radians()),
        Brightness => return brightness(image, factor),
        Color => return saturation(image, size, factor),
        Contrast => return contrast(image, size, factor),
        Sharpness => return sharpness(image, size, factor, scratch),
        Posterize => return posterize(image, magnitude as u32),
        Solarize => return solarize(image, magnitude as f32),
        AutoContrast => return autocontrast(image, size),
        Equalize => return equalize(image, size),
        Invert => return invert(image),
        Identity => return,
    };
    scratch.copy_from_slice(image);
    warp(&*scratch, size, &map, BorderMode::Zero, image);
}
