//! Checks a variant that is chosen by its name: `"adam"`, or `{ name = "adam", lr = 0.1 }`.

use super::checker::Checker;
use super::table::{MAX_UNKNOWN, unknown_key};
use crate::language::describe::alternatives;
use crate::language::field::{ValueKind, Variant, Variants};
use crate::language::suggest;
use crate::language::value_path::ValuePath;
use crate::source::problem::{Problem, ProblemCode};
use crate::source::tree::{Node, TableEntry};

impl Checker<'_> {
    pub(super) fn named(&mut self, node: &Node, variants: &Variants, path: &ValuePath) -> bool {
        let name = match node.text() {
            Some(_) => Some(node),
            None => node.get("name"),
        };
        let Some(name) = name else {
            return match (self.partial, variants.default) {
                (true, _) => self.options_of_any(node, variants, path),
                (false, Some(default)) => self.variant(node, node, default, variants, path),
                (false, None) => self.without_name(node, variants, path),
            };
        };
        match name.text() {
            Some(text) if self.partial && text.starts_with('$') => {
                self.options_of_any(node, variants, path)
            }
            Some(text) => self.variant(node, name, text, variants, path),
            None => self.value(name, &ValueKind::Text, &path.key("name"), ""),
        }
    }

    fn without_name(&mut self, node: &Node, variants: &Variants, path: &ValuePath) -> bool {
        let known = [&["name"][..], &variants.option_keys()].concat();
        let mut unknown = node.entries().iter().filter(|e| !known.contains(&&*e.key));
        let misspelt = unknown.find(|e| suggest::nearest(&e.key, &["name"]).is_some());
        if let Some(entry) = misspelt {
            return self.reject(unknown_key(entry, &[], &["name"], path));
        }
        let title = format!("{} does not say which {}", path.quoted(), variants.noun);
        let problem = Problem::of(ProblemCode::Missing, node, title).about(path.keys());
        let help = format!("name = {}", alternatives(&variants.names()));
        self.reject(problem.label("has no `name`").help(help))
    }

    /// Checks the variant called `name`, which is given at `name_node`.
    fn variant(
        &mut self,
        node: &Node,
        name_node: &Node,
        name: &str,
        variants: &Variants,
        path: &ValuePath,
    ) -> bool {
        let Some(variant) = variants.find(name) else {
            return self.reject(unknown_name(name_node, name, variants));
        };
        if node.is_table() {
            return self.options(node, variant, variants, path);
        }
        let missing = variant.fields.iter().find(|f| f.is_required());
        let Some(field) = missing.filter(|_| !self.partial) else {
            return true;
        };
        let title = format!("{path} ({}) has no `{}`", variant.key, field.key);
        let help = format!(
            "write {{ name = \"{}\", {} = … }}: {}",
            variant.key, field.key, field.doc
        );
        self.reject(
            Problem::of(ProblemCode::Missing, node, title)
                .about(field.key)
                .help(help),
        )
    }

    /// Checks the options of a variant; those of other variants have no effect.
    fn options(
        &mut self,
        node: &Node,
        variant: &Variant,
        variants: &Variants,
        path: &ValuePath,
    ) -> bool {
        let mut others = vec!["name"];
        for entry in node.entries() {
            if let Some(owner) = other_owner(entry, variant, variants) {
                let title = format!("{} has no `{}`", variant.key, entry.key);
                let problem = Problem::at(ProblemCode::NoEffect, entry.key_span, title);
                let help = format!("`{}` is an option of {owner}", entry.key);
                self.sink.report(problem.label("has no effect").help(help));
                others.push(&entry.key);
            }
        }
        self.table(node, variant.fields, &others, path) && others.len() == 1
    }

    /// Checks options where it is not known yet of what: each must be an option of some variant.
    fn options_of_any(&mut self, node: &Node, variants: &Variants, path: &ValuePath) -> bool {
        let mut right = true;
        let options = node.entries().iter().filter(|e| &*e.key != "name");
        for entry in options.take(MAX_UNKNOWN) {
            let mut fields = variants.list.iter().filter_map(|v| v.field(&entry.key));
            if let Some(field) = fields.next() {
                right &= self.value(&entry.node, &field.kind, &path.key(field.key), field.doc);
            } else {
                let known = [&["name"][..], &variants.option_keys()].concat();
                right = self.reject(unknown_key(entry, &[], &known, path));
            }
        }
        right
    }
}

/// The other variant that has this option.
fn other_owner(entry: &TableEntry, variant: &Variant, variants: &Variants) -> Option<&'static str> {
    if variant.field(&entry.key).is_some() {
        return None;
    }
    let owner = variants.list.iter().find(|v| v.field(&entry.key).is_some());
    owner.map(|v| v.key)
}

fn unknown_name(node: &Node, name: &str, variants: &Variants) -> Problem {
    let names = variants.names();
    let nearest = suggest::nearest(name, &names).and_then(|near| variants.find(near));
    let known = alternatives(&names);
    let help = match nearest {
        Some(v) => format!("did you mean \"{}\"? {} Known: {known}", v.key, v.doc),
        None => format!("known: {known}"),
    };
    let title = format!("there is no {} \"{name}\"", variants.noun);
    Problem::of(ProblemCode::UnknownName, node, title)
        .label("not known")
        .help(help)
}
