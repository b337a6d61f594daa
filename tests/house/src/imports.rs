//! Which file of a crate uses what another file defines.
//!
//! A dependency is a path in code that leads to an item of another file, through any number of
//! re-exports. A module that only declares or re-exports therefore depends on nothing.

use crate::source::{FileId, ItemKind, ModuleId, Sources};
use std::collections::{BTreeMap, HashSet};

/// One use by a file of another file's item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Use {
    pub line: usize,
    pub name: String,
}

/// For each file, the files that it uses, each with the first use.
pub type Graph = BTreeMap<FileId, BTreeMap<FileId, Use>>;

/// The dependencies between the files of a crate, tests left out.
pub fn graph(sources: &Sources) -> Graph {
    let mut graph = Graph::new();
    for module in 0..sources.modules.len() {
        let file = sources.modules[module].file;
        graph.entry(file).or_default();
        for (target, line) in used_items(sources, module) {
            if target.file != file {
                let uses = graph.entry(file).or_default();
                uses.entry(target.file).or_insert(Use {
                    line,
                    name: target.name,
                });
            }
        }
    }
    graph
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct ItemTarget {
    file: FileId,
    name: String,
    kind: ItemKind,
}

enum Target {
    Module(ModuleId),
    Item(ItemTarget),
}

fn used_items(sources: &Sources, module: ModuleId) -> Vec<(ItemTarget, usize)> {
    let resolver = Resolver { sources };
    let this = &sources.modules[module];
    let mut found = Vec::new();
    for path in &this.used {
        for target in resolver.items(module, &path.segments) {
            found.push((target, path.line));
        }
    }
    let words: HashSet<&String> = this.used.iter().flat_map(|path| &path.segments).collect();
    for import in &this.imports {
        let is_silent = import.is_private && import.name != "*" && !words.contains(&import.name);
        if !is_silent {
            continue;
        }
        // A trait may be used only through its methods. Any other import that no code names is
        // either meant for child modules or used inside a format string.
        for target in resolver.items(module, &import.path) {
            if target.kind == ItemKind::Trait || this.children.is_empty() {
                found.push((target, import.line));
            }
        }
    }
    found
}

struct Resolver<'a> {
    sources: &'a Sources,
}

/// Names whose look-up has begun; it prevents endless recursion where imports name each other.
type Pending = HashSet<(ModuleId, String)>;

