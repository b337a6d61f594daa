//! How series look: colours, and the line patterns and markers that tell them apart without any
//! colour.

use super::color::{Color, FAINT, INK, SERIES};

/// Line pattern: alternating lengths of strokes and gaps in pixels; empty for a solid line.
pub type Dash = &'static [f64];

/// A solid line.
pub const SOLID: Dash = &[];
/// A dotted line, for marks that accompany the data.
pub const DOTTED: Dash = &[1.5, 3.0];

const DASHES: [Dash; 4] = [SOLID, &[7.0, 3.0], &[2.0, 2.5], &[7.0, 2.5, 2.0, 2.5]];

/// Shape of a point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Marker {
    /// A filled circle.
    Circle,
    /// A filled square.
    Square,
    /// A filled triangle, point up.
    Triangle,
    /// A filled square on its corner.
    Diamond,
    /// A filled triangle, point down.
    Wedge,
    /// A plus sign.
    Plus,
}

const MARKERS: [Marker; 6] = [
    Marker::Circle,
    Marker::Square,
    Marker::Triangle,
    Marker::Diamond,
    Marker::Wedge,
    Marker::Plus,
];

/// How one configuration looks in every chart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SeriesStyle {
    /// Colour of lines and points.
    pub color: Color,
    /// Line pattern.
    pub dash: Dash,
    /// Shape of points.
    pub marker: Marker,
    /// Whether it stands out; the others are drawn behind, thin and grey.
    pub highlighted: bool,
}

impl SeriesStyle {
    /// The look of a series in the background.
    pub const BACKGROUND: SeriesStyle = SeriesStyle {
        color: FAINT,
        dash: SOLID,
        marker: Marker::Circle,
        highlighted: false,
    };

    const BASELINE: SeriesStyle = SeriesStyle {
        color: INK,
        dash: DASHES[1],
        marker: Marker::Circle,
        highlighted: true,
    };

    fn numbered(i: usize) -> SeriesStyle {
        SeriesStyle {
            color: SERIES[i % SERIES.len()],
            dash: DASHES[i % DASHES.len()],
            marker: MARKERS[i % MARKERS.len()],
            highlighted: true,
        }
    }
}

/// Maximum number of series that are all coloured; with more, only the best [`HIGHLIGHTED`] are.
pub const ALL_COLORED: usize = 6;
/// Number of the best series that stand out if there are too many to colour all.
pub const HIGHLIGHTED: usize = 5;

/// Styles of `count` series in order of rank; the one at `baseline` is in ink and dashed.
pub fn series_styles(count: usize, baseline: Option<usize>) -> Vec<SeriesStyle> {
    let colored = if count <= ALL_COLORED {
        count
    } else {
        HIGHLIGHTED
    };
    let mut next = 0;
    let mut styles = Vec::with_capacity(count);
    for rank in 0..count {
        styles.push(if Some(rank) == baseline && count > 1 {
            SeriesStyle::BASELINE
        } else if rank < colored {
            next += 1;
            SeriesStyle::numbered(next - 1)
        } else {
            SeriesStyle::BACKGROUND
        });
    }
    styles
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_are_all_coloured_and_many_are_not() {
        assert!(series_styles(6, None).iter().all(|s| s.highlighted));
        let many = series_styles(24, Some(20));
        let highlighted = many.iter().filter(|s| s.highlighted).count();
        assert_eq!(highlighted, HIGHLIGHTED + 1);
        assert_eq!(many[20].color, INK);
        assert_eq!(many[10].color, FAINT);
        assert_ne!(series_styles(1, Some(0))[0].color, INK);
    }

    #[test]
    fn coloured_series_differ_in_colour_and_marker() {
        let styles = series_styles(6, None);
        for (i, a) in styles.iter().enumerate() {
            for b in &styles[..i] {
                assert_ne!(a.color, b.color);
                assert_ne!(a.marker, b.marker);
            }
        }
    }
}
