//! Names of types that are defined more than once in the workspace.

use crate::source::{self, SourceFile};
use std::collections::BTreeMap;
use std::path::PathBuf;
use syn::visit::{self, Visit};

/// Every type, by name, with the places that define it.
#[derive(Default)]
pub struct TypeNames(BTreeMap<String, Vec<(PathBuf, usize)>>);

impl TypeNames {
    /// Adds the types of a file, except those in tests. A type that a file defines several times,
    /// for different features, counts once.
    pub fn add(&mut self, file: &SourceFile) {
        if file.is_test {
            return;
        }
        let mut visitor = Visitor {
            found: BTreeMap::new(),
        };
        visitor.visit_file(&file.syntax);
        for (name, line) in visitor.found {
            self.0
                .entry(name)
                .or_default()
                .push((file.path.clone(), line));
        }
    }

    /// The names with more than one place.
    pub fn repeated(&self) -> impl Iterator<Item = (&String, &Vec<(PathBuf, usize)>)> {
        self.0.iter().filter(|(_, places)| places.len() > 1)
    }
}

struct Visitor {
    found: BTreeMap<String, usize>,
}

impl<'ast> Visit<'ast> for Visitor {
    fn visit_item(&mut self, item: &'ast syn::Item) {
        if source::is_for_tests(source::item_attributes(item)) {
            return;
        }
        if let Some(name) = type_name(item) {
            self.found
                .entry(name.to_string())
                .or_insert(source::line(name.span()));
        }
        visit::visit_item(self, item);
    }
}

fn type_name(item: &syn::Item) -> Option<&syn::Ident> {
    match item {
        syn::Item::Struct(item) => Some(&item.ident),
        syn::Item::Enum(item) => Some(&item.ident),
        syn::Item::Union(item) => Some(&item.ident),
        syn::Item::Trait(item) => Some(&item.ident),
        syn::Item::Type(item) => Some(&item.ident),
        _ => None,
    }
}
