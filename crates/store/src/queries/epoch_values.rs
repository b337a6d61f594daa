//! The metrics of an epoch. A sweep has millions of them, so that epochs share their names.

use std::ops::Index;
use std::sync::Arc;

/// Values of an epoch by name, in the order of the names.
#[derive(Clone, Debug, Default)]
pub struct EpochValues {
    /// Sorted. While values are added, there may be names that have none yet.
    names: Arc<Vec<String>>,
    values: Vec<f64>,
}

impl EpochValues {
    /// The value of this name.
    pub fn get(&self, name: &str) -> Option<&f64> {
        let place = self.names().binary_search_by(|n| n.as_str().cmp(name));
        self.values.get(place.ok()?)
    }

    /// The names.
    pub fn keys(&self) -> impl Iterator<Item = &String> {
        self.names().iter()
    }

    /// Names with their values.
    pub fn iter(&self) -> impl Iterator<Item = (&String, &f64)> {
        self.names().iter().zip(&self.values)
    }

    /// Adds a value, or replaces the one of this name.
    pub fn insert(&mut self, name: String, value: f64) {
        match self.names().binary_search(&name) {
            Ok(place) => self.values[place] = value,
            Err(place) => {
                let mut names = self.names().to_vec();
                names.insert(place, name);
                self.names = Arc::new(names);
                self.values.insert(place, value);
            }
        }
    }

    /// No values yet, but room for those of the names that `other` has.
    pub(super) fn like(other: &EpochValues) -> EpochValues {
        EpochValues {
            names: Arc::clone(&other.names),
            values: Vec::with_capacity(other.values.len()),
        }
    }

    /// As [`EpochValues::insert`]; costs least if names come in the order that was expected.
    pub(super) fn push(&mut self, name: &str, value: f64) {
        let expected = self.names.get(self.values.len());
        if expected.is_some_and(|expected| expected == name) {
            self.values.push(value);
        } else {
            self.insert(name.to_string(), value);
        }
    }

    /// The names that have values.
    fn names(&self) -> &[String] {
        &self.names[..self.values.len()]
    }
}

impl PartialEq for EpochValues {
    fn eq(&self, other: &EpochValues) -> bool {
        self.names() == other.names() && self.values == other.values
    }
}

impl Index<&str> for EpochValues {
    type Output = f64;

    fn index(&self, name: &str) -> &f64 {
        match self.get(name) {
            Some(value) => value,
            None => panic!("the epoch has no {name}"),
        }
    }
}

impl Extend<(String, f64)> for EpochValues {
    fn extend<T: IntoIterator<Item = (String, f64)>>(&mut self, values: T) {
        for (name, value) in values {
            self.insert(name, value);
        }
    }
}

impl<const N: usize> From<[(String, f64); N]> for EpochValues {
    fn from(values: [(String, f64); N]) -> EpochValues {
        let mut made = EpochValues::default();
        made.extend(values);
        made
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(values: &EpochValues) -> Vec<(&str, f64)> {
        values.iter().map(|(name, v)| (name.as_str(), *v)).collect()
    }

    #[test]
    fn epochs_with_the_same_names_share_them() {
        let mut first = EpochValues::default();
        first.push("a", 1.0);
        first.push("c", 3.0);
        let mut second = EpochValues::like(&first);
        second.push("a", 10.0);
        assert_eq!(pairs(&second), [("a", 10.0)]);
        assert_eq!(second.get("c"), None, "it has no value yet");
        second.push("c", 30.0);
        assert!(Arc::ptr_eq(&first.names, &second.names));
        assert_eq!((second["c"], first["c"]), (30.0, 3.0));
    }

    #[test]
    fn other_names_and_any_order_are_kept() {
        let first = EpochValues::from([("c", 3.0), ("a", 1.0)].map(|(n, v)| (n.into(), v)));
        assert_eq!(pairs(&first), [("a", 1.0), ("c", 3.0)]);
        let mut second = EpochValues::like(&first);
        second.push("b", 2.0);
        second.push("a", 1.0);
        second.push("a", 5.0);
        assert_eq!(pairs(&second), [("a", 5.0), ("b", 2.0)]);
        assert_ne!(first, second);
        let mut third = EpochValues::like(&first);
        third.push("a", 1.0);
        let only = EpochValues::from([("a".to_string(), 1.0)]);
        assert_eq!(third, only, "names without values do not count");
    }
}
