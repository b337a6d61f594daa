//! Class names that a person would take for the same.

use super::listing::first_notes;
use crate::DataError;
use std::collections::HashMap;
use unicode_normalization::UnicodeNormalization;

/// Notes on names that differ only in letter case or spaces.
///
/// # Errors
/// `Invalid` if two names look the same: one is composed and the other one decomposed Unicode.
pub(super) fn similar_names(classes: &[String]) -> Result<Vec<String>, DataError> {
    let (mut composed, mut lower) = (HashMap::new(), HashMap::new());
    let mut notes = Vec::new();
    for class in classes {
        let form: String = class.nfc().collect();
        if composed.insert(form.clone(), class).is_some() {
            return Err(DataError::Invalid(format!(
                "two classes are written \"{form}\" and differ only in how Unicode composes the \
                 letters: put their images under one name"
            )));
        }
        if let Some(other) = lower.insert(plain(class), class) {
            notes.push(format!(
                "the classes \"{other}\" and \"{class}\" differ only in letter case or spaces"
            ));
        }
    }
    Ok(first_notes(notes))
}

/// Whether a person would take one name for the other.
pub(super) fn look_alike(one: &str, other: &str) -> bool {
    plain(one) == plain(other)
}

/// A name without what a person overlooks.
fn plain(name: &str) -> String {
    let lower = name.nfc().collect::<String>().to_lowercase();
    lower.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_look_alike_are_told() {
        let names = |list: &[&str]| list.iter().map(|n| n.to_string()).collect::<Vec<_>>();
        assert_eq!(similar_names(&names(&["cat", "dog"])).ok(), Some(vec![]));
        let notes = similar_names(&names(&["Cat", "cat"])).expect("two classes");
        assert!(notes[0].contains("letter case"));
        let letters: Vec<String> = ('a'..='z').chain('A'..='Z').map(String::from).collect();
        let notes = similar_names(&letters).expect("52 classes");
        assert!(
            notes.len() == 5 && notes[4].ends_with("; 21 more like this"),
            "{notes:?}"
        );
        let error = similar_names(&names(&["caf\u{e9}", "cafe\u{301}"])).expect_err("one name");
        assert!(error.to_string().contains("Unicode"));
    }
}
