//! Constructs that are not allowed in all or some of the sources.

use crate::source::{self, SourceFile};
use proc_macro2::{Spacing, TokenStream, TokenTree};
use quote::ToTokens;
use std::path::Path;
use syn::visit::{self, Visit};

/// A rule that is broken, and the line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub rule: &'static str,
    pub line: usize,
}

/// `.unwrap()` outside tests.
pub const UNWRAP: &str = "unwrap outside tests";
/// `leak(` anywhere outside tests.
pub const LEAK: &str = "leak(";
/// The keyword `unsafe` outside the crate `kernels`.
pub const UNSAFE: &str = "unsafe outside kernels";
/// `println!` and the like, which panic when nobody reads, outside tests.
pub const PRINT: &str = "println! or eprintln! outside tests";
/// A statement of SQL outside the crate `store`.
pub const SQL: &str = "SQL outside store";
/// A `select` in the command line's sources.
pub const SELECT: &str = "select in cli";
/// An arm `_ =>` where the planner resolves what a user wrote.
pub const WILDCARD: &str = "`_ =>` in plan/src/resolve";

/// Folder without arms `_ =>`: a new word of the language would silently get a default there.
const RESOLVE: &str = "crates/plan/src/resolve";

/// Every rule that the file's code breaks. Tests may do anything.
pub fn findings(file: &SourceFile) -> Vec<Finding> {
    if file.is_test {
        return vec![];
    }
    let mut visitor = Visitor {
        path: &file.path,
        found: vec![],
    };
    visitor.visit_file(&file.syntax);
    visitor.found.sort_by_key(|finding| finding.line);
    visitor.found.dedup();
    visitor.found
}

struct Visitor<'a> {
    path: &'a Path,
    found: Vec<Finding>,
}

impl Visitor<'_> {
    fn add(&mut self, rule: &'static str, line: usize) {
        self.found.push(Finding { rule, line });
    }

    /// Looks at an item's tokens, those inside macros included, but at no attribute.
    fn tokens(&mut self, stream: TokenStream) {
        let tokens: Vec<TokenTree> = stream.into_iter().collect();
        for (at, token) in tokens.iter().enumerate() {
            match token {
                TokenTree::Group(_) if is_attribute(&tokens, at) => {}
                TokenTree::Group(group) => self.tokens(group.stream()),
                TokenTree::Ident(ident) => self.word(&tokens, at, &ident.to_string()),
                TokenTree::Literal(literal) => {
                    self.literal(&literal.to_string(), source::line(literal.span()));
                }
                TokenTree::Punct(_) => {}
            }
        }
    }

    fn word(&mut self, tokens: &[TokenTree], at: usize, word: &str) {
        let line = source::line(tokens[at].span());
        let called =
            is_member(tokens, at) && matches!(tokens.get(at + 1), Some(TokenTree::Group(_)));
        match word {
            "unwrap" if is_member(tokens, at) => self.add(UNWRAP, line),
            "leak" if called => self.add(LEAK, line),
            "print" | "println" | "eprint" | "eprintln" if is_macro(tokens, at) => {
                self.add(PRINT, line);
            }
            "unsafe" if !self.path.starts_with("crates/kernels") => self.add(UNSAFE, line),
            _ => {}
        }
    }

    fn literal(&mut self, text: &str, line: usize) {
        if self.path.starts_with("crates/store") || !text.contains('"') {
            return;
        }
        if is_select(text) && self.path.starts_with("crates/cli") {
            self.add(SELECT, line);
        } else if is_sql(text) {
            self.add(SQL, line);
        }
    }
}

impl<'ast> Visit<'ast> for Visitor<'_> {
    fn visit_item(&mut self, item: &'ast syn::Item) {
        if source::is_for_tests(source::item_attributes(item)) {
            return;
        }
        if let syn::Item::Mod(_) = item {
            visit::visit_item(self, item);
            return;
        }
        self.tokens(item.to_token_stream());
        visit::visit_item(self, item);
    }

    fn visit_arm(&mut self, arm: &'ast syn::Arm) {
        let catches_all = matches!(arm.pat, syn::Pat::Wild(_)) && arm.guard.is_none();
        if catches_all && self.path.starts_with(RESOLVE) {
            self.add(WILDCARD, source::line(arm.fat_arrow_token.spans[0]));
        }
        visit::visit_arm(self, arm);
    }
}

