//! Outlines of the ten kinds of shapes, as signed distances.

use std::f64::consts::{FRAC_PI_2, TAU};

/// Outline of a shape within the unit circle, y pointing down.
pub(super) enum Outline {
    /// A disc of this radius.
    Disc(f64),
    /// A ring between an outer and an inner radius.
    Ring(f64, f64),
    /// A disc of the first radius without a disc of the second radius, whose centre lies to the
    /// right by the third number.
    Crescent(f64, f64, f64),
    /// A polygon, by its corners.
    Polygon(Vec<[f64; 2]>),
}

impl Outline {
    /// Names of the kinds, by label.
    pub(super) const NAMES: [&'static str; 10] = [
        "circle", "square", "triangle", "pentagon", "star", "ring", "cross", "crescent", "heart",
        "arrow",
    ];

    /// All kinds, by label.
    pub(super) fn all() -> [Outline; 10] {
        [
            Outline::Disc(0.9),
            regular(4, 1.0, TAU / 8.0),
            regular(3, 1.0, 0.0),
            regular(5, 1.0, 0.0),
            star(5, 1.0, 0.382),
            Outline::Ring(0.92, 0.57),
            cross(0.95, 0.28),
            Outline::Crescent(0.95, 0.78, 0.45),
            heart(64),
            arrow(),
        ]
    }

    /// Distance of a point from the outline, negative inside (Quílez, "2D distance functions").
    pub(super) fn distance(&self, [x, y]: [f64; 2]) -> f64 {
        match self {
            Outline::Disc(radius) => x.hypot(y) - radius,
            Outline::Ring(outer, inner) => {
                (x.hypot(y) - (outer + inner) / 2.0).abs() - (outer - inner) / 2.0
            }
            Outline::Crescent(radius, hole, shift) => {
                (x.hypot(y) - radius).max(hole - (x - shift).hypot(y))
            }
            Outline::Polygon(corners) => polygon_distance(corners, [x, y]),
        }
    }
}

/// Distance from the nearest edge, negative inside.
fn polygon_distance(corners: &[[f64; 2]], [x, y]: [f64; 2]) -> f64 {
    let mut nearest = f64::INFINITY;
    let mut inside = false;
    let mut before = corners[corners.len() - 1];
    for &corner in corners {
        let (ex, ey) = (before[0] - corner[0], before[1] - corner[1]);
        let (wx, wy) = (x - corner[0], y - corner[1]);
        let along = ((wx * ex + wy * ey) / (ex * ex + ey * ey)).clamp(0.0, 1.0);
        let (dx, dy) = (wx - ex * along, wy - ey * along);
        nearest = nearest.min(dx * dx + dy * dy);
        if (corner[1] > y) != (before[1] > y) && x < corner[0] + ex * (y - corner[1]) / ey {
            inside = !inside;
        }
        before = corner;
    }
    if inside {
        -nearest.sqrt()
    } else {
        nearest.sqrt()
    }
}

/// A regular polygon with a corner at the top, turned by an angle.
fn regular(corners: u32, radius: f64, turn: f64) -> Outline {
    Outline::Polygon(
        (0..corners)
            .map(|i| polar(radius, turn + TAU * f64::from(i) / f64::from(corners)))
            .collect(),
    )
}

/// A star with its first point at the top.
fn star(points: u32, outer: f64, inner: f64) -> Outline {
    let radius = |i: u32| if i.is_multiple_of(2) { outer } else { inner };
    Outline::Polygon(
        (0..2 * points)
            .map(|i| polar(radius(i), TAU * f64::from(i) / f64::from(2 * points)))
            .collect(),
    )
}

/// The place at a radius and an angle, clockwise from the top.
fn polar(radius: f64, angle: f64) -> [f64; 2] {
    let (sin, cos) = (angle - FRAC_PI_2).sin_cos();
    [radius * cos, radius * sin]
}

/// An upright cross with arms of a length and half a width.
fn cross(long: f64, half: f64) -> Outline {
    let quarter = [[half, -long], [half, -half], [long, -half]];
    let turn = |[x, y]: [f64; 2], times: usize| (0..times).fold([x, y], |[x, y], _| [-y, x]);
    Outline::Polygon(
        (0..4)
            .flat_map(|times| quarter.map(|corner| turn(corner, times)))
            .collect(),
    )
}

/// An arrow that points up.
fn arrow() -> Outline {
    let (shaft, head) = (0.22, 0.62);
    Outline::Polygon(vec![
        [0.0, -1.0],
        [head, -0.15],
        [shaft, -0.15],
        [shaft, 0.92],
        [-shaft, 0.92],
        [-shaft, -0.15],
        [-head, -0.15],
    ])
}

/// The usual heart curve (16 sin³ t, 13 cos t − 5 cos 2t − 2 cos 3t − cos 4t), scaled into the unit
/// circle.
fn heart(corners: u32) -> Outline {
    let angle = |i| TAU * f64::from(i) / f64::from(corners);
    Outline::Polygon((0..corners).map(|i| heart_point(angle(i))).collect())
}

fn heart_point(t: f64) -> [f64; 2] {
    let y = 13.0 * t.cos() - 5.0 * (2.0 * t).cos() - 2.0 * (3.0 * t).cos() - (4.0 * t).cos();
    [t.sin().powi(3) * 16.0 / 17.0, -(y + 2.0) / 17.0]
}
