//! Colour scales for heat maps and confusion matrices.

use super::color::Color;

/// Stops of cividis (Nuñez, Anderton and Renslow 2018), perceptually uniform with and without
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

const WHITE_TO_BLUE: [Color; 5] = [
    Color(247, 250, 253),
    Color(198, 219, 239),
    Color(107, 174, 214),
    Color(33, 113, 181),
    Color(8, 48, 107),
];

/// Colour of `share` in [0, 1] on the cividis scale.
pub fn sequential(share: f64) -> Color {
    interpolated(&CIVIDIS, share)
}

/// Colour of `share` in [0, 1] from near-white to dark blue, for counts that are mostly near
/// zero.
pub fn intensity(share: f64) -> Color {
    interpolated(&WHITE_TO_BLUE, share)
}

fn interpolated(stops: &[Color], share: f64) -> Color {
    let last = stops.len() - 1;
    let place = if share.is_finite() {
        share.clamp(0.0, 1.0) * last as f64
    } else {
        0.0
    };
    let lower = (place as usize).min(last.saturating_sub(1));
    let part = place - lower as f64;
    let (a, b) = (stops[lower], stops[lower + 1]);
    Color(
        mixed(a.0, b.0, part),
        mixed(a.1, b.1, part),
        mixed(a.2, b.2, part),
    )
}

fn mixed(a: u8, b: u8, part: f64) -> u8 {
    (f64::from(a) + (f64::from(b) - f64::from(a)) * part).round() as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_grow_lighter_or_darker_throughout() {
        let luminances = |scale: fn(f64) -> Color| -> Vec<f64> {
            let shares = (0..=20).map(|i| f64::from(i) / 20.0);
            shares.map(|share| scale(share).luminance()).collect()
        };
        let lighter = luminances(sequential);
        assert!(lighter.windows(2).all(|w| w[0] < w[1]), "{lighter:?}");
        let darker = luminances(intensity);
        assert!(darker.windows(2).all(|w| w[0] > w[1]), "{darker:?}");
    }
}