fn is_attribute(tokens: &[TokenTree], at: usize) -> bool {
    let is = |back: usize, character: char| {
        let token = at.checked_sub(back).and_then(|at| tokens.get(at));
        matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == character)
    };
    is(1, '#') || (is(1, '!') && is(2, '#'))
}

/// Whether the word follows `.` or `::`.
fn is_member(tokens: &[TokenTree], at: usize) -> bool {
    match at.checked_sub(1).and_then(|before| tokens.get(before)) {
        Some(TokenTree::Punct(punct)) if punct.as_char() == '.' => true,
        Some(TokenTree::Punct(punct)) if punct.as_char() == ':' => {
            punct.spacing() == Spacing::Alone
        }
        _ => false,
    }
}

/// Whether the word names a macro that is called.
fn is_macro(tokens: &[TokenTree], at: usize) -> bool {
    matches!(tokens.get(at + 1), Some(TokenTree::Punct(punct)) if punct.as_char() == '!')
}

fn is_select(text: &str) -> bool {
    has_words(&words(text), &["select", "from"])
}

fn is_sql(text: &str) -> bool {
    const STATEMENTS: [&[&str]; 12] = [
        &["select", "from"],
        &["insert", "into"],
        &["replace", "into"],
        &["delete", "from"],
        &["update", "set"],
        &["create", "table"],
        &["create", "view"],
        &["create", "index"],
        &["create", "trigger"],
        &["drop", "table"],
        &["alter", "table"],
        &["pragma"],
    ];
    let words = words(text);
    STATEMENTS
        .iter()
        .any(|statement| has_words(&words, statement))
}

fn words(text: &str) -> Vec<String> {
    let separated = text.split(|c: char| !c.is_alphanumeric() && c != '_');
    separated
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect()
}

/// Whether the statement begins with the first of `expected` and goes on to the others in order.
fn has_words(words: &[String], expected: &[&str]) -> bool {
    if words.first().map(String::as_str) != Some(expected[0]) {
        return false;
    }
    let mut rest = words.iter();
    expected.iter().all(|word| rest.any(|found| found == word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(path: &str, text: &str, expected: &[(&str, usize)]) {
        let syntax = syn::parse_file(text).unwrap();
        let (path, text) = (path.into(), text.into());
        let found = findings(&SourceFile {
            path,
            text,
            syntax,
            is_test: false,
        });
        let found: Vec<_> = found
            .iter()
            .map(|finding| (finding.rule, finding.line))
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn each_rule_is_found_where_it_holds() {
        check(
            "crates/a/src/lib.rs",
            "fn f() {\n x.unwrap();\n}",
            &[(UNWRAP, 2)],
        );
        check(
            "crates/a/src/lib.rs",
            "fn f() { vec![g(x.unwrap())]; }",
            &[(UNWRAP, 1)],
        );
        check(
            "crates/a/src/lib.rs",
            "#[cfg(test)] mod tests { fn f() { x.unwrap(); } }",
            &[],
        );
        check(
            "crates/a/src/lib.rs",
            "fn f() { Box::leak(b); s.leak(); }",
            &[(LEAK, 1)],
        );
        check(
            "crates/a/src/lib.rs",
            "fn f() { unsafe { g() } }",
            &[(UNSAFE, 1)],
        );
        check(
            "crates/a/src/lib.rs",
            "fn f() { println!(); g(print); }",
            &[(PRINT, 1)],
        );
        check(
            "crates/kernels/src/lib.rs",
            "fn f() { unsafe { g() } }",
            &[],
        );
        check(
            "crates/a/src/lib.rs",
            "fn f() { g(\"select a from b\") }",
            &[(SQL, 1)],
        );
        check(
            "crates/cli/src/x.rs",
            "fn f() { format!(\"SELECT a FROM b\") }",
            &[(SELECT, 1)],
        );
        check(
            "crates/store/src/x.rs",
            "fn f() { g(\"select a from b\") }",
            &[],
        );
        check(
            "crates/a/src/lib.rs",
            "/// select a from b\nfn f() { g(\"select one\") }",
            &[],
        );
        let arm = "fn f() { match x { 1 => 2, _ => 3 } }";
        check("crates/plan/src/resolve/model.rs", arm, &[(WILDCARD, 1)]);
        let guarded = "fn f() { match x { _ if y => 2, other => other } }";
        check("crates/plan/src/resolve/model.rs", guarded, &[]);
        check("crates/plan/src/lib.rs", arm, &[]);
    }
}
