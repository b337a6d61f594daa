//! In which keys resolved configurations differ.

use convsweep_spec::canonical::canonical_json;
use convsweep_spec::configuration::Configuration;
use serde::Serialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// A key of the resolved file whose value is not the same in all configurations.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct KeyDifference {
    /// The dotted key, with the places of arrays as numbers from 0: `model.layers.2.conv`.
    pub key: String,
    /// Its value in each configuration, in the order given; `None` where there is no such key.
    pub values: Vec<Option<Value>>,
}

/// The keys in which `configurations` differ, by name. Arrays of different lengths are given as a
/// whole, since an element more moves all that follow.
pub fn differing_keys(configurations: &[&Configuration]) -> Vec<KeyDifference> {
    let mut documents = Vec::with_capacity(configurations.len());
    for configuration in configurations {
        // The canonical text is JSON.
        let document = serde_json::from_str(&canonical_json(configuration));
        documents.push(document.ok());
    }
    let mut found = Vec::new();
    compare(String::new(), documents, &mut found);
    found
}

/// Adds the differences between `values`, which are those of `key`.
fn compare(key: String, values: Vec<Option<Value>>, found: &mut Vec<KeyDifference>) {
    if values.windows(2).all(|pair| pair[0] == pair[1]) {
        return;
    }
    let Some(parts) = parts(&values) else {
        found.push(KeyDifference { key, values });
        return;
    };
    for (name, values) in parts {
        let key = match key.is_empty() {
            true => name,
            false => format!("{key}.{name}"),
        };
        compare(key, values, found);
    }
}

/// The values of each part of tables, or of arrays of one length; `None` for everything else.
fn parts(values: &[Option<Value>]) -> Option<Vec<(String, Vec<Option<Value>>)>> {
    if let Some(tables) = all(values, Value::as_object) {
        let names: BTreeSet<&String> = tables.iter().flat_map(|table| table.keys()).collect();
        let mut parts: BTreeMap<&String, Vec<Option<Value>>> = BTreeMap::new();
        for name in names {
            let values = tables.iter().map(|table| table.get(name).cloned());
            parts.insert(name, values.collect());
        }
        let parts = parts.into_iter().map(|(name, part)| (name.clone(), part));
        return Some(parts.collect());
    }
    let arrays = all(values, Value::as_array)?;
    let length = arrays.first()?.len();
    if arrays.iter().any(|array| array.len() != length) {
        return None;
    }
    let part = |i: usize| arrays.iter().map(|array| array.get(i).cloned()).collect();
    Some((0..length).map(|i| (i.to_string(), part(i))).collect())
}

/// All values in this form; `None` if one is missing or has another.
fn all<'a, T: ?Sized>(
    values: &'a [Option<Value>],
    form: impl Fn(&'a Value) -> Option<&'a T>,
) -> Option<Vec<&'a T>> {
    values
        .iter()
        .map(|value| value.as_ref().and_then(&form))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn differences(values: Vec<Value>) -> Vec<(String, Value)> {
        let mut found = Vec::new();
        compare(
            String::new(),
            values.into_iter().map(Some).collect(),
            &mut found,
        );
        let pair = |difference: KeyDifference| (difference.key, json!(difference.values));
        found.into_iter().map(pair).collect()
    }

    #[test]
    fn equal_keys_are_left_out_and_missing_ones_are_named() {
        let first = json!({"a": 1, "b": {"c": [1, 2], "d": "x"}, "e": 3});
        let second = json!({"a": 1, "b": {"c": [1, 5], "d": "x"}});
        let expected = [
            ("b.c.1".to_string(), json!([2, 5])),
            ("e".to_string(), json!([3, null])),
        ];
        assert_eq!(differences(vec![first.clone(), second]), expected);
        assert_eq!(differences(vec![first.clone(), first]), []);
    }

    #[test]
    fn arrays_of_different_lengths_and_values_of_different_kinds_stay_whole() {
        let values = vec![json!({"a": [1, 2]}), json!({"a": [1]}), json!({"a": "no"})];
        let expected = [("a".to_string(), json!([[1, 2], [1], "no"]))];
        assert_eq!(differences(values), expected);
    }
}
