//! Lengths of time and sizes of memory, as they are written in `[run]`.

use crate::language::reader::TableReader;
use crate::source::problem::{Problem, ProblemCode, ProblemSink};
use std::time::Duration;

/// A length of time or a size of memory that a key of a section says, and the least that it may be,
/// in seconds or bytes.
#[derive(Clone, Copy)]
pub(super) struct Quantity {
    section: &'static str,
    key: &'static str,
    least: f64,
}

impl Quantity {
    pub(super) fn of(section: &'static str, key: &'static str, least: f64) -> Quantity {
        Quantity {
            section,
            key,
            least,
        }
    }
}

/// A length of time; the inner `None` if neither the file nor a default says one.
pub(super) fn time(
    reader: &TableReader,
    Quantity {
        section,
        key,
        least,
    }: Quantity,
    sink: &mut ProblemSink,
) -> Option<Option<Duration>> {
    let Some(node) = reader.node(key) else {
        return Some(None);
    };
    let text = node.text()?;
    let title = match duration(text) {
        Some(length) if length.as_secs_f64() >= least => return Some(Some(length)),
        Some(_) => format!("`{section}.{key}` must be at least {least} s"),
        None => format!("`{section}.{key}` is not a length of time: \"{text}\""),
    };
    let help = "write it like \"90 s\", \"30 min\", \"2 h\" or \"1 h 30 min\"";
    sink.report(Problem::of(ProblemCode::WrongValue, &node, title).help(help));
    None
}

/// A size of memory in bytes; the inner `None` if the file says none.
pub(super) fn memory(
    reader: &TableReader,
    Quantity {
        section,
        key,
        least,
    }: Quantity,
    sink: &mut ProblemSink,
) -> Option<Option<u64>> {
    let Some(node) = reader.given(key) else {
        return Some(None);
    };
    let text = node.text()?;
    if let Some(bytes) = bytes(text).filter(|bytes| *bytes as f64 >= least) {
        return Some(Some(bytes));
    }
    let title = format!("`{section}.{key}` cannot be \"{text}\"");
    let help = "write it like \"512 MiB\" or \"2 GiB\"; at least 256 MiB";
    sink.report(Problem::of(ProblemCode::WrongValue, node, title).help(help));
    None
}

/// The length of time that a text such as `90 s`, `2 h` or `1 h 30 min` means.
pub(super) fn duration(text: &str) -> Option<Duration> {
    let mut rest = text.trim();
    let mut seconds = 0.0;
    while !rest.is_empty() {
        let number_end = rest.find(|c: char| !is_digit_or_dot(c))?;
        let number: f64 = rest[..number_end].parse().ok()?;
        rest = rest[number_end..].trim_start();
        let unit_end = rest.find(|c: char| !c.is_alphabetic());
        let unit_end = unit_end.unwrap_or(rest.len());
        seconds += number * seconds_of(&rest[..unit_end])?;
        rest = rest[unit_end..].trim_start();
    }
    let duration = Duration::try_from_secs_f64(seconds).ok()?;
    (!duration.is_zero()).then_some(duration)
}

fn seconds_of(unit: &str) -> Option<f64> {
    match unit {
        "ms" => Some(0.001),
        "s" | "second" | "seconds" => Some(1.0),
        "min" | "minute" | "minutes" => Some(60.0),
        "h" | "hour" | "hours" => Some(3600.0),
        "d" | "day" | "days" => Some(86_400.0),
        _other => None,
    }
}

/// The number of bytes that a text such as `512 MiB` or `2 GB` means.
pub(super) fn bytes(text: &str) -> Option<u64> {
    let text = text.trim();
    let (number, unit) = text.split_at(text.find(|c: char| !is_digit_or_dot(c))?);
    let bytes = number.trim().parse::<f64>().ok()? * bytes_of(unit.trim())?;
    (bytes.is_finite() && bytes < 1e18).then_some(bytes as u64)
}

fn bytes_of(unit: &str) -> Option<f64> {
    match unit {
        "MiB" => Some((1u64 << 20) as f64),
        "GiB" => Some((1u64 << 30) as f64),
        "TiB" => Some((1u64 << 40) as f64),
        "MB" => Some(1e6),
        "GB" => Some(1e9),
        _other => None,
    }
}

fn is_digit_or_dot(c: char) -> bool {
    c.is_ascii_digit() || c == '.'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_of_memory() {
        let check = |text: &str, expect: Option<u64>| assert_eq!(bytes(text), expect, "{text}");
        check("512 MiB", Some(512 << 20));
        check("1.5GiB", Some(3 << 29));
        check("2 GB", Some(2_000_000_000));
        for wrong in ["", "2", "GiB", "2 gib", "-1 GiB", "1e9 GiB"] {
            check(wrong, None);
        }
    }

    #[test]
    fn lengths_of_time() {
        let check = |text: &str, expect: Option<u64>| {
            assert_eq!(duration(text).map(|d| d.as_secs()), expect, "{text}")
        };
        check("90 s", Some(90));
        check("2h", Some(7200));
        check("1 h 30 min", Some(5400));
        check("0.5 d", Some(43_200));
        for wrong in [
            "",
            "2",
            "h",
            "2 parsecs",
            "0 s",
            "1..2 s",
            "-3 s",
            "2 h and",
        ] {
            check(wrong, None);
        }
    }
}