impl Resolver<'_> {
    fn items(&self, module: ModuleId, path: &[String]) -> Vec<ItemTarget> {
        let mut items = Vec::new();
        for target in self.resolve(module, path, &mut Pending::new()) {
            if let Target::Item(item) = target {
                items.push(item);
            }
        }
        items
    }

    /// What the path stands for, seen from `module`; nothing if it leaves the crate.
    fn resolve(&self, module: ModuleId, path: &[String], pending: &mut Pending) -> Vec<Target> {
        let Some((first, rest)) = path.split_first() else {
            return vec![];
        };
        let start = match first.as_str() {
            "crate" => vec![Target::Module(self.sources.root(module))],
            "self" if !rest.is_empty() => vec![Target::Module(module)],
            "super" => {
                let parent = self.sources.modules[module].parent;
                parent.map(Target::Module).into_iter().collect()
            }
            name => self.look_up(module, name, pending),
        };
        let mut found = Vec::new();
        for target in start {
            self.descend(target, rest, pending, &mut found);
        }
        found
    }

    fn descend(
        &self,
        target: Target,
        rest: &[String],
        pending: &mut Pending,
        found: &mut Vec<Target>,
    ) {
        let Some((name, deeper)) = rest.split_first() else {
            found.push(target);
            return;
        };
        match target {
            Target::Module(module) if name == "super" => {
                if let Some(parent) = self.sources.modules[module].parent {
                    self.descend(Target::Module(parent), deeper, pending, found);
                }
            }
            Target::Module(module) => {
                for inner in self.look_up(module, name, pending) {
                    self.descend(inner, deeper, pending, found);
                }
            }
            // What is left names a variant or an associated item.
            Target::Item(item) if item.kind != ItemKind::Value => found.push(Target::Item(item)),
            Target::Item(_) => {}
        }
    }

    fn look_up(&self, module: ModuleId, name: &str, pending: &mut Pending) -> Vec<Target> {
        let key = (module, name.to_string());
        if !pending.insert(key.clone()) {
            return vec![];
        }
        let this = &self.sources.modules[module];
        let mut found: Vec<Target> = Vec::new();
        for definition in this
            .definitions
            .iter()
            .filter(|definition| definition.name == name)
        {
            let (name, kind) = (definition.name.clone(), definition.kind);
            found.push(Target::Item(ItemTarget {
                file: this.file,
                name,
                kind,
            }));
        }
        found.extend(this.children.get(name).map(|child| Target::Module(*child)));
        for import in this.imports.iter().filter(|import| import.name == name) {
            found.extend(self.resolve(module, &import.path, pending));
        }
        if found.is_empty() {
            found = self.look_up_in_globs(module, name, pending);
        }
        pending.remove(&key);
        found
    }

    fn look_up_in_globs(&self, module: ModuleId, name: &str, pending: &mut Pending) -> Vec<Target> {
        let mut found = Vec::new();
        for import in self.sources.modules[module].imports.iter() {
            if import.name != "*" {
                continue;
            }
            for target in self.resolve(module, &import.path, pending) {
                if let Target::Module(inner) = target {
                    found.extend(self.look_up(inner, name, pending));
                }
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::{Path, PathBuf};

    /// Checks which files use which: `"a -> b"` for `src/a.rs` and `src/b.rs`.
    fn check(files: &[(&str, &str)], expected: &[&str]) {
        let mut texts = BTreeMap::new();
        for (name, text) in files {
            texts.insert(PathBuf::from(format!("src/{name}.rs")), text.to_string());
        }
        let sources = Sources::parse(Path::new("src"), texts).unwrap();
        assert_eq!(sources.unreached, Vec::<PathBuf>::new());
        let name = |file: FileId| {
            let path = sources.files[file].path.with_extension("");
            path.strip_prefix("src").unwrap().display().to_string()
        };
        let mut found = Vec::new();
        for (from, targets) in graph(&sources) {
            found.extend(
                targets
                    .keys()
                    .map(|&to| format!("{} -> {}", name(from), name(to))),
            );
        }
        found.sort();
        assert_eq!(found, expected);
    }

    #[test]
    fn declarations_and_re_exports_are_no_uses() {
        let root = "mod a; pub use a::A; pub(crate) use a::*;";
        check(&[("lib", root), ("a", "pub struct A;")], &[]);
    }

    #[test]
    fn a_use_leads_through_re_exports_to_the_definition() {
        let root = ("lib", "mod a; mod b; mod c; pub use a::A;");
        let (a, b) = (("a", "pub struct A;"), ("b", "pub use crate::A;"));
        check(
            &[root, a, b, ("c", "use crate::b::A; fn f(_: A) {}")],
            &["c -> a"],
        );
        check(&[root, a, b, ("c", "fn f(_: super::b::A) {}")], &["c -> a"]);
        check(
            &[root, a, b, ("c", "use super::*; fn f(_: A) {}")],
            &["c -> a"],
        );
        check(
            &[root, a, b, ("c", "use crate::b; fn f(_: b::A) {}")],
            &["c -> a"],
        );
        check(
            &[
                root,
                a,
                b,
                ("c", "fn f() { println!(\"{}\", crate::A::new()); }"),
            ],
            &["c -> a"],
        );
    }

    #[test]
    fn names_that_only_look_alike_are_no_uses() {
        let root = ("lib", "mod a; mod b;");
        let a = ("a", "pub fn a() {} pub struct A;");
        check(
            &[
                root,
                a,
                ("b", "use crate::a::*; fn f(x: X) { x.a(); x.A; other::A; }"),
            ],
            &[],
        );
        check(
            &[
                root,
                a,
                ("b", "use crate::a::*; fn a() { S { a: 1 }; let a = 2; }"),
            ],
            &[],
        );
        check(&[root, a, ("b", "struct A; fn f(_: A) {}")], &[]);
        check(
            &[
                root,
                a,
                (
                    "b",
                    "#[cfg(test)] mod tests { use crate::a::A; fn f(_: A) {} }",
                ),
            ],
            &[],
        );
    }

    #[test]
    fn parents_and_children_may_form_a_circle() {
        let root = ("lib", "mod a;");
        let parent = ("a/mod", "mod b; pub struct A; fn f() { b::g() }");
        let child = ("a/b", "use super::A; pub fn g() -> A { A }");
        check(&[root, parent, child], &["a/b -> a/mod", "a/mod -> a/b"]);
    }

    #[test]
    fn an_imported_trait_is_used_by_its_methods() {
        let root = ("lib", "mod a; mod b; mod c;");
        let (a, c) = (("a", "pub trait T {} pub struct S;"), ("c", ""));
        check(
            &[root, a, ("b", "mod d; use crate::a::T;"), ("b/d", ""), c],
            &["b -> a"],
        );
        check(
            &[
                root,
                a,
                ("b", "mod d; use crate::a::S;"),
                ("b/d", "use super::S; fn f(_: S) {}"),
                c,
            ],
            &["b/d -> a"],
        );
    }
}
