//! Numbers as people read them: durations, sizes in bytes, counts with their nouns. Names and other
//! foreign text as they may be printed. The message about a bug.

use std::borrow::Cow;

/// A duration: `8 s`, `3 min 20 s`, `2 h 5 min`, `3 d 4 h`.
pub fn duration(seconds: f64) -> String {
    let whole = seconds.round().max(0.0) as u64;
    match whole {
        0..60 => format!("{whole} s"),
        60..3600 => two_units((whole / 60, "min"), (whole % 60, "s")),
        3600..86_400 => two_units((whole / 3600, "h"), (whole % 3600 / 60, "min")),
        _ => two_units((whole / 86_400, "d"), (whole % 86_400 / 3600, "h")),
    }
}

fn two_units((large, large_unit): (u64, &str), (small, small_unit): (u64, &str)) -> String {
    match small {
        0 => format!("{large} {large_unit}"),
        _ => format!("{large} {large_unit} {small} {small_unit}"),
    }
}

/// A size in bytes with a decimal unit: `812 B`, `53 MB`, `1.3 GB`.
pub fn bytes(bytes: f64) -> String {
    match bytes {
        b if b < 999.5 => format!("{b:.0} B"),
        b if b < 999.5e3 => format!("{:.0} kB", b / 1e3),
        b if b < 999.5e6 => format!("{:.0} MB", b / 1e6),
        b if b < 999.5e9 => format!("{:.1} GB", b / 1e9),
        b => format!("{:.1} TB", b / 1e12),
    }
}

/// 1234567 as `1,234,567`.
pub fn thousands(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A count with its noun: `1 job`, `2 jobs`. The plural takes an `s`; see [`counted_as`].
pub fn counted(n: u64, noun: &str) -> String {
    counted_as(n, noun, &format!("{noun}s"))
}

/// A count with a noun whose plural is irregular: `1 class`, `2 classes`.
pub fn counted_as(n: u64, singular: &str, plural: &str) -> String {
    format!("{n} {}", if n == 1 { singular } else { plural })
}

/// Things one after another: `a`, `a and b`, `a, b and c`.
pub fn listed(items: &[impl AsRef<str>]) -> String {
    listed_with(items, "and")
}

/// Things one after another with another word before the last one: `a, b or c`.
pub fn listed_with(items: &[impl AsRef<str>], conjunction: &str) -> String {
    joined(&texts(items), ", ", conjunction)
}

/// The first `most` things and the number of the others: `a and b`, `a, b and 5 more`. Semicolons
/// separate things that hold commas.
pub fn first_few(items: &[impl AsRef<str>], most: usize) -> String {
    let items = texts(items);
    let separator = match items.iter().any(|item| item.contains(',')) {
        true => "; ",
        false => ", ",
    };
    let shown = &items[..items.len().min(most)];
    match items.len() - shown.len() {
        0 => joined(shown, separator, "and"),
        more => format!("{} and {more} more", shown.join(separator)),
    }
}

/// Names of classes: `class "a"`, `classes "a" and "b"`; after the first five the number of the
/// others.
pub fn class_names(classes: &[impl AsRef<str>]) -> String {
    const MOST_SHOWN: usize = 5;
    let classes = texts(classes);
    let shown = classes.iter().take(MOST_SHOWN);
    let mut names: Vec<String> = shown.map(|class| format!("\"{class}\"")).collect();
    if classes.len() > MOST_SHOWN {
        names.push(format!("{} more", classes.len() - MOST_SHOWN));
    }
    let noun = if classes.len() == 1 {
        "class"
    } else {
        "classes"
    };
    format!("{noun} {}", listed(&names))
}

fn texts(items: &[impl AsRef<str>]) -> Vec<&str> {
    items.iter().map(AsRef::as_ref).collect()
}

fn joined(items: &[&str], separator: &str, conjunction: &str) -> String {
    match items {
        [] => String::new(),
        [one] => one.to_string(),
        [others @ .., last] => format!("{} {conjunction} {last}", others.join(separator)),
    }
}

/// A learning rate or another number with at most six significant digits: `0.005`, `1e-4`.
pub fn short(x: f64) -> String {
    let rounded: f64 = format!("{x:.5e}").parse().unwrap_or(x);
    if rounded == 0.0 || (1e-3..1e6).contains(&rounded.abs()) {
        rounded.to_string()
    } else {
        format!("{rounded:e}")
    }
}

/// Foreign text, such as a class name or a path, that is safe to print within one line.
///
/// Control characters and line breaks, marks that change the direction of what follows, and
/// characters without a width are written as escapes: `\n`, `\u{1b}`. A terminal is not steered by
/// them, and different names do not look alike.
pub fn printable(text: &str) -> Cow<'_, str> {
    escaped(text, is_unprintable)
}

/// Text of several lines that steers no terminal: like [`printable`], but tabs and line ends stay.
pub fn printable_lines(text: &str) -> Cow<'_, str> {
    escaped(text, |c| is_unprintable(c) && !matches!(c, '\n' | '\t'))
}

