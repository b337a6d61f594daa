//! The sources of one crate: its files, parsed, and the tree of its modules.
//!
//! Like the compiler, it follows `mod` declarations. Code that is compiled only for tests is kept
//! apart.

use crate::scan::{self, Import, UsedPath};
use proc_macro2::Span;
use quote::ToTokens;
use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};
use syn::{Attribute, ImplItem, Item};
use walkdir::WalkDir;

/// Position of a file in [`Sources::files`].
pub type FileId = usize;

/// Position of a module in [`Sources::modules`].
pub type ModuleId = usize;

/// One source file.
pub struct SourceFile {
    /// Relative to the folder of the workspace.
    pub path: PathBuf,
    pub text: String,
    pub syntax: syn::File,
    /// Whether the whole file is compiled for tests alone.
    pub is_test: bool,
}

/// The kinds of items that resolving a path must tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ItemKind {
    Type,
    Trait,
    Value,
}

/// A named item of a module.
pub struct Definition {
    pub name: String,
    pub kind: ItemKind,
}

/// A module: a file, or a `mod name { … }` inside one. Modules of tests are left out.
#[derive(Default)]
pub struct Module {
    pub file: FileId,
    pub parent: Option<ModuleId>,
    pub children: BTreeMap<String, ModuleId>,
    pub definitions: Vec<Definition>,
    pub imports: Vec<Import>,
    pub used: Vec<UsedPath>,
}

/// All files and modules of a crate. A crate of a library and a program has two roots.
#[derive(Default)]
pub struct Sources {
    pub files: Vec<SourceFile>,
    pub modules: Vec<Module>,
    /// Files below `src` that no `mod` declaration reaches.
    pub unreached: Vec<PathBuf>,
}

impl Sources {
    /// Reads the crate in `folder`, a folder in `workspace`.
    pub fn read(workspace: &Path, folder: &Path) -> Result<Sources, String> {
        let src = folder.join("src");
        let mut texts = BTreeMap::new();
        for entry in WalkDir::new(&src).sort_by_file_name() {
            let entry = entry.map_err(|error| error.to_string())?;
            if entry
                .path()
                .extension()
                .is_some_and(|extension| extension == "rs")
            {
                let path = relative(workspace, entry.path());
                texts.insert(path, read_text(entry.path())?);
            }
        }
        Sources::parse(&relative(workspace, &src), texts)
    }

    /// Parses the files of a crate, given by their paths; `src` is the folder of its roots.
    pub fn parse(src: &Path, texts: BTreeMap<PathBuf, String>) -> Result<Sources, String> {
        let mut sources = Sources::default();
        let mut reader = Reader {
            texts: &texts,
            sources: &mut sources,
            folder: src.to_path_buf(),
        };
        for path in texts.keys().filter(|path| is_root(src, path)) {
            reader.file(path, None, false, path.parent().unwrap_or(src))?;
        }
        let reached: HashSet<&PathBuf> = sources.files.iter().map(|file| &file.path).collect();
        let unreached = texts.keys().filter(|path| !reached.contains(path)).cloned();
        sources.unreached = unreached.collect();
        Ok(sources)
    }

    /// The root of the tree that `module` belongs to.
    pub fn root(&self, mut module: ModuleId) -> ModuleId {
        while let Some(parent) = self.modules[module].parent {
            module = parent;
        }
        module
    }
}

/// Reads and parses a single file, such as an integration test.
pub fn read_file(workspace: &Path, path: &Path, is_test: bool) -> Result<SourceFile, String> {
    parse_file(relative(workspace, path), read_text(path)?, is_test)
}

/// Whether these attributes restrict an item to test builds.
pub fn is_for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(is_test_attribute)
}

/// The line of a span's first character, counted from 1.
pub fn line(span: Span) -> usize {
    span.start().line
}

fn is_test_attribute(attribute: &Attribute) -> bool {
    let text = attribute.to_token_stream().to_string().replace(' ', "");
    text == "#[test]" || text == "#[cfg(test)]" || text.starts_with("#[cfg(all(test,")
}

fn read_text(path: &Path) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

fn parse_file(path: PathBuf, text: String, is_test: bool) -> Result<SourceFile, String> {
    let syntax = syn::parse_file(&text).map_err(|error| {
        let start = error.span().start();
        format!("{}:{}: {error}", path.display(), start.line)
    })?;
    Ok(SourceFile {
        path,
        text,
        syntax,
        is_test,
    })
}

fn relative(workspace: &Path, path: &Path) -> PathBuf {
    path.strip_prefix(workspace).unwrap_or(path).to_path_buf()
}

fn is_root(src: &Path, path: &Path) -> bool {
    let inside = path.strip_prefix(src).unwrap_or(path);
    inside == Path::new("lib.rs") || inside == Path::new("main.rs") || inside.starts_with("bin")
}

/// Follows `mod` declarations from file to file.
struct Reader<'a> {
    texts: &'a BTreeMap<PathBuf, String>,
    sources: &'a mut Sources,
    /// Folder of the file that is being read: `#[path]` is relative to it.
    folder: PathBuf,
}

