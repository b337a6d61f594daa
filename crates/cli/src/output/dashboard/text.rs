//! Text in a given number of columns: bars, curves, shortened labels.

/// The heights of a curve, in eighths of a line.
const HEIGHTS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// A bar filled to `share`, from 0 to 1.
pub fn bar(share: f64, width: usize) -> String {
    let full = (share.clamp(0.0, 1.0) * width as f64).round() as usize;
    "█".repeat(full) + &"░".repeat(width - full)
}

/// A curve; if the values do not all fit, each column is the mean of neighbours.
pub fn sparkline(values: &[f64], width: usize) -> String {
    let columns = values.len().min(width);
    let mut means = Vec::with_capacity(columns);
    for i in 0..columns {
        let from = i * values.len() / columns;
        let to = (i + 1) * values.len() / columns;
        let part = &values[from..to];
        means.push(part.iter().sum::<f64>() / part.len() as f64);
    }
    let low = means.iter().copied().fold(f64::INFINITY, f64::min);
    let high = means.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let range = (high - low).max(1e-12);
    let height = |value: &f64| {
        let step = ((value - low) / range * 7.0).round().clamp(0.0, 7.0);
        HEIGHTS[step as usize]
    };
    means.iter().map(height).collect()
}

/// The text, cut to a number of columns.
pub fn cut(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_string();
    }
    let kept = text.chars().take(width.saturating_sub(1));
    kept.chain(['…']).collect()
}

/// Columns for labels, the longest of which may be cut: at most two fifths of the terminal.
pub fn label_width<'a>(labels: impl Iterator<Item = &'a String>, width: usize) -> usize {
    let longest = labels.map(|label| label.chars().count()).max();
    longest.unwrap_or(0).min(width * 2 / 5)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_curve_is_shown_as_a_whole() {
        let rising: Vec<f64> = (0..1000).map(f64::from).collect();
        assert_eq!(sparkline(&rising, 8), "▁▂▃▄▅▆▇█");
        assert_eq!(sparkline(&rising[..3], 8), "▁▅█");
        assert_eq!(sparkline(&rising, 0), "");
        assert_eq!(sparkline(&[], 8), "");
    }
}
