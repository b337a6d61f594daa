//! What a job takes over from a file of trained weights, and the names it uses for the file's
//! layers.

use crate::pattern;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Trained weights to start from instead of random ones.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transfer {
    /// BLAKE3 hash of the file, hexadecimal.
    pub hash: String,
    /// Names of layers in the file and their names in the network; a `*` in both stands for the
    /// same text.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub map: BTreeMap<String, String>,
    /// Layers that are initialised randomly ([`crate::pattern`]); `None` for the head, if the file
    /// has none or one for other classes.
    #[serde(rename = "anew", default, skip_serializing_if = "Option::is_none")]
    pub reinitialised: Option<Vec<String>>,
}

impl Transfer {
    /// The network's name for the file's tensor `name`: by the rule for exactly its layer, or else
    /// by the longest rule that matches.
    pub fn name_in_network(&self, name: &str) -> String {
        let Some((layer, role)) = name.rsplit_once('.') else {
            return name.to_string();
        };
        let Some((pattern, target)) = self.rule_for(layer) else {
            return name.to_string();
        };
        let layer = target.replacen('*', text_of_star(pattern, layer), 1);
        format!("{layer}.{role}")
    }

    fn rule_for(&self, layer: &str) -> Option<(&String, &String)> {
        let longest_match = || {
            let rules = self.map.iter();
            let matching = rules.filter(|(rule, _)| pattern::matches(rule, layer));
            matching.max_by_key(|(rule, _)| rule.len())
        };
        self.map.get_key_value(layer).or_else(longest_match)
    }
}

/// The part of `layer` that the `*` of a pattern stands for; empty if it has none.
fn text_of_star<'a>(pattern: &str, layer: &'a str) -> &'a str {
    let Some((before, after)) = pattern.split_once('*') else {
        return "";
    };
    let rest = layer.strip_prefix(before);
    rest.and_then(|rest| rest.strip_suffix(after))
        .unwrap_or_default()
}
