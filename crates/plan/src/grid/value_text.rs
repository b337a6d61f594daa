//! A value in short, as labels and messages need it.

use crate::source::tree::{Node, NodeValue, TableEntry};
use convsweep_spec::words::printable;

/// Longest label of a value, in characters.
pub(super) const LONGEST_LABEL: usize = 40;

/// A value in short: `adam`, `0.001`, `rotate=15 + scale=[0.9, 1.1]`.
pub(crate) fn value_text(node: &Node) -> String {
    match &node.value {
        NodeValue::List(items) if items.is_empty() => "none".into(),
        NodeValue::List(items) => {
            let items: Vec<_> = items.iter().map(inner_text).collect();
            items.join(" + ")
        }
        _ => inner_text(node),
    }
}

/// The same for a value within another, where a list has brackets.
fn inner_text(node: &Node) -> String {
    match &node.value {
        NodeValue::Text(text) => printable(text).into_owned(),
        NodeValue::Int(n) => n.to_string(),
        NodeValue::Float(x) => float_text(*x),
        NodeValue::Bool(b) => b.to_string(),
        NodeValue::Time => "date".into(),
        NodeValue::List(items) => {
            let items: Vec<_> = items.iter().map(inner_text).collect();
            format!("[{}]", items.join(", "))
        }
        NodeValue::Table(entries) => {
            let options: Vec<_> = entries.iter().map(option_text).collect();
            options.join(" ")
        }
    }
}

/// `key=value`.
pub(super) fn option_text(entry: &TableEntry) -> String {
    format!("{}={}", entry.key, inner_text(&entry.node))
}

/// `0.001`, but `1e-4`. Points of a range, which have many digits, are shown with three of them.
fn float_text(x: f64) -> String {
    let shortest = x.to_string().len().min(format!("{x:e}").len());
    let x = if shortest > 7 {
        format!("{x:.2e}").parse().unwrap_or(x)
    } else {
        x
    };
    if x == 0.0 || (1e-3..1e6).contains(&x.abs()) {
        x.to_string()
    } else {
        format!("{x:e}")
    }
}

#[cfg(test)]
mod tests {
    use super::{float_text, value_text};
    use crate::source::parse::parse_value;

    #[test]
    fn floats_are_short() {
        let check = |x: f64, text: &str| assert_eq!(float_text(x), text);
        check(0.001, "0.001");
        check(1e-4, "1e-4");
        check(3.16227766017e-4, "3.16e-4");
        check(0.0316227766017, "0.0316");
        check(2.5e7, "2.5e7");
        check(0.0, "0");
        check(-1.0, "-1");
        check(1234.5, "1234.5");
    }

    #[test]
    fn a_list_within_a_step_is_not_read_as_two_steps() {
        let check = |toml: &str, text: &str| {
            let node = parse_value(toml, 0, 0).expect("TOML");
            assert_eq!(value_text(&node), text);
        };
        check(
            "[{ rotate = 15 }, { scale = [0.9, 1.1] }]",
            "rotate=15 + scale=[0.9, 1.1]",
        );
        check("[]", "none");
        check("{ mean = [0.5], std = [1] }", "mean=[0.5] std=[1]");
    }
}
