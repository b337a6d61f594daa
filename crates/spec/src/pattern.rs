//! Patterns that match layers and their tensors by name.
//!
//! `conv1` matches a layer and everything in it (`conv1.weight`, `conv1.norm.bias`); `*` matches
//! any text, dots included; `head` is the last layer with a weight matrix, `backbone` all others.

/// The word for the last layer with a weight matrix.
pub const HEAD: &str = "head";
/// The word for all layers except the head.
pub const BACKBONE: &str = "backbone";

/// Whether `pattern` matches the tensor `name` of a network whose head is the layer `head`.
pub fn names(pattern: &str, name: &str, head: &str) -> bool {
    match pattern {
        HEAD => is_in(head, name),
        BACKBONE => !is_in(head, name),
        _ => matches(pattern, name) || matches(&format!("{pattern}.*"), name),
    }
}

/// Whether `rules` select the tensor: the last rule that matches decides, and one that starts with
/// `!` excludes.
pub fn takes(rules: &[String], name: &str, head: &str) -> bool {
    let last = rules
        .iter()
        .rfind(|rule| names(rule.trim_start_matches('!'), name, head));
    last.is_some_and(|rule| !rule.starts_with('!'))
}

/// The layer of the tensor `name`: `conv1.norm` for `conv1.norm.bias`.
pub fn layer_of(name: &str) -> &str {
    name.rsplit_once('.').map_or(name, |(layer, _)| layer)
}

/// The head, given the network's tensors in layer order with their numbers of dimensions.
pub fn head<'a>(tensors: impl DoubleEndedIterator<Item = (&'a str, usize)>) -> &'a str {
    tensors
        .rev()
        .find(|(_, dimensions)| *dimensions > 1)
        .map_or("", |(name, _)| layer_of(name))
}

fn is_in(layer: &str, name: &str) -> bool {
    name.strip_prefix(layer)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// Whether `text` matches `pattern`, where each `*` stands for any text.
pub fn matches(pattern: &str, text: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else {
        return pattern == text;
    };
    let Some(mut left) = text.strip_prefix(first) else {
        return false;
    };
    let mut parts: Vec<&str> = rest.split('*').collect();
    // The last part must match the end; each one between matches at its first occurrence.
    let last = parts.pop().unwrap_or_default();
    for part in parts {
        match left.split_once(part) {
            Some((_, behind)) => left = behind,
            None => return false,
        }
    }
    left.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_name_layers_and_what_is_in_them() {
        let check = |pattern: &str, name: &str, expect: bool| {
            assert_eq!(names(pattern, name, "dense2"), expect, "{pattern} {name}");
        };
        check("conv1", "conv1.weight", true);
        check("conv1", "conv1.norm.bias", true);
        check("conv1", "conv10.weight", false);
        check("conv*", "conv10.weight", true);
        check("residual1", "residual1.conv2.weight", true);
        check("*.norm", "residual1.conv2.norm.weight", true);
        check("*.norm", "residual1.conv2.weight", false);
        check("*norm*", "norm1.weight", true);
        check("residual*.conv2", "residual3.shortcut.conv2.bias", true);
        check("head", "dense2.bias", true);
        check("head", "dense1.bias", false);
        check("backbone", "dense1.bias", true);
        check("backbone", "dense2.weight", false);
        check("dense1.weight", "dense1.weight", true);
        check("a*b*b", "ab", false);
        check("*", "anything.at.all", true);
    }

    #[test]
    fn the_last_rule_counts() {
        let rules = ["backbone", "!residual*", "residual1"].map(String::from);
        let taken = |name| takes(&rules, name, "dense1");
        let found = [
            "conv1.weight",
            "residual2.conv1.weight",
            "residual1.conv1.weight",
            "dense1.weight",
        ]
        .map(taken);
        assert_eq!(found, [true, false, true, false]);
        assert!(!takes(&[], "conv1.weight", "dense1"));
        assert_eq!(
            head(
                [
                    ("conv1.weight", 4),
                    ("dense1.weight", 2),
                    ("dense1.bias", 1)
                ]
                .into_iter()
            ),
            "dense1"
        );
    }
}