/// The text with escapes instead of some of its characters.
fn escaped(text: &str, is_escaped: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.chars().any(&is_escaped) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match is_escaped(c) {
            true => safe.extend(c.escape_default()),
            false => safe.push(c),
        }
    }
    Cow::Owned(safe)
}

/// [`printable`] text of at most `most` characters; `…` stands for what is left out.
pub fn shortened(text: &str, most: usize) -> Cow<'_, str> {
    let safe = printable(text);
    match safe.char_indices().nth(most) {
        None => safe,
        Some(_) => {
            let kept: String = safe.chars().take(most.saturating_sub(1)).collect();
            Cow::Owned(kept + "…")
        }
    }
}

/// Whether a character steers a terminal, breaks the line, or cannot be seen.
fn is_unprintable(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{fffe}' | '\u{ffff}' | '\u{e0000}'..='\u{e007f}')
}

/// The message about an error in the program itself: what it is, where in the sources, and where to
/// report it.
pub fn internal_error(program: &str, what: &str, place: &str) -> String {
    format!(
        "internal error of {program}: {what} ({place})\n\
         this is a bug: please report it to the project's issue tracker, with this message, the \
         command, and results/NAME/run.log"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_text_is_safe_to_print() {
        let check = |text: &str, expect: &str| assert_eq!(printable(text), expect);
        check("Kühe & Schafe, 犬", "Kühe & Schafe, 犬");
        check("a\nb\tc", "a\\nb\\tc");
        check("\u{1b}[31mred\u{7}", "\\u{1b}[31mred\\u{7}");
        check("\u{9b}31m", "\\u{9b}31m");
        check("abc\u{202e}gnp.exe", "abc\\u{202e}gnp.exe");
        check("zero\u{200b}width\u{feff}", "zero\\u{200b}width\\u{feff}");
        assert!(matches!(printable("plain"), Cow::Borrowed("plain")));
        assert_eq!(
            printable_lines("a\tb\n\u{1b}[2Jc\r"),
            "a\tb\n\\u{1b}[2Jc\\r"
        );
        assert_eq!(printable_lines("a\u{1b}\n\r\n"), "a\\u{1b}\n\\r\n");
        assert!(matches!(printable_lines("a\nb"), Cow::Borrowed("a\nb")));
    }

    #[test]
    fn lists_read_as_english() {
        assert_eq!(listed(&[] as &[&str]), "");
        assert_eq!(listed(&["a", "b", "c"]), "a, b and c");
        assert_eq!(listed_with(&["a", "b"], "or"), "a or b");
        assert_eq!(first_few(&["a", "b"], 2), "a and b");
        assert_eq!(
            first_few(&["a", "b=1, c=2", "d"], 2),
            "a; b=1, c=2 and 1 more"
        );
        assert_eq!(class_names(&["a"]), "class \"a\"");
        let six = class_names(&["a", "b", "c", "d", "e", "f"]);
        assert_eq!(six, "classes \"a\", \"b\", \"c\", \"d\", \"e\" and 1 more");
    }

    #[test]
    fn long_text_is_cut() {
        assert_eq!(shortened("abcdef", 6), "abcdef");
        assert_eq!(shortened("abcdef", 4), "abc…");
        assert_eq!(shortened(&"x".repeat(10_000), 40).chars().count(), 40);
        assert_eq!(shortened("\n\n\n", 5), "\\n\\n…");
    }

    #[test]
    fn durations() {
        let check = |seconds: f64, expect: &str| assert_eq!(duration(seconds), expect);
        check(0.4, "0 s");
        check(59.4, "59 s");
        check(60.0, "1 min");
        check(200.0, "3 min 20 s");
        check(7_500.0, "2 h 5 min");
        check(273_600.0, "3 d 4 h");
        check(-3.0, "0 s");
        check(f64::NAN, "0 s");
    }

    #[test]
    fn sizes() {
        let check = |size: f64, expect: &str| assert_eq!(bytes(size), expect);
        check(0.0, "0 B");
        check(812.0, "812 B");
        check(53_123_456.0, "53 MB");
        check(1_340_000_000.0, "1.3 GB");
    }

    #[test]
    fn counts() {
        assert_eq!(thousands(7), "7");
        assert_eq!(thousands(122_570), "122,570");
        assert_eq!(thousands(1_000_000), "1,000,000");
        assert_eq!(counted(0, "job"), "0 jobs");
        assert_eq!(counted(1, "job"), "1 job");
        assert_eq!(counted(2_000, "job"), "2000 jobs");
        assert_eq!(counted_as(2, "class", "classes"), "2 classes");
    }

    #[test]
    fn numbers_have_at_most_six_digits() {
        let check = |x: f64, text: &str| assert_eq!(short(x), text);
        check(0.05 * 0.1, "0.005");
        check(0.1 * 0.1 * 0.1, "0.001");
        check(1e-4, "1e-4");
        check(3e-4 * 0.1, "3e-5");
        check(1.0 / 3.0, "0.333333");
        check(2.5e7, "2.5e7");
        check(f64::NAN, "NaN");
    }
}
