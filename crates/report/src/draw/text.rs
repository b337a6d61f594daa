//! The embedded font: its registration with plotters, and how wide a text is.

use plotters::style::{FontDesc, FontFamily, FontStyle, register_font};
use std::sync::LazyLock;

/// Name of the embedded family: Inter, cut down and renamed (see `fonts/OFL.txt`).
pub const FAMILY: &str = "Convsweep Sans";
/// Regular weight, OpenType.
pub const REGULAR: &[u8] = include_bytes!("../../fonts/ConvsweepSans-Regular.otf");
/// Semi-bold weight, OpenType.
pub const BOLD: &[u8] = include_bytes!("../../fonts/ConvsweepSans-Bold.otf");

/// Height that ab_glyph sizes by (ascent − descent), in em, read off the font.
pub const GLYPH_HEIGHT: f64 = 3408.0 / 2816.0;
/// Height of capitals in em.
pub const CAP_HEIGHT: f64 = 0.727;

static REGISTERED: LazyLock<bool> = LazyLock::new(|| {
    register_font(FAMILY, FontStyle::Normal, REGULAR).is_ok()
        && register_font(FAMILY, FontStyle::Bold, BOLD).is_ok()
});

/// Makes the family known to plotters; whether that worked.
pub fn register() -> bool {
    *REGISTERED
}

/// The font at `size` pixels of ab_glyph's height.
pub fn font(size: f64, bold: bool) -> FontDesc<'static> {
    register();
    FontDesc::new(
        FontFamily::Name(FAMILY),
        size,
        if bold {
            FontStyle::Bold
        } else {
            FontStyle::Normal
        },
    )
}

/// Width of `text` in pixels at `size` pixels an em.
pub fn width(text: &str, size: f64, bold: bool) -> f64 {
    const FINE: f64 = 200.0;
    let measured = font(FINE * GLYPH_HEIGHT, bold)
        .box_size(text)
        .map_or(0.0, |(w, _)| f64::from(w));
    measured / FINE * size
}

/// `text`, or as much of its two ends as `room` pixels hold around an ellipsis.
pub fn fit(text: &str, room: f64, size: f64, bold: bool) -> String {
    if width(text, size, bold) <= room {
        return text.to_string();
    }
    let chars: Vec<char> = text.chars().collect();
    for kept in (2..chars.len()).rev() {
        let (head, tail) = (kept.div_ceil(2), kept / 2);
        let short: String = chars[..head]
            .iter()
            .chain(&['…'])
            .chain(&chars[chars.len() - tail..])
            .collect::<String>();
        if width(&short, size, bold) <= room {
            return short;
        }
    }
    "…".to_string()
}

/// `text` cut into lines of at most `room` pixels at its spaces.
pub fn wrap(text: &str, room: f64, size: f64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if width(&format!("{line} {word}"), size, false) <= room => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_string()),
        }
    }
    lines
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
    }

    #[test]
    fn long_texts_keep_both_ends() {
        let text = "optimizer=sgd lr=0.1 momentum=0.9 pool=average";
        let short = fit(text, 120.0, 11.0, false);
        assert!(
            short.starts_with("opt") && short.ends_with("rage") && short.contains('…'),
            "{short}"
        );
        assert!(width(&short, 11.0, false) <= 120.0);
        assert_eq!(fit("short", 120.0, 11.0, false), "short");
        assert_eq!(
            wrap(
                "one two three four",
                width("one two", 11.0, false) + 1.0,
                11.0
            )
            .len(),
            3
        );
    }
}
