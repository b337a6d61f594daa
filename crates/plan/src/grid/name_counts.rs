//! Labels of tables with a name: the name, and the options that tell it from others of that name.

use super::value_text::option_text;
use crate::source::tree::Node;
use std::collections::HashMap;

/// How often names and their options occur among the values of an axis.
///
/// Counted once, so that labelling an axis takes time in proportion to its length.
pub(super) struct NameCounts<'a> {
    names: HashMap<&'a str, usize>,
    /// By name, key and canonical value.
    options: HashMap<(&'a str, &'a str, String), usize>,
}

impl<'a> NameCounts<'a> {
    pub(super) fn of(nodes: &'a [Node]) -> NameCounts<'a> {
        let mut counts = NameCounts {
            names: HashMap::new(),
            options: HashMap::new(),
        };
        for node in nodes {
            if let Some(name) = node.name() {
                counts.add(node, name);
            }
        }
        counts
    }

    fn add(&mut self, node: &'a Node, name: &'a str) {
        *self.names.entry(name).or_default() += 1;
        for entry in node.entries().iter().filter(|e| &*e.key != "name") {
            let option = (name, &*entry.key, entry.node.canonical());
            *self.options.entry(option).or_default() += 1;
        }
    }

    /// The label of one of the counted values: its name, and the options that not all values of
    /// that name have alike.
    pub(super) fn label(&self, node: &Node, name: &str) -> String {
        let namesakes = self.names.get(name);
        let mut parts = vec![name.to_string()];
        for entry in node.entries().iter().filter(|e| &*e.key != "name") {
            let option = (name, &*entry.key, entry.node.canonical());
            if self.options.get(&option) != namesakes {
                parts.push(option_text(entry));
            }
        }
        parts.join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::{NameCounts, option_text};
    use crate::source::parse::parse_value;
    use crate::source::tree::Node;

    fn nodes(values: &[&str]) -> Vec<Node> {
        let parsed = values.iter().map(|toml| parse_value(toml, 0, 0));
        parsed.collect::<Result<_, _>>().expect("TOML")
    }

    fn labels(nodes: &[Node]) -> Vec<String> {
        let counts = NameCounts::of(nodes);
        let named = nodes.iter().filter_map(|n| Some((n, n.name()?)));
        named.map(|(node, name)| counts.label(node, name)).collect()
    }

    /// The label by its definition: every value is compared with every other.
    fn compared(node: &Node, name: &str, all: &[Node]) -> String {
        let mut parts = vec![name.to_string()];
        for entry in node.entries().iter().filter(|e| &*e.key != "name") {
            let mut namesakes = all.iter().filter(|n| n.name() == Some(name));
            let differs =
                namesakes.any(|n| !n.get(&entry.key).is_some_and(|v| v.same(&entry.node)));
            if differs {
                parts.push(option_text(entry));
            }
        }
        parts.join(" ")
    }

    #[test]
    fn options_that_differ_are_in_the_label() {
        let values = nodes(&[
            "{ name = \"sgd\", lr = 0.1, momentum = 0.9 }",
            "{ name = \"sgd\", lr = 0.2, momentum = 0.9 }",
            "{ name = \"adam\", lr = 0.1, betas = [0.9, 0.99] }",
        ]);
        assert_eq!(labels(&values), ["sgd lr=0.1", "sgd lr=0.2", "adam"]);
    }

    #[test]
    fn a_name_alone_lacks_every_option() {
        let values = nodes(&[
            "\"sgd\"",
            "{ name = \"sgd\", lr = 1 }",
            "{ lr = 1.0, name = \"sgd\" }",
        ]);
        assert_eq!(labels(&values), ["sgd", "sgd lr=1", "sgd lr=1"]);
    }

    #[test]
    fn labels_are_those_of_comparing_every_pair() {
        let mut values = nodes(&["\"a\"", "3", "[1, 2]", "{ lr = 1 }", "{ name = 2, lr = 1 }"]);
        for i in 0..200 {
            let name = ["a", "b", "c"][i % 3];
            let (x, y) = (i % 5, if i % 3 == 1 { 0 } else { i % 2 });
            let z = if i % 7 == 0 {
                ", z = [1, { k = 2 }]"
            } else {
                ""
            };
            let toml = format!("{{ x = {x}, name = \"{name}\", y = {y}.0, w = 1e0{z} }}");
            values.extend(nodes(&[&toml]));
        }
        let named = values.iter().filter_map(|n| Some((n, n.name()?)));
        let expect: Vec<_> = named.map(|(n, name)| compared(n, name, &values)).collect();
        assert_eq!(labels(&values), expect);
    }

    #[test]
    fn thousands_of_named_tables_are_labelled() {
        let mut values = Vec::new();
        for i in 0..5000 {
            let toml = format!("{{ name = \"sgd\", lr = {i}, momentum = 0.9 }}");
            values.extend(nodes(&[&toml]));
        }
        let expect: Vec<_> = (0..5000).map(|i| format!("sgd lr={i}")).collect();
        assert_eq!(labels(&values), expect);
    }
}
