//! Whether people with colour-vision deficiencies can tell the colours of charts apart.

use convsweep_report::draw::color::{CORRECT, Color, FAINT, INK, MISTAKE, PAPER, SERIES};
use convsweep_report::draw::style::{ALL_COLORED, series_styles};

/// Linear RGB as people see it who lack one kind of cones (Machado, Oliveira and Fernandes 2009,
/// severity 1), and without any deficiency.
const SIGHTS: [(&str, [[f64; 3]; 3]); 4] = [
    (
        "normal",
        [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
    ),
    (
        "protanopia",
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ],
    ),
    (
        "deuteranopia",
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ],
    ),
    (
        "tritanopia",
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ],
    ),
];
/// Linear sRGB to CIE XYZ.
const XYZ: [[f64; 3]; 3] = [
    [0.4124564, 0.3575761, 0.1804375],
    [0.2126729, 0.7151522, 0.0721750],
    [0.0193339, 0.1191920, 0.9503041],
];
const WHITE: [f64; 3] = [0.95047, 1.0, 1.08883];
/// Four times the distance in CIE Lab that is just noticeable.
const APART: f64 = 9.2;

fn times(matrix: &[[f64; 3]; 3], vector: [f64; 3]) -> [f64; 3] {
    matrix.map(|row| row.iter().zip(vector).map(|(a, b)| a * b).sum())
}

fn linear(channel: u8) -> f64 {
    let share = f64::from(channel) / 255.0;
    if share <= 0.04045 {
        share / 12.92
    } else {
        ((share + 0.055) / 1.055).powf(2.4)
    }
}

/// The colour in CIE Lab as it is seen.
fn lab(color: Color, sight: &[[f64; 3]; 3]) -> [f64; 3] {
    let seen = times(sight, [color.0, color.1, color.2].map(linear));
    let xyz = times(&XYZ, seen.map(|share| share.clamp(0.0, 1.0)));
    let mut f = [0.0; 3];
    for (i, share) in xyz
        .iter()
        .zip(WHITE)
        .map(|(v, white)| v / white)
        .enumerate()
    {
        f[i] = if share > 216.0 / 24389.0 {
            share.cbrt()
        } else {
            (24389.0 / 27.0 * share + 16.0) / 116.0
        };
    }
    [
        116.0 * f[1] - 16.0,
        500.0 * (f[0] - f[1]),
        200.0 * (f[1] - f[2]),
    ]
}

fn distance(a: Color, b: Color, sight: &[[f64; 3]; 3]) -> f64 {
    let (a, b) = (lab(a, sight), lab(b, sight));
    let squares = a.iter().zip(b).map(|(x, y)| (x - y).powi(2));
    squares.sum::<f64>().sqrt()
}

#[test]
fn distances_are_those_of_cie_lab() {
    let (_, normal) = &SIGHTS[0];
    assert!((distance(Color(0, 0, 0), Color(255, 255, 255), normal) - 100.0).abs() < 0.01);
    let red = lab(Color(255, 0, 0), normal);
    for (found, expected) in red.iter().zip([53.24, 80.09, 67.20]) {
        assert!((found - expected).abs() < 0.05, "{red:?}");
    }
}

#[test]
fn all_series_stay_apart_for_everyone() {
    let mut colors = SERIES.to_vec();
    colors.extend([INK, FAINT, PAPER]);
    for (name, sight) in &SIGHTS {
        for (i, a) in colors.iter().enumerate() {
            for b in &colors[..i] {
                let apart = distance(*a, *b, sight);
                assert!(
                    apart > APART,
                    "{name}: {} and {}: {apart:.1}",
                    a.hex(),
                    b.hex()
                );
            }
        }
        assert!(distance(CORRECT, MISTAKE, sight) > APART, "{name}");
    }
}

#[test]
fn series_differ_without_any_colour() {
    let styles = series_styles(ALL_COLORED, Some(3));
    for (i, a) in styles.iter().enumerate() {
        for b in &styles[..i] {
            assert!(a.marker != b.marker || a.dash != b.dash, "{a:?} and {b:?}");
        }
    }
}
