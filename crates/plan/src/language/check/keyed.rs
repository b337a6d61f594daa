//! Checks a variant that is named by one of its keys: `{ conv = 32, kernel = 3 }`.

use super::checker::Checker;
use crate::language::field::{Variant, Variants};
use crate::language::value_path::ValuePath;
use crate::language::{suggest, synonyms};
use crate::source::problem::{Problem, ProblemCode};
use crate::source::tree::{Node, TableEntry};

/// Keys of one table that are compared with names at most.
const MAX_COMPARED: usize = 100;

impl Checker<'_> {
    pub(super) fn keyed(&mut self, node: &Node, variants: &Variants, path: &ValuePath) -> bool {
        let found = named_variants(node, variants);
        if found.iter().all(|v| v.weak)
            && let Some((entry, meant)) = misspelt_name(node, variants)
        {
            let help = format!("did you mean `{}`? {}", meant.key, meant.doc);
            return self.reject(nameless(entry, path).help(help));
        }
        match found[..] {
            [variant] => {
                let keys = node.entries().iter().map(|e| &*e.key);
                // Further keys of an open variant are names of parameters.
                let others: Vec<_> = keys.filter(|_| variant.open).collect();
                self.table(node, variant.fields, &others, &path.of_variant(variant.key))
            }
            [] => {
                let names = variants.names().join(", ");
                let help = format!("one of these keys must say what it is: {names}");
                let problem = match node.entries().first() {
                    Some(entry) => nameless(entry, path),
                    None => Problem::of(ProblemCode::Missing, node, nameless_title(path)),
                };
                self.reject(problem.help(help))
            }
            [first, second, ..] => self.reject(two_names(node, first, second, variants, path)),
        }
    }
}

/// The variants whose keys are in the table. Weak ones count only if there are no others; an open
/// one excludes all others.
pub(crate) fn named_variants(node: &Node, variants: &Variants) -> Vec<&'static Variant> {
    let entries = node.entries().iter();
    let mut found: Vec<_> = entries.filter_map(|e| variants.find(&e.key)).collect();
    if found.iter().any(|v| v.open) {
        found.retain(|v| v.open);
    } else if found.iter().any(|v| !v.weak) {
        found.retain(|v| !v.weak);
    }
    found
}

/// The first key that the language does not have but that is similar to the name of a variant.
fn misspelt_name<'a>(
    node: &'a Node,
    variants: &Variants,
) -> Option<(&'a TableEntry, &'static Variant)> {
    let options = variants.option_keys();
    let strong: Vec<_> = variants.list.iter().filter(|v| !v.weak).collect();
    let strong: Vec<_> = strong.into_iter().map(|v| v.key).collect();
    let names = variants.names();
    let has_name = !named_variants(node, variants).is_empty();
    for entry in node.entries().iter().take(MAX_COMPARED) {
        if options.contains(&&*entry.key) || names.contains(&&*entry.key) {
            continue;
        }
        // If there is a weak variant, only the name of a strong one can be missing.
        let candidates = if has_name { &strong } else { &names };
        if let Some(near) = suggest::nearest(&entry.key, candidates) {
            return Some((entry, variants.find(near)?));
        }
    }
    None
}

fn nameless_title(path: &ValuePath) -> String {
    format!("{path} does not say what it is")
}

fn nameless(entry: &TableEntry, path: &ValuePath) -> Problem {
    Problem::at(ProblemCode::Missing, entry.key_span, nameless_title(path)).about(&*entry.key)
}

fn two_names(
    node: &Node,
    first: &Variant,
    second: &Variant,
    variants: &Variants,
    path: &ValuePath,
) -> Problem {
    // The name of one variant may be another program's word for an option of the other.
    let options: Vec<_> = first.fields.iter().map(|f| f.key).collect();
    let options: Vec<_> = options.into_iter().filter(|k| *k != first.key).collect();
    let separate = format!("write each {} as a separate entry", variants.noun);
    let help = match synonyms::meant_by(second.key, &options) {
        Some(option) => format!("did you mean `{option}`? If not, {separate}"),
        None => separate,
    };
    let second_span = node.entry(second.key).map_or(node.span, |e| e.key_span);
    let title = format!("{path} is both `{}` and `{}`", first.key, second.key);
    Problem::at(ProblemCode::Conflict, second_span, title)
        .about(second.key)
        .label("a second name")
        .also(node.entry(first.key).map(|e| e.key_span), "the first")
        .help(help)
}
