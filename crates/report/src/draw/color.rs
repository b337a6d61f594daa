//! Colours that the colour-blind can tell apart, and the line styles that tell series apart without
//! any colour.

/// An sRGB colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Color(pub u8, pub u8, pub u8);

/// Text and axes. The page replaces this and the next four by its own, so that charts follow a dark
/// page.
pub const INK: Color = Color(0x1b, 0x1f, 0x24);
/// Secondary text.
pub const MUTED: Color = Color(0x57, 0x60, 0x6a);
/// Grid lines.
pub const GRID: Color = Color(0xe1, 0xe4, 0xe8);
/// Series that stand back.
pub const FAINT: Color = Color(0xb4, 0xbb, 0xc3);
/// Background.
pub const PAPER: Color = Color(0xff, 0xff, 0xfe);

/// Okabe and Ito (2008) without black and yellow: black is the ink, yellow is not readable on
/// paper.
pub const SERIES: [Color; 6] = [
    Color(0x00, 0x72, 0xb2),
    Color(0xd5, 0x5e, 0x00),
    Color(0x00, 0x9e, 0x73),
    Color(0xcc, 0x79, 0xa7),
    Color(0xe6, 0x9f, 0x00),
    Color(0x56, 0xb4, 0xe9),
];

/// Right answers in a grid of images.
pub const RIGHT: Color = SERIES[2];
/// Wrong answers in a grid of images.
pub const WRONG: Color = SERIES[1];

impl Color {
    /// `#RRGGBB`, as plotters writes it into SVG.
    pub fn hex(self) -> String {
        format!("#{:02X}{:02X}{:02X}", self.0, self.1, self.2)
    }

    /// Relative luminance in [0, 1], gamma taken as 2.2.
    pub fn luminance(self) -> f64 {
        let linear = |c: u8| (f64::from(c) / 255.0).powf(2.2);
        0.2126 * linear(self.0) + 0.7152 * linear(self.1) + 0.0722 * linear(self.2)
    }

    /// Black or white, whichever reads better on this colour; neither follows a dark page.
    pub fn text_on(self) -> Color {
        if self.luminance() > 0.25 {
            Color(0x10, 0x10, 0x10)
        } else {
            Color(0xfa, 0xfa, 0xfa)
        }
    }
}

/// Line pattern: lengths of strokes and gaps in pixels, by turns; empty for a solid line.
pub type Dash = &'static [f64];

/// Solid.
pub const SOLID: Dash = &[];
/// Dotted, for marks that accompany data.
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
    /// A triangle, point down.
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
pub struct Style {
    /// Colour of lines and points.
    pub color: Color,
    /// Line pattern.
    pub dash: Dash,
    /// Shape of points.
    pub marker: Marker,
    /// Whether it stands out; the others are drawn behind, thin and grey.
    pub highlighted: bool,
}

/// Most configurations that are told apart by colour; with more, only the best [`HIGHLIGHTED`] are.
pub const ALL_COLORED: usize = 6;
/// How many of the best stand out where there are too many to colour all.
pub const HIGHLIGHTED: usize = 5;

/// Styles of `count` configurations in order of rank; the one at `baseline` is ink and dashed.
pub fn styles(count: usize, baseline: Option<usize>) -> Vec<Style> {
    let shown = if count <= ALL_COLORED {
        count
    } else {
        HIGHLIGHTED
    };
    let mut next = 0;
    (0..count)
        .map(|rank| {
            if Some(rank) == baseline && count > 1 {
                return Style {
                    color: INK,
                    dash: DASHES[1],
                    marker: Marker::Circle,
                    highlighted: true,
                };
            }
            if rank >= shown {
                return Style {
                    color: FAINT,
                    dash: SOLID,
                    marker: Marker::Circle,
                    highlighted: false,
                };
            }
            let style = Style {
                color: SERIES[next % SERIES.len()],
                dash: DASHES[next % DASHES.len()],
                marker: MARKERS[next % MARKERS.len()],
                highlighted: true,
            };
            next += 1;
            style
        })
        .collect()
}

/// Anchors of cividis (Nuñez, Anderton and Renslow 2018), perceptually uniform with and without
/// colour vision.
const CIVIDIS: [Color; 9] = [
    Color(0, 34, 78),
    Color(18, 53, 112),
    Color(59, 73, 108),
    Color(87, 93, 109),
    Color(112, 113, 115),
    Color(138, 134, 120),
    Color(165, 156, 116),
    Color(195, 179, 105),
    Color(254, 232, 56),
];

/// Colour of `share` in [0, 1] on the cividis scale.
pub fn sequential(share: f64) -> Color {
    between(&CIVIDIS, share)
}

/// Colour of `share` in [0, 1] from paper white to dark blue, for counts where most are near zero.
pub fn intensity(share: f64) -> Color {
    const STOPS: [Color; 5] = [
        Color(247, 250, 253),
        Color(198, 219, 239),
        Color(107, 174, 214),
        Color(33, 113, 181),
        Color(8, 48, 107),
    ];
    between(&STOPS, share)
}

fn between(stops: &[Color], share: f64) -> Color {
    let last = stops.len() - 1;
    let place = if share.is_finite() {
        share.clamp(0.0, 1.0) * last as f64
    } else {
        0.0
    };
    let low = (place as usize).min(last.saturating_sub(1));
    let part = place - low as f64;
    let mix = |a: u8, b: u8| (f64::from(a) + (f64::from(b) - f64::from(a)) * part).round() as u8;
    let (a, b) = (stops[low], stops[low + 1]);
    Color(mix(a.0, b.0), mix(a.1, b.1), mix(a.2, b.2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_are_all_coloured_and_many_are_not() {
        assert!(styles(6, None).iter().all(|s| s.highlighted));
        let many = styles(24, Some(20));
        assert_eq!(
            many.iter().filter(|s| s.highlighted).count(),
            HIGHLIGHTED + 1
        );
        assert_eq!(many[20].color, INK);
        assert_eq!(many[10].color, FAINT);
        assert_ne!(styles(1, Some(0))[0].color, INK);
    }

    #[test]
    fn coloured_series_differ_in_colour_and_marker() {
        let s = styles(6, None);
        for a in 0..s.len() {
            for b in 0..a {
                assert_ne!(s[a].color, s[b].color);
                assert_ne!(s[a].marker, s[b].marker);
            }
        }
    }

    #[test]
    fn scales_grow_lighter_or_darker_throughout() {
        let steps: Vec<f64> = (0..=20)
            .map(|i| sequential(f64::from(i) / 20.0).luminance())
            .collect();
        assert!(steps.windows(2).all(|w| w[0] < w[1]), "{steps:?}");
        let steps: Vec<f64> = (0..=20)
            .map(|i| intensity(f64::from(i) / 20.0).luminance())
            .collect();
        assert!(steps.windows(2).all(|w| w[0] > w[1]), "{steps:?}");
    }
}
