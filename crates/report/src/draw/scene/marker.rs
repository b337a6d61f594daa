//! Shapes of points.

use crate::draw::style::Marker;

/// Corners of a marker around (`x`, `y`); `None` for a circle. Shapes with little area reach beyond
/// the radius `r`, so that all look equally large.
pub(super) fn corners((x, y): (f64, f64), r: f64, marker: Marker) -> Option<Vec<(f64, f64)>> {
    let corners = match marker {
        Marker::Circle => return None,
        Marker::Square => {
            let s = r * 0.9;
            vec![
                (x - s, y - s),
                (x + s, y - s),
                (x + s, y + s),
                (x - s, y + s),
            ]
        }
        Marker::Triangle => triangle((x, y), r, 1.0),
        Marker::Wedge => triangle((x, y), r, -1.0),
        Marker::Diamond => {
            let s = r * 1.25;
            vec![(x, y - s), (x + s, y), (x, y + s), (x - s, y)]
        }
        Marker::Plus => plus((x, y), r * 1.2, r * 0.4),
    };
    Some(corners)
}

/// A triangle whose point is up for `up` = 1 and down for −1.
fn triangle((x, y): (f64, f64), r: f64, up: f64) -> Vec<(f64, f64)> {
    vec![
        (x, y - up * r * 1.2),
        (x + r * 1.15, y + up * r * 0.9),
        (x - r * 1.15, y + up * r * 0.9),
    ]
}

/// A plus sign with arms `s` long and 2 `t` wide.
fn plus((x, y): (f64, f64), s: f64, t: f64) -> Vec<(f64, f64)> {
    vec![
        (x - t, y - s),
        (x + t, y - s),
        (x + t, y - t),
        (x + s, y - t),
        (x + s, y + t),
        (x + t, y + t),
        (x + t, y + s),
        (x - t, y + s),
        (x - t, y + t),
        (x - s, y + t),
        (x - s, y - t),
        (x - t, y - t),
    ]
}
