//! What the device makes of images is what the host makes of them.

use super::ResidentImages;
use crate::host::values;
use convsweep_kernels::{
    Affine, BatchChange, BatchMix, BorderMode, Size, crop, flip_horizontal, flip_vertical,
    normalize, warp,
};

const SIZE: Size = Size {
    channels: 3,
    height: 9,
    width: 12,
};
const SHAPE: [usize; 3] = [SIZE.channels, SIZE.height, SIZE.width];
const SCALE: [f32; 3] = [0.01, 0.02, 0.005];
const SHIFT: [f32; 3] = [-0.5, 0.25, -1.0];
const BORDERS: [BorderMode; 3] = [BorderMode::Zero, BorderMode::Reflect, BorderMode::Nearest];

/// Images that differ in every row and column.
fn bytes(images: usize) -> Vec<u8> {
    (0..images * SIZE.len())
        .map(|i| ((i * 7919 + i / 7 * 31) % 251) as u8)
        .collect()
}

/// Rows 3, 0 and 4 of five images, as the device makes them.
fn on_device(changes: &[BatchChange], mix: Option<&BatchMix>) -> Vec<f32> {
    let device = crate::first_device().expect("a device");
    let images = ResidentImages::upload(bytes(5), SHAPE, [&SCALE, &SHIFT], &device);
    values(images.batch(&[3, 0, 4], changes, mix).0.channels_first())
}

/// The same images, each changed on the host by its place in the batch, and normalised.
fn on_host(change: impl Fn(usize, &mut Vec<f32>)) -> Vec<f32> {
    let bytes = bytes(5);
    let mut all = Vec::new();
    for (place, row) in [3, 0, 4].into_iter().enumerate() {
        let image = &bytes[row * SIZE.len()..][..SIZE.len()];
        let mut image: Vec<f32> = image.iter().map(|&byte| byte.into()).collect();
        change(place, &mut image);
        let mut normalised = vec![0.0; SIZE.len()];
        normalize(&image, SIZE, &SCALE, &SHIFT, &mut normalised);
        all.extend(normalised);
    }
    all
}

fn assert_near(found: &[f32], expected: &[f32], tolerance: f32) {
    assert_eq!(found.len(), expected.len());
    for (i, (found, expected)) in found.iter().zip(expected).enumerate() {
        let difference = (found - expected).abs();
        assert!(
            difference <= tolerance,
            "{i}: {found} instead of {expected}"
        );
    }
}

#[test]
fn gathered_images_are_normalised() {
    assert_near(&on_device(&[], None), &on_host(|_, _| {}), 1e-6);
}

#[test]
fn mirrored_images_are_those_of_the_host() {
    let which = [true, false, true];
    let horizontal = BatchChange::FlipHorizontal(which.to_vec());
    let expected = on_host(|place, image| {
        if which[place] {
            flip_horizontal(image, SIZE);
        }
    });
    assert_near(&on_device(&[horizontal], None), &expected, 1e-6);
    let vertical = BatchChange::FlipVertical(which.to_vec());
    let expected = on_host(|place, image| {
        if which[place] {
            flip_vertical(image, SIZE);
        }
    });
    assert_near(&on_device(&[vertical], None), &expected, 1e-6);
}

#[test]
fn crops_are_those_of_the_host_with_every_border() {
    let offsets = [[-4, 3], [0, 0], [5, -11]];
    for border in BORDERS {
        let expected = on_host(|place, image| {
            let [left, top] = offsets[place];
            let source = image.clone();
            crop(&source, SIZE, left, top, border, image);
        });
        let offsets = offsets.to_vec();
        let change = BatchChange::Crop { offsets, border };
        assert_near(&on_device(&[change], None), &expected, 1e-6);
    }
}

#[test]
fn warps_are_those_of_the_host_with_every_border() {
    let maps = [
        Affine::rotation(0.3).then(Affine::scaling(0.7)),
        Affine::IDENTITY,
        Affine::shear(0.4).then(Affine::translation(3.3, -7.6)),
    ];
    for border in BORDERS {
        let expected = on_host(|place, image| {
            let source = image.clone();
            warp(&source, SIZE, &maps[place], border, image);
        });
        let maps = maps.to_vec();
        let change = BatchChange::Warp { maps, border };
        // The host adds up the positions of a row in another order; values are up to 255 · 0.02.
        assert_near(&on_device(&[change], None), &expected, 1e-3);
    }
}

#[test]
fn changes_are_applied_in_their_order() {
    let which = [true, true, false];
    let offsets = [[2, 1], [-3, 0], [0, 2]];
    let border = BorderMode::Zero;
    let expected = on_host(|place, image| {
        if which[place] {
            flip_horizontal(image, SIZE);
        }
        let [left, top] = offsets[place];
        let source = image.clone();
        crop(&source, SIZE, left, top, border, image);
    });
    let changes = [
        BatchChange::FlipHorizontal(which.to_vec()),
        BatchChange::Crop {
            offsets: offsets.to_vec(),
            border,
        },
    ];
    assert_near(&on_device(&changes, None), &expected, 1e-6);
}

#[test]
fn each_image_is_mixed_with_the_next() {
    let plain = on_host(|_, _| {});
    let next = |i: usize| plain[(i + SIZE.len()) % plain.len()];
    let mut blended = Vec::new();
    for (i, value) in plain.iter().enumerate() {
        blended.push(0.3 * value + 0.7 * next(i));
    }
    assert_near(&on_device(&[], Some(&BatchMix::Blend(0.3))), &blended, 1e-6);
    let (rows, columns) = (2..5, 7..12);
    let mut pasted = plain.clone();
    for (i, value) in pasted.iter_mut().enumerate() {
        let (y, x) = (i / SIZE.width % SIZE.height, i % SIZE.width);
        if rows.contains(&y) && columns.contains(&x) {
            *value = next(i);
        }
    }
    let paste = BatchMix::Paste { rows, columns };
    assert_near(&on_device(&[], Some(&paste)), &pasted, 0.0);
    let nothing = BatchMix::Paste {
        rows: 0..0,
        columns: 3..4,
    };
    assert_near(&on_device(&[], Some(&nothing)), &plain, 0.0);
}
