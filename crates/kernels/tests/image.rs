//! Image kernels and transposition against plain f64 versions of their definitions.

use convsweep_kernels::{
    Affine, BorderMode, Size, crop, flip_horizontal, flip_vertical, normalize, transpose, warp,
    weighted_rows, widen,
};

mod common;

const BORDER_MODES: [BorderMode; 3] = [BorderMode::Zero, BorderMode::Reflect, BorderMode::Nearest];
const SIZES: [(usize, usize, usize); 6] = [
    (3, 32, 32),
    (1, 28, 28),
    (3, 5, 70),
    (2, 41, 33),
    (1, 1, 1),
    (1, 2, 3),
];

fn size((channels, height, width): (usize, usize, usize)) -> Size {
    Size {
        channels,
        height,
        width,
    }
}

/// Reproducible bytes that look random.
fn bytes(len: usize) -> Vec<u8> {
    (0..len as u64)
        .map(|i| ((i + 7).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40) as u8)
        .collect()
}

/// The value at a position that may lie outside of the image.
fn at(image: &[u8], size: Size, c: usize, y: i64, x: i64, border: BorderMode) -> f64 {
    let fold = |v: i64, n: usize| {
        let n = n as i64;
        match border {
            BorderMode::Zero => (0..n).contains(&v).then_some(v),
            BorderMode::Nearest => Some(v.max(0).min(n - 1)),
            BorderMode::Reflect => {
                let mut v = v;
                while !(0..n).contains(&v) {
                    v = if v < 0 { -1 - v } else { 2 * n - 1 - v };
                }
                Some(v)
            }
        }
    };
    match (fold(y, size.height), fold(x, size.width)) {
        (Some(y), Some(x)) => {
            f64::from(image[(c * size.height + y as usize) * size.width + x as usize])
        }
        _ => 0.0,
    }
}

fn reference_warp(image: &[u8], size: Size, map: &Affine, border: BorderMode) -> Vec<f64> {
    let (cx, cy) = (
        (size.width as f64 - 1.0) / 2.0,
        (size.height as f64 - 1.0) / 2.0,
    );
    let mut out = Vec::new();
    for c in 0..size.channels {
        for y in 0..size.height {
            for x in 0..size.width {
                let (dx, dy) = (x as f64 - cx, y as f64 - cy);
                let sx = map.x[0] * dx + map.x[1] * dy + map.shift[0] + cx;
                let sy = map.y[0] * dx + map.y[1] * dy + map.shift[1] + cy;
                let (fx, fy) = (sx - sx.floor(), sy - sy.floor());
                let (ix, iy) = (sx.floor() as i64, sy.floor() as i64);
                let p = |j, i| at(image, size, c, iy + j, ix + i, border);
                out.push(
                    (p(0, 0) * (1.0 - fx) + p(0, 1) * fx) * (1.0 - fy)
                        + (p(1, 0) * (1.0 - fx) + p(1, 1) * fx) * fy,
                );
            }
        }
    }
    out
}

fn maps() -> Vec<Affine> {
    let mut maps = vec![Affine::IDENTITY];
    for degrees in [-170.0f64, -15.0, 0.3, 14.99, 45.0, 90.0, 180.0] {
        for factor in [0.3, 0.9, 1.0, 1.1, 2.5] {
            let map = Affine::rotation(degrees.to_radians()).then(Affine::scaling(factor));
            maps.push(map.then(Affine::translation(degrees / 30.0, -factor)));
        }
    }
    maps
}

#[test]
fn warp_equals_the_definition() {
    for shape in SIZES {
        let size = size(shape);
        let image = bytes(size.len());
        let floats: Vec<f32> = image.iter().map(|&b| f32::from(b)).collect();
        for map in maps() {
            for border in BORDER_MODES {
                let expected = reference_warp(&image, size, &map, border);
                let mut out = vec![f32::NAN; size.len()];
                warp(&image, size, &map, border, &mut out);
                for (i, (found, expected)) in out.iter().zip(&expected).enumerate() {
                    // 255 × the rounding error of a coordinate of some hundred pixels.
                    assert!(
                        (f64::from(*found) - expected).abs() < 0.02,
                        "{size:?} {map:?} {border:?} at {i}: {found} is not {expected}"
                    );
                }
                let mut again = vec![f32::NAN; size.len()];
                warp(&floats, size, &map, border, &mut again);
                assert_eq!(out, again, "bytes and floats differ");
            }
        }
    }
}

#[test]
fn identity_and_quarter_rotations_are_exact() {
    let size = size((2, 6, 6));
    let image = bytes(size.len());
    let mut out = vec![0.0; size.len()];
    warp(&image, size, &Affine::IDENTITY, BorderMode::Zero, &mut out);
    let mut plain = vec![0.0; size.len()];
    widen(&image, &mut plain);
    assert_eq!(out, plain);
    warp(
        &image,
        size,
        &Affine::rotation(std::f64::consts::FRAC_PI_2),
        BorderMode::Zero,
        &mut out,
    );
    for c in 0..2 {
        for y in 0..6 {
            for x in 0..6 {
                // Clockwise: the left end of the bottom row moves to the left end of the top row.
                let expected = f32::from(image[(c * 6 + 5 - x) * 6 + y]);
                assert!((out[(c * 6 + y) * 6 + x] - expected).abs() < 1e-3);
            }
        }
    }
}

