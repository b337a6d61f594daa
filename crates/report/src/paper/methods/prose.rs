//! Numbers and lists in LaTeX.

use convsweep_spec::words::{short, thousands};

/// A number with at most six significant digits: `0.005`, `$10^{-4}$`.
pub(super) fn number(value: f64) -> String {
    let text = short(value);
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, ""));
    match (mantissa, exponent) {
        (_, "") => text.replace('-', "$-$"),
        ("1", exponent) => format!("$10^{{{exponent}}}$"),
        (mantissa, exponent) => format!("${mantissa} \\cdot 10^{{{exponent}}}$"),
    }
}

/// A share as a percentage: `20~\%`.
pub(super) fn percent(share: f64) -> String {
    format!("{}~\\%", number(100.0 * share))
}

/// A count with its noun: `1 epoch`, `1,000 epochs`.
pub(super) fn count(n: u64, noun: &str) -> String {
    let plural = if n == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", thousands(n))
}

/// The smallest and the largest: `5`, or `5 to 7`.
pub(super) fn range(values: impl Iterator<Item = u64>) -> Option<String> {
    let mut ends: Option<(u64, u64)> = None;
    for value in values {
        let (least, most) = ends.unwrap_or((value, value));
        ends = Some((least.min(value), most.max(value)));
    }
    let (least, most) = ends?;
    Some(match least == most {
        true => thousands(least),
        false => format!("{} to {}", thousands(least), thousands(most)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use convsweep_spec::words::listed_with;

    #[test]
    fn numbers_are_latex() {
        assert_eq!(number(0.005), "0.005");
        assert_eq!(number(1e-4), "$10^{-4}$");
        assert_eq!(number(-2.5e-7), "$-2.5 \\cdot 10^{-7}$");
        assert_eq!(percent(0.2), "20~\\%");
        assert_eq!(count(1, "epoch"), "1 epoch");
        assert_eq!(count(2000, "image"), "2,000 images");
    }

    #[test]
    fn lists_and_ranges_read_as_english() {
        let parts = ["a", "b", "c"].map(String::from);
        assert_eq!(listed_with(&parts, "and"), "a, b and c");
        assert_eq!(listed_with(&parts[..1], "and"), "a");
        assert_eq!(range([7, 5, 5].into_iter()).as_deref(), Some("5 to 7"));
        assert_eq!(range([5, 5].into_iter()).as_deref(), Some("5"));
        assert_eq!(range([].into_iter()), None);
    }
}
