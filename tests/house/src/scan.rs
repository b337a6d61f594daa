//! Finds the `use` declarations and the other paths in a stream of tokens.
//!
//! Tokens are read rather than the syntax tree, since most paths inside macros (`format!`, `vec!`)
//! are not part of that tree.

use proc_macro2::{Delimiter, Ident, Spacing, TokenStream, TokenTree};
use syn::{UseTree, Visibility};

/// A name that a `use` declaration brings into a module; `*` for all names of the path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Import {
    pub name: String,
    pub path: Vec<String>,
    pub is_private: bool,
    pub line: usize,
}

/// A path as it is written in code: `Layer`, `walk::shapes`, `crate::model::Layer::new`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsedPath {
    pub segments: Vec<String>,
    pub line: usize,
}

/// Appends the `use` declarations and the other paths of `tokens`.
pub fn scan(tokens: TokenStream, imports: &mut Vec<Import>, used: &mut Vec<UsedPath>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut at = 0;
    while at < tokens.len() {
        at = match &tokens[at] {
            TokenTree::Group(group) => {
                scan(group.stream(), imports, used);
                at + 1
            }
            TokenTree::Ident(ident) if is_use(&tokens, at) => {
                let end = end_of_statement(&tokens, at);
                let private = !is_after_visibility(&tokens, at);
                declaration(&tokens[at..end], private, ident, imports);
                end
            }
            TokenTree::Ident(ident) if starts_path(&tokens, at) => path(&tokens, at, ident, used),
            _ => at + 1,
        };
    }
}

/// `use` as a declaration, not as in `impl Trait + use<'a>`.
fn is_use(tokens: &[TokenTree], at: usize) -> bool {
    is_ident(tokens, at, "use") && !is_punct(tokens, at + 1, '<')
}

fn end_of_statement(tokens: &[TokenTree], at: usize) -> usize {
    let length = tokens[at..].iter().position(is_semicolon);
    length.map_or(tokens.len(), |length| at + length + 1)
}

fn is_semicolon(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == ';')
}

fn is_after_visibility(tokens: &[TokenTree], at: usize) -> bool {
    let Some(before) = at.checked_sub(1) else {
        return false;
    };
    let restricted = matches!(
        &tokens[before],
        TokenTree::Group(group) if group.delimiter() == Delimiter::Parenthesis
    );
    is_ident(tokens, before, "pub")
        || (restricted && before > 0 && is_ident(tokens, before - 1, "pub"))
}

fn declaration(tokens: &[TokenTree], private: bool, start: &Ident, imports: &mut Vec<Import>) {
    let stream = tokens.iter().cloned().collect();
    let Ok(item) = syn::parse2::<syn::ItemUse>(stream) else {
        return;
    };
    debug_assert!(matches!(item.vis, Visibility::Inherited));
    flatten(
        &item.tree,
        &mut Vec::new(),
        private,
        start.span().start().line,
        imports,
    );
}

fn flatten(
    tree: &UseTree,
    prefix: &mut Vec<String>,
    is_private: bool,
    line: usize,
    imports: &mut Vec<Import>,
) {
    let (name, last) = match tree {
        UseTree::Path(path) => {
            prefix.push(path.ident.to_string());
            flatten(&path.tree, prefix, is_private, line, imports);
            prefix.pop();
            return;
        }
        UseTree::Group(group) => {
            for tree in &group.items {
                flatten(tree, prefix, is_private, line, imports);
            }
            return;
        }
        UseTree::Name(name) => (name.ident.to_string(), Some(name.ident.to_string())),
        UseTree::Rename(rename) => (rename.rename.to_string(), Some(rename.ident.to_string())),
        UseTree::Glob(_) => ("*".to_string(), None),
    };
    let mut path = prefix.clone();
    let mut name = name;
    match last.as_deref() {
        // `use model::{self}` brings in `model` itself.
        Some("self") => {
            if let (true, Some(module)) = (name == "self", prefix.last()) {
                name.clone_from(module);
            }
        }
        Some(last) => path.push(last.to_string()),
        None => {}
    }
    imports.push(Import {
        name,
        path,
        is_private,
        line,
    });
}

/// Whether the identifier begins a path: it is not a field, a method, a lifetime or a name that is
/// being defined.
fn starts_path(tokens: &[TokenTree], at: usize) -> bool {
    if is_punct(tokens, at + 1, ':') && !is_path_separator(tokens, at + 1) {
        return false;
    }
    let Some(before) = at.checked_sub(1) else {
        return true;
    };
    if is_punct(tokens, before, '.') {
        return before > 0 && is_punct(tokens, before - 1, '.');
    }
    let is_given = is_ident(tokens, before, "fn") || is_ident(tokens, before, "let");
    !is_given
        && !is_punct(tokens, before, '\'')
        && !is_path_separator(tokens, before.wrapping_sub(1))
}

/// Reads the path that begins at `at`; returns the position behind it.
fn path(tokens: &[TokenTree], at: usize, first: &Ident, used: &mut Vec<UsedPath>) -> usize {
    let mut segments = vec![first.to_string()];
    let mut end = at + 1;
    while is_path_separator(tokens, end) {
        let Some(TokenTree::Ident(next)) = tokens.get(end + 2) else {
            break;
        };
        segments.push(next.to_string());
        end += 3;
    }
    used.push(UsedPath {
        segments,
        line: first.span().start().line,
    });
    end
}

/// Whether there is a `::` at `at`.
fn is_path_separator(tokens: &[TokenTree], at: usize) -> bool {
    let joined = matches!(
        tokens.get(at),
        Some(TokenTree::Punct(punct)) if punct.as_char() == ':' && punct.spacing() == Spacing::Joint
    );
    joined && is_punct(tokens, at + 1, ':')
}

fn is_punct(tokens: &[TokenTree], at: usize, character: char) -> bool {
    matches!(tokens.get(at), Some(TokenTree::Punct(punct)) if punct.as_char() == character)
}

fn is_ident(tokens: &[TokenTree], at: usize, word: &str) -> bool {
    matches!(tokens.get(at), Some(TokenTree::Ident(ident)) if ident == word)
}
