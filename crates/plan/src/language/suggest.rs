//! What was probably meant by a name that the language does not have.

use super::field::{Field, ValueKind, Variant};
use super::synonyms;
use super::tables;

/// Names longer than this are not compared with others.
const LONGEST_COMPARED: usize = 64;
/// Similarity from which a name counts as misspelt, from 0 to 1.
const SIMILAR: f64 = 0.55;
/// Letters that a name needs to be taken as the beginning of another.
const SHORTEST_PREFIX: usize = 3;

/// The known name that was probably meant.
pub fn nearest<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    if name.len() > LONGEST_COMPARED {
        return None;
    }
    let name = name.to_lowercase().replace('-', "_");
    synonyms::meant_by(&name, known)
        .or_else(|| most_similar(&name, known))
        .or_else(|| sharing_a_prefix(&name, known))
}

/// The most similar name; the first in a tie.
fn most_similar<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    let mut best: Option<(f64, &str)> = None;
    for candidate in known {
        let spelling = candidate.replace('-', "_");
        let similarity = strsim::normalized_damerau_levenshtein(name, &spelling);
        if best.is_none_or(|(highest, _)| similarity > highest) {
            best = Some((similarity, candidate));
        }
    }
    best.filter(|(similarity, _)| *similarity >= SIMILAR)
        .map(|(_, candidate)| candidate)
}

fn sharing_a_prefix<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    let long_enough = |text: &str| text.len() >= SHORTEST_PREFIX;
    if !long_enough(name) {
        return None;
    }
    let mut candidates = known.iter().copied().filter(|k| long_enough(k));
    candidates.find(|k| name.starts_with(k) || k.starts_with(name))
}

/// What to do about an unknown name: the nearest known one, or all of them.
pub(crate) fn remedy(name: &str, known: &[&str]) -> String {
    match nearest(name, known) {
        Some(near) => format!("did you mean `{near}`?"),
        None if known.is_empty() => "nothing can be set here".into(),
        None => format!("known here: {}", known.join(", ")),
    }
}

/// The section, or the table in a section, that has this key.
pub(crate) fn home_of(key: &str) -> Option<String> {
    let sections = || tables::FILE.iter().filter_map(section_fields);
    for (section, fields) in sections() {
        if has(fields, key) {
            return Some(section.into());
        }
    }
    for (section, fields) in sections() {
        for field in fields {
            if let ValueKind::Named(variants) = &field.kind
                && variants.list.iter().any(|v: &Variant| has(v.fields, key))
            {
                return Some(format!("{section}.{}", field.key));
            }
        }
    }
    None
}

fn section_fields(section: &Field) -> Option<(&'static str, &'static [Field])> {
    match section.kind {
        ValueKind::Table(fields) => Some((section.key, fields)),
        _ => None,
    }
}

fn has(fields: &[Field], key: &str) -> bool {
    fields.iter().any(|f| f.key == key)
}
