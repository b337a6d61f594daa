//! Colours that people with colour-vision deficiencies can tell apart.

/// An sRGB colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Color(pub u8, pub u8, pub u8);

/// Text and axes. The page replaces this colour and the next four with its own, so that charts
/// follow a dark page.
pub const INK: Color = Color(0x1b, 0x1f, 0x24);
/// Secondary text.
pub const MUTED: Color = Color(0x57, 0x60, 0x6a);
/// Grid lines.
pub const GRID: Color = Color(0xe1, 0xe4, 0xe8);
/// Series in the background.
pub const FAINT: Color = Color(0xb4, 0xbb, 0xc3);
/// Background.
pub const PAPER: Color = Color(0xff, 0xff, 0xfe);

/// The palette of Okabe and Ito (2008) without black, which is the ink, and yellow, which is hard
/// to see on white.
pub const SERIES: [Color; 6] = [
    Color(0x00, 0x72, 0xb2),
    Color(0xd5, 0x5e, 0x00),
    Color(0x00, 0x9e, 0x73),
    Color(0xcc, 0x79, 0xa7),
    Color(0xe6, 0x9f, 0x00),
    Color(0x56, 0xb4, 0xe9),
];

/// Correct predictions in a grid of images.
pub const CORRECT: Color = SERIES[2];
/// Mistakes in a grid of images.
pub const MISTAKE: Color = SERIES[1];

impl Color {
    /// `#RRGGBB`, as plotters writes it into SVG.
    pub fn hex(self) -> String {
        format!("#{:02X}{:02X}{:02X}", self.0, self.1, self.2)
    }

    /// Relative luminance in [0, 1], with gamma approximated as 2.2.
    pub fn luminance(self) -> f64 {
        let linear = |c: u8| (f64::from(c) / 255.0).powf(2.2);
        0.2126 * linear(self.0) + 0.7152 * linear(self.1) + 0.0722 * linear(self.2)
    }

    /// Near-black or near-white, whichever reads better on this colour; neither follows a dark
    /// page.
    pub fn text_on(self) -> Color {
        if self.luminance() > 0.25 {
            Color(0x10, 0x10, 0x10)
        } else {
            Color(0xfa, 0xfa, 0xfa)
        }
    }
}
