//! The embedded font: its registration with plotters, and how wide a text is.

use plotters::style::{FontDesc, FontFamily, FontStyle, register_font};
use std::sync::LazyLock;
use ttf_parser::Face;
use unicode_width::UnicodeWidthChar;

/// Name of the embedded family: a subset of Inter under another name (see `fonts/OFL.txt`).
pub const FAMILY: &str = "Convsweep Sans";
/// Regular weight, OpenType.
pub const REGULAR: &[u8] = include_bytes!("../../fonts/ConvsweepSans-Regular.otf");
/// Semi-bold weight, OpenType.
pub const BOLD: &[u8] = include_bytes!("../../fonts/ConvsweepSans-Bold.otf");

/// Ascent minus descent in em, which ab_glyph takes as the font's size; read from the font.
pub const GLYPH_HEIGHT: f64 = 3408.0 / 2816.0;
/// Height of capitals in em.
pub const CAP_HEIGHT: f64 = 0.727;

/// Width in em of a letter that the font lacks and that is not wide.
const OTHER_LETTER: f64 = 0.62;

static REGISTERED: LazyLock<bool> = LazyLock::new(|| {
    register_font(FAMILY, FontStyle::Normal, REGULAR).is_ok()
        && register_font(FAMILY, FontStyle::Bold, BOLD).is_ok()
});

/// To look letters up.
static FACE: LazyLock<Option<Face<'static>>> = LazyLock::new(|| Face::parse(REGULAR, 0).ok());

/// Whether the font has a letter.
pub fn has_letter(letter: char) -> bool {
    let face = FACE.as_ref();
    face.is_some_and(|face| face.glyph_index(letter).is_some())
}

/// Makes the family known to plotters; returns whether that worked.
pub fn register() -> bool {
    *REGISTERED
}

/// The font at `size` pixels of [`GLYPH_HEIGHT`].
pub fn font(size: f64, bold: bool) -> FontDesc<'static> {
    register();
    let style = if bold {
        FontStyle::Bold
    } else {
        FontStyle::Normal
    };
    FontDesc::new(FontFamily::Name(FAMILY), size, style)
}

/// Width of `text` in pixels at `size` pixels an em. Letters that the font lacks count as one em if
/// they are wide, as Chinese ones are, and as a letter of usual width otherwise.
pub fn width(text: &str, size: f64, bold: bool) -> f64 {
    if text.chars().all(has_letter) {
        return own_width(text, size, bold);
    }
    let own: String = text.chars().filter(|c| has_letter(*c)).collect();
    let others = text.chars().filter(|c| !has_letter(*c));
    let ems = others.map(|c| match c.width() {
        Some(0) | None => 0.0,
        Some(1) => OTHER_LETTER,
        Some(_) => 1.0,
    });
    own_width(&own, size, bold) + ems.sum::<f64>() * size
}

/// Width of a text whose letters the font has.
fn own_width(text: &str, size: f64, bold: bool) -> f64 {
    // plotters measures in whole pixels, so a large size gives a finer result.
    const MEASURED_SIZE: f64 = 200.0;
    let font = font(MEASURED_SIZE * GLYPH_HEIGHT, bold);
    let measured = font.box_size(text).map_or(0.0, |(w, _)| f64::from(w));
    measured / MEASURED_SIZE * size
}

/// Width in pixels of the widest of `texts` in the regular weight; 0 without any.
pub fn widest<'a>(texts: impl IntoIterator<Item = &'a str>, size: f64) -> f64 {
    let widths = texts.into_iter().map(|text| width(text, size, false));
    widths.fold(0.0, f64::max)
}

/// `text` if it fits into `room` pixels, else its beginning and end around an ellipsis.
pub fn fit(text: &str, room: f64, size: f64, bold: bool) -> String {
    if width(text, size, bold) <= room {
        return text.to_string();
    }
    let chars: Vec<char> = text.chars().collect();
    for kept in (2..chars.len()).rev() {
        let head = chars[..kept.div_ceil(2)].iter();
        let tail = chars[chars.len() - kept / 2..].iter();
        let shortened: String = head.chain(&['…']).chain(tail).collect();
        if width(&shortened, size, bold) <= room {
            return shortened;
        }
    }
    "…".to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_have_widths() {
        assert!(register());
        let w = width("validation accuracy", 12.0, false);
        assert!((90.0..130.0).contains(&w), "{w}");
        assert!(width("validation accuracy", 12.0, true) > w);
        assert_eq!(width("", 12.0, false), 0.0);
        assert_eq!(widest(["a", "validation accuracy", ""], 12.0), w);
    }

    #[test]
    fn long_texts_keep_both_ends() {
        let text = "optimizer=sgd lr=0.1 momentum=0.9 pool=average";
        let short = fit(text, 120.0, 11.0, false);
        assert!(short.starts_with("opt"), "{short}");
        assert!(short.ends_with("rage"), "{short}");
        assert!(short.contains('…'), "{short}");
        assert!(width(&short, 11.0, false) <= 120.0);
        assert_eq!(fit("short", 120.0, 11.0, false), "short");
    }
}