#[test]
fn scaling_enlarges_and_composes_in_order() {
    let size = size((1, 8, 8));
    let mut image = vec![0u8; 64];
    for (y, x) in [(3, 3), (3, 4), (4, 3), (4, 4)] {
        image[y * 8 + x] = 200;
    }
    let lit = |map: Affine| {
        let mut out = vec![0.0; 64];
        warp(&image, size, &map, BorderMode::Zero, &mut out);
        (out.iter().filter(|v| **v > 100.0).count(), out)
    };
    assert_eq!(lit(Affine::scaling(2.0)).0, 16);
    assert!(
        (lit(Affine::scaling(0.5)).1.iter().sum::<f32>() - 200.0).abs() < 1e-3,
        "a quarter of the light"
    );
    // Translation by one pixel followed by enlargement by two is a translation by two.
    let (_, out) = lit(Affine::translation(1.0, 0.0).then(Affine::scaling(2.0)));
    let columns: f32 = (0..64).map(|i| out[i] * ((i % 8) as f32 - 3.5)).sum();
    assert!(
        (columns / out.iter().sum::<f32>() - 2.0).abs() < 0.26,
        "{columns}"
    );
}

#[test]
fn crop_equals_the_definition() {
    for shape in SIZES {
        let size = size(shape);
        let image = bytes(size.len());
        for border in BORDER_MODES {
            for (left, top) in [
                (0, 0),
                (-4, 4),
                (4, -4),
                (-1, -1),
                (100, 0),
                (0, -200),
                (-73, 51),
            ] {
                let mut out = vec![f32::NAN; size.len()];
                crop(&image, size, left, top, border, &mut out);
                let mut expected = Vec::new();
                for c in 0..size.channels {
                    for y in 0..size.height as i64 {
                        for x in 0..size.width as i64 {
                            expected.push(at(&image, size, c, y + top, x + left, border) as f32);
                        }
                    }
                }
                assert_eq!(out, expected, "{size:?} {left} {top} {border:?}");
            }
        }
    }
}

#[test]
fn flips_equal_the_definition() {
    for shape in SIZES {
        let size = size(shape);
        let image = bytes(size.len());
        let flipped = |source: &dyn Fn(usize, usize) -> (usize, usize)| -> Vec<u8> {
            let mut out = Vec::new();
            for c in 0..size.channels {
                for y in 0..size.height {
                    for x in 0..size.width {
                        let (y, x) = source(y, x);
                        out.push(image[(c * size.height + y) * size.width + x]);
                    }
                }
            }
            out
        };
        let mut found = image.clone();
        flip_horizontal(&mut found, size);
        assert_eq!(found, flipped(&|y, x| (y, size.width - 1 - x)));
        let mut found = image.clone();
        flip_vertical(&mut found, size);
        assert_eq!(found, flipped(&|y, x| (size.height - 1 - y, x)));
    }
}

#[test]
fn normalize_equals_the_definition() {
    for shape in SIZES {
        let size = size(shape);
        let image = bytes(size.len());
        let scale: Vec<f32> = (0..size.channels)
            .map(|c| 0.004 + c as f32 * 0.001)
            .collect();
        let shift: Vec<f32> = (0..size.channels).map(|c| -0.5 - c as f32).collect();
        let mut out = vec![f32::NAN; size.len()];
        normalize(&image, size, &scale, &shift, &mut out);
        for (i, found) in out.iter().enumerate() {
            let c = i / size.plane();
            let expected = f64::from(image[i]) * f64::from(scale[c]) + f64::from(shift[c]);
            assert!((f64::from(*found) - expected).abs() < 1e-6);
        }
    }
}

#[test]
#[should_panic(expected = "out holds 5 values")]
fn a_wrong_size_panics() {
    warp(
        &[0u8; 6],
        size((1, 2, 3)),
        &Affine::IDENTITY,
        BorderMode::Zero,
        &mut [0.0; 5],
    );
}

#[test]
fn transpose_equals_the_definition() {
    for (rows, columns) in [
        (3, 1024),
        (3, 5),
        (64, 16),
        (17, 40),
        (1, 7),
        (33, 3),
        (16, 16),
    ] {
        let values: Vec<f32> = (0..3 * rows * columns).map(|i| i as f32).collect();
        let expected: Vec<f32> = values
            .chunks(rows * columns)
            .flat_map(|m| {
                (0..columns).flat_map(move |c| (0..rows).map(move |r| m[r * columns + c]))
            })
            .collect();
        assert_eq!(
            transpose(&values, rows, columns),
            expected,
            "{rows}×{columns}"
        );
    }
}

#[test]
fn weighted_rows_are_summed_in_order_with_each_product_rounded() {
    for (rows, width, stride) in [(1, 1, 1), (5, 3, 7), (38, 64, 64), (9, 200, 201), (0, 4, 4)] {
        let values = bytes(rows * stride);
        let weights = common::numbers(3, rows);
        let mut out = vec![7.0; width];
        weighted_rows(&values, stride, &weights, &mut out);
        for (x, found) in out.into_iter().enumerate() {
            let mut sum = 0f32;
            for (row, weight) in values.chunks(stride).zip(&weights) {
                sum += f32::from(row[x]) * weight;
            }
            assert_eq!(found.to_bits(), sum.to_bits(), "{rows}×{width}, column {x}");
        }
    }
}

#[test]
fn all_instruction_sets() {
    common::on_narrower_instruction_sets();
}
