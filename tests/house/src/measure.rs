//! Lines, closures and functions of a file, with code and tests counted apart.

use crate::source::{self, SourceFile};
use proc_macro2::TokenStream;
use std::collections::BTreeSet;
use std::ops::AddAssign;
use std::path::PathBuf;
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};

/// The widest line that counts as short.
pub const WIDTH: usize = 100;

/// A place in the sources and a size measured there.
#[derive(Clone, Debug)]
pub struct Sized {
    pub path: PathBuf,
    pub line: usize,
    pub name: String,
    pub size: usize,
}

/// Counts for a part of the sources.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// All lines.
    pub lines: usize,
    /// Lines that are neither blank nor a comment.
    pub code_lines: usize,
    /// Characters of the lines of code, without their indentation.
    pub characters: usize,
    pub closures: usize,
    /// Closures of more than three lines.
    pub long_closures: usize,
    /// Lines over [`WIDTH`] columns, with their widths.
    pub long_lines: Vec<Sized>,
    /// Functions with their lines, from the signature to the closing brace.
    pub functions: Vec<Sized>,
}

impl Tally {
    pub fn characters_a_line(&self) -> f64 {
        ratio(self.characters, self.code_lines)
    }

    /// Percentage of all lines that are over [`WIDTH`] columns.
    pub fn long_percent(&self) -> f64 {
        100.0 * ratio(self.long_lines.len(), self.lines)
    }

    /// Closures among 1,000 lines of code.
    pub fn closures_per_thousand(&self) -> f64 {
        1000.0 * ratio(self.closures, self.code_lines)
    }
}

impl AddAssign<&Tally> for Tally {
    fn add_assign(&mut self, other: &Tally) {
        self.lines += other.lines;
        self.code_lines += other.code_lines;
        self.characters += other.characters;
        self.closures += other.closures;
        self.long_closures += other.long_closures;
        self.long_lines.extend_from_slice(&other.long_lines);
        self.functions.extend_from_slice(&other.functions);
    }
}

/// The two parts of a file.
#[derive(Default)]
pub struct Measured {
    pub code: Tally,
    pub tests: Tally,
}

/// Measures one file.
pub fn measure(file: &SourceFile) -> Measured {
    let mut visitor = Visitor::new(file);
    visitor.visit_file(&file.syntax);
    let Visitor {
        mut measured,
        test_lines,
        ..
    } = visitor;
    for (index, text) in file.text.lines().enumerate() {
        let number = index + 1;
        let in_tests = file.is_test || test_lines.contains(&number);
        let tally = if in_tests {
            &mut measured.tests
        } else {
            &mut measured.code
        };
        count_line(tally, file, number, text);
    }
    measured
}

fn count_line(tally: &mut Tally, file: &SourceFile, number: usize, text: &str) {
    let bare = text.trim();
    tally.lines += 1;
    if !bare.is_empty() && !bare.starts_with("//") {
        tally.code_lines += 1;
        tally.characters += bare.chars().count();
    }
    let width = text.trim_end().chars().count();
    if width > WIDTH {
        let path = file.path.clone();
        tally.long_lines.push(Sized {
            path,
            line: number,
            name: String::new(),
            size: width,
        });
    }
}

fn ratio(part: usize, whole: usize) -> f64 {
    if whole == 0 {
        0.0
    } else {
        part as f64 / whole as f64
    }
}

/// Whether the walk is inside tests, and what it has counted.
struct Visitor<'a> {
    file: &'a SourceFile,
    in_tests: bool,
    test_lines: BTreeSet<usize>,
    measured: Measured,
}

impl<'a> Visitor<'a> {
    fn new(file: &'a SourceFile) -> Self {
        let measured = Measured::default();
        Visitor {
            file,
            in_tests: file.is_test,
            test_lines: BTreeSet::new(),
            measured,
        }
    }

    fn tally(&mut self) -> &mut Tally {
        if self.in_tests {
            &mut self.measured.tests
        } else {
            &mut self.measured.code
        }
    }

    fn function(&mut self, signature: &syn::Signature, body: &syn::Block) {
        let line = source::line(signature.span());
        let size = body.span().end().line + 1 - line;
        let (path, name) = (self.file.path.clone(), signature.ident.to_string());
        self.tally().functions.push(Sized {
            path,
            line,
            name,
            size,
        });
    }

    /// Walks on, inside tests where the attributes say so.
    fn enter(
        &mut self,
        attributes: &[syn::Attribute],
        node: proc_macro2::Span,
        walk: impl FnOnce(&mut Self),
    ) {
        let outside = self.in_tests;
        if source::is_for_tests(attributes) {
            self.in_tests = true;
            self.test_lines.extend(node.start().line..=node.end().line);
        }
        walk(self);
        self.in_tests = outside;
    }

    fn macro_body(&mut self, tokens: TokenStream) {
        // Most macros take expressions separated by commas. `name = value` of `format!` also
        // parses as an expression. Other macro bodies are not searched.
        let parser = Punctuated::<syn::Expr, syn::Token![,]>::parse_terminated;
        if let Ok(expressions) = parser.parse2(tokens) {
            for expression in &expressions {
                self.visit_expr(expression);
            }
        }
    }
}

impl<'ast> Visit<'ast> for Visitor<'_> {
    fn visit_item(&mut self, item: &'ast syn::Item) {
        let attributes = source::item_attributes(item);
        self.enter(attributes, item.span(), |visitor| {
            visit::visit_item(visitor, item)
        });
    }

    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.function(&item.sig, &item.block);
        visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.enter(&item.attrs, item.span(), |visitor| {
            visitor.function(&item.sig, &item.block);
            visit::visit_impl_item_fn(visitor, item);
        });
    }

    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        if let Some(body) = &item.default {
            self.function(&item.sig, body);
        }
        visit::visit_trait_item_fn(self, item);
    }

    fn visit_expr_closure(&mut self, closure: &'ast syn::ExprClosure) {
        let span = closure.span();
        let lines = span.end().line + 1 - span.start().line;
        let tally = self.tally();
        tally.closures += 1;
        tally.long_closures += usize::from(lines > 3);
        visit::visit_expr_closure(self, closure);
    }

    fn visit_macro(&mut self, macro_call: &'ast syn::Macro) {
        self.macro_body(macro_call.tokens.clone());
    }
}
