//! Phrases that differ by the value of an axis, told without repeating what they share.

use super::prose::number;
use crate::tables::escaped;
use convsweep_spec::words::listed_with;

/// Longer differences, in words, are told with the whole phrases.
const LONGEST: usize = 4;

/// The phrases with their labels, of the axis of this name in LaTeX: `rate 0.01 (lr: low) or 0.1
/// (lr: high), momentum 0.9`. Where a difference is the label itself, the label is not told again.
pub(super) fn variants(axis: &str, phrases: &[(&str, &str)]) -> String {
    let told = |label: &str, phrase: &str| {
        let label = escaped(label);
        match label == phrase || is_number(&label, phrase) {
            true => phrase.to_string(),
            false => format!("{phrase} ({axis}: {label})"),
        }
    };
    let Some((before, middles, after)) = differences(phrases) else {
        let whole = phrases.iter().map(|(label, phrase)| told(label, phrase));
        return Vec::from_iter(whole).join("; or ");
    };
    let labels = phrases.iter().map(|(label, _)| *label);
    let parts: Vec<String> = labels.zip(&middles).map(|(l, m)| told(l, m)).collect();
    format!("{before}{}{after}", listed_with(&parts, "or"))
}

/// Whether the label is the number that the phrase is.
fn is_number(label: &str, phrase: &str) -> bool {
    label.parse().is_ok_and(|value| number(value) == phrase)
}

/// What is before and after the difference in all phrases, and the differences; `None` if one is
/// long or empty, or has a bracket without its partner.
fn differences<'a>(phrases: &[(&str, &'a str)]) -> Option<(String, Vec<&'a str>, &'a str)> {
    let (_, first) = *phrases.first()?;
    let split: Vec<Vec<&str>> = phrases
        .iter()
        .map(|(_, p)| p.split(' ').collect())
        .collect();
    let shortest = split.iter().map(Vec::len).min()?;
    let same = |word: &dyn Fn(&[&'a str]) -> &'a str| {
        split.iter().all(|words| word(words) == word(&split[0]))
    };
    let before = (0..shortest)
        .take_while(|i| same(&|words| words[*i]))
        .count();
    let room = shortest - before;
    let after = (0..room)
        .take_while(|i| same(&|words| words[words.len() - 1 - i]))
        .count();
    if before + after == 0 {
        return None;
    }
    let start: usize = split[0][..before].iter().map(|word| word.len() + 1).sum();
    let end: usize = split[0][split[0].len() - after..]
        .iter()
        .map(|word| word.len() + 1)
        .sum();
    let mut middles = Vec::with_capacity(phrases.len());
    for (_, phrase) in phrases {
        middles.push(phrase.get(start..phrase.len().checked_sub(end)?)?);
    }
    // A comma or another mark behind every difference belongs to what follows.
    let marks = |text: &str| text.len() - text.trim_end_matches([',', ';', ')']).len();
    let mark = marks(middles[0]);
    let tail = &middles[0][middles[0].len() - mark..];
    let is_marked = middles
        .iter()
        .all(|middle| middle.ends_with(tail) && marks(middle) == mark);
    let mark = if is_marked { mark } else { 0 };
    for middle in &mut middles {
        *middle = &middle[..middle.len() - mark];
    }
    let is_plain = |middle: &&str| {
        let words = middle.split(' ').count();
        !middle.is_empty() && words <= LONGEST && !middle.contains(['(', ')', '[', ']', ','])
    };
    let after = &first[first.len() - end - mark..];
    middles
        .iter()
        .all(is_plain)
        .then(|| (first[..start].to_string(), middles, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_phrases_share_is_told_once() {
        let phrases = [
            ("a", "Adam (rate 0.1, momentum 0)"),
            ("b", "Adam (rate 0.2, momentum 0)"),
        ];
        let told = variants("lr", &phrases);
        assert_eq!(told, "Adam (rate 0.1 (lr: a) or 0.2 (lr: b), momentum 0)");
        let phrases = [
            ("32", "a batch of 32 images"),
            ("64", "a batch of 64 images"),
        ];
        assert_eq!(variants("b", &phrases), "a batch of 32 or 64 images");
        let phrases = [("1e-4", "at $10^{-4}$ or so"), ("0.1", "at 0.1 or so")];
        assert_eq!(variants("n", &phrases), "at $10^{-4}$ or 0.1 or so");
        let phrases = [("1", "for 1 epoch (x)"), ("2", "for 2 epochs (x)")];
        let told = variants("e", &phrases);
        assert_eq!(told, "for 1 epoch (e: 1) or 2 epochs (e: 2) (x)");
        let phrases = [("x", "at 0.1"), ("y", "at 0.2")];
        assert_eq!(variants("n", &phrases), "at 0.1 (n: x) or 0.2 (n: y)");
    }

    #[test]
    fn other_phrases_are_told_as_a_whole() {
        let phrases = [("a", "flips (p 1)"), ("b", "none")];
        assert_eq!(
            variants("n", &phrases),
            "flips (p 1) (n: a); or none (n: b)"
        );
        let phrases = [("a", "for one, then two"), ("b", "for one")];
        let told = variants("n", &phrases);
        assert_eq!(told, "for one, then two (n: a); or for one (n: b)");
        let phrases = [("a", "x é"), ("b", "x [y")];
        assert_eq!(variants("n", &phrases), "x é (n: a); or x [y (n: b)");
    }
}