impl Reader<'_> {
    /// Adds a file as a module; `folder` is the folder of its children's files. A file of tests
    /// is followed too, so that it counts as reached, but makes no module.
    fn file(
        &mut self,
        path: &Path,
        parent: Option<ModuleId>,
        is_test: bool,
        folder: &Path,
    ) -> Result<Option<ModuleId>, String> {
        let text = self.texts[path].clone();
        let file = parse_file(path.to_path_buf(), text, is_test)?;
        let items = file.syntax.items.clone();
        let id = self.sources.files.len();
        self.sources.files.push(file);
        let own = path.parent().unwrap_or(path).to_path_buf();
        let outer = std::mem::replace(&mut self.folder, own);
        let module = if is_test {
            self.test_children(&items, folder)?;
            None
        } else {
            let module = self.module(id, parent);
            self.items(module, &items, folder)?;
            Some(module)
        };
        self.folder = outer;
        Ok(module)
    }

    fn module(&mut self, file: FileId, parent: Option<ModuleId>) -> ModuleId {
        self.sources.modules.push(Module {
            file,
            parent,
            ..Module::default()
        });
        self.sources.modules.len() - 1
    }

    fn items(&mut self, module: ModuleId, items: &[Item], folder: &Path) -> Result<(), String> {
        for item in items {
            if is_for_tests(item_attributes(item)) {
                self.test_children(std::slice::from_ref(item), folder)?;
            } else if let Item::Mod(child) = item {
                self.child(module, child, folder)?;
            } else {
                self.item(module, item);
            }
        }
        Ok(())
    }

    fn child(
        &mut self,
        module: ModuleId,
        child: &syn::ItemMod,
        folder: &Path,
    ) -> Result<(), String> {
        let name = child.ident.to_string();
        let id = match &child.content {
            Some((_, items)) => {
                let id = self.module(self.sources.modules[module].file, Some(module));
                self.items(id, items, &folder.join(&name))?;
                Some(id)
            }
            None => match self.file_of(child, folder) {
                Some((path, inside)) => self.file(&path, Some(module), false, &inside)?,
                None => return Err(format!("{}: no file for `mod {name}`", folder.display())),
            },
        };
        if let Some(id) = id {
            self.sources.modules[module].children.insert(name, id);
        }
        Ok(())
    }

    /// The file of a declaration `mod name;` and the folder of that module's children.
    fn file_of(&self, child: &syn::ItemMod, folder: &Path) -> Option<(PathBuf, PathBuf)> {
        let name = child.ident.to_string();
        let inside = folder.join(&name);
        let named = path_attribute(&child.attrs).map(|path| self.folder.join(path));
        let usual = [folder.join(format!("{name}.rs")), inside.join("mod.rs")];
        let mut candidates = named.into_iter().chain(usual);
        let path = candidates.find(|path| self.texts.contains_key(path))?;
        Some((path, inside))
    }

    /// Follows the declarations among tests, so that their files count as reached.
    fn test_children(&mut self, items: &[Item], folder: &Path) -> Result<(), String> {
        for item in items {
            let Item::Mod(child) = item else { continue };
            match &child.content {
                Some((_, items)) => {
                    self.test_children(items, &folder.join(child.ident.to_string()))?;
                }
                None => {
                    if let Some((path, inside)) = self.file_of(child, folder) {
                        self.file(&path, None, true, &inside)?;
                    }
                }
            }
        }
        Ok(())
    }

    fn item(&mut self, module: ModuleId, item: &Item) {
        let module = &mut self.sources.modules[module];
        if let Some((name, kind)) = defined(item) {
            module.definitions.push(Definition {
                name: name.to_string(),
                kind,
            });
        }
        let tokens = without_tests(item);
        scan::scan(tokens, &mut module.imports, &mut module.used);
    }
}

/// The item's tokens, less the parts of an `impl` that are compiled for tests alone.
fn without_tests(item: &Item) -> proc_macro2::TokenStream {
    let Item::Impl(block) = item else {
        return item.to_token_stream();
    };
    let mut block = block.clone();
    block.items.retain(|part| match part {
        ImplItem::Fn(function) => !is_for_tests(&function.attrs),
        ImplItem::Const(constant) => !is_for_tests(&constant.attrs),
        _ => true,
    });
    block.to_token_stream()
}

fn defined(item: &Item) -> Option<(&syn::Ident, ItemKind)> {
    match item {
        Item::Struct(item) => Some((&item.ident, ItemKind::Type)),
        Item::Enum(item) => Some((&item.ident, ItemKind::Type)),
        Item::Union(item) => Some((&item.ident, ItemKind::Type)),
        Item::Type(item) => Some((&item.ident, ItemKind::Type)),
        Item::Trait(item) => Some((&item.ident, ItemKind::Trait)),
        Item::TraitAlias(item) => Some((&item.ident, ItemKind::Trait)),
        Item::Fn(item) => Some((&item.sig.ident, ItemKind::Value)),
        Item::Const(item) => Some((&item.ident, ItemKind::Value)),
        Item::Static(item) => Some((&item.ident, ItemKind::Value)),
        Item::Macro(item) => item.ident.as_ref().map(|name| (name, ItemKind::Value)),
        _ => None,
    }
}

/// The attributes of an item.
pub fn item_attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Union(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

fn path_attribute(attributes: &[Attribute]) -> Option<String> {
    for attribute in attributes {
        let syn::Meta::NameValue(pair) = &attribute.meta else {
            continue;
        };
        if !attribute.path().is_ident("path") {
            continue;
        }
        if let syn::Expr::Lit(syn::ExprLit {
            lit: syn::Lit::Str(text),
            ..
        }) = &pair.value
        {
            return Some(text.value());
        }
    }
    None
}
