//! `references.bib`: the papers that a text cites.

use std::collections::BTreeSet;

/// All papers that a text may cite, ordered by their keys.
const ALL: &str = include_str!("references.bib");

/// The entries of the papers that `text` cites, ordered by their keys.
pub(super) fn bibliography(text: &str) -> String {
    let cited = cited(text);
    let is_cited = |entry: &&str| key(entry).is_some_and(|key| cited.contains(key));
    let entries: Vec<&str> = ALL.split("\n\n").filter(is_cited).map(str::trim).collect();
    entries.join("\n\n") + "\n"
}

/// The keys that a text cites.
fn cited(text: &str) -> BTreeSet<&str> {
    let groups = text.split("\\cite{").skip(1);
    let keys = groups.filter_map(|rest| rest.split('}').next());
    keys.flat_map(|keys| keys.split(',')).collect()
}

/// The key of an entry.
fn key(entry: &str) -> Option<&str> {
    let (_, rest) = entry.split_once('{')?;
    rest.split(',').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exactly_the_cited_papers_are_listed() {
        let text = bibliography("by a~\\cite{welch1947,holm1979} and b~\\cite{smyth2004}");
        let keys: Vec<&str> = text.split("\n\n").filter_map(key).collect();
        assert_eq!(keys, ["holm1979", "smyth2004", "welch1947"]);
        assert_eq!(bibliography("nothing"), "\n");
    }

    #[test]
    fn every_paper_has_the_fields_of_its_kind() {
        let mut keys = Vec::new();
        for entry in ALL.split("\n\n") {
            let key = key(entry).expect("a key");
            let kind = entry.trim().split('{').next().expect("a kind");
            let place: &[&str] = match kind {
                "@article" => &["journal", "volume", "pages"],
                "@inproceedings" => &["booktitle"],
                "@techreport" => &["institution"],
                "@misc" => &["howpublished"],
                "@book" => &["publisher", "edition"],
                other => panic!("{key} is a {other}"),
            };
            for field in ["author", "title", "year"].iter().chain(place) {
                let has = |line: &str| line.trim_start().starts_with(field);
                assert!(entry.lines().any(has), "{key} has no {field}");
            }
            assert_eq!(
                entry.matches('{').count(),
                entry.matches('}').count(),
                "{key}"
            );
            keys.push(key);
        }
        assert!(keys.is_sorted(), "{keys:?}");
    }
}
