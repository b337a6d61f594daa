//! What names of folders, and values of tables, say about images.

use convsweep_spec::data::SetPart;

/// The usual names of each part's folder, in lower case and without separators.
const USUAL: [(SetPart, &[&str]); 3] = [
    (SetPart::Training, &["train", "training", "trn"]),
    (
        SetPart::Validation,
        &["val", "valid", "validate", "validation", "vld", "dev"],
    ),
    (SetPart::Test, &["test", "testing", "tst"]),
];
/// Names of folders for validation as well as for testing.
const OF_TWO_MEANINGS: [&str; 6] = ["cv", "eval", "evaluate", "evaluation", "holdout", "heldout"];
/// What may follow such a name.
const ENDINGS: [&str; 6] = ["", "set", "data", "images", "imgs", "split"];

/// What a name says about the images of a folder, or about those with this value in a table.
pub(super) fn usual_part(name: &str) -> Option<SetPart> {
    telling_words(name).iter().find_map(|word| {
        let says = |(_, names): &&(SetPart, &[&str])| is_one_of(word, names);
        USUAL.iter().find(says).map(|(part, _)| *part)
    })
}

/// Whether a name says that images are held out, and not whether for validation or testing.
pub(super) fn may_validate_or_test(name: &str) -> bool {
    let words = telling_words(name);
    usual_part(name).is_none() && words.iter().any(|word| is_one_of(word, &OF_TWO_MEANINGS))
}

/// What may tell the part, in lower case: the name as a whole, such as "Training Set"; else its
/// first or last word, as in "seg_train".
fn telling_words(name: &str) -> Vec<String> {
    let name = name.to_lowercase();
    let words: Vec<&str> = name
        .split(|c: char| !c.is_alphabetic())
        .filter(|word| !word.is_empty())
        .collect();
    let ends = words.first().into_iter().chain(words.last());
    let mut telling = vec![words.concat()];
    telling.extend(ends.map(|word| word.to_string()));
    telling
}

/// Whether a word is one of these, perhaps with a usual ending.
fn is_one_of(word: &str, names: &[&str]) -> bool {
    let is_usual = |name: &&str| {
        let rest = word.strip_prefix(*name);
        rest.is_some_and(|rest| ENDINGS.contains(&rest))
    };
    names.iter().any(is_usual)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_two_meanings_are_known() {
        for name in [
            "cv",
            "Eval",
            "evaluation_set",
            "hold-out",
            "held_out",
            "my holdout",
        ] {
            assert!(may_validate_or_test(name), "{name}");
            assert_eq!(usual_part(name), None, "{name}");
        }
        for name in ["val_holdout", "cvs", "rose eval rose", "rose"] {
            assert!(!may_validate_or_test(name), "{name}");
        }
    }
}
