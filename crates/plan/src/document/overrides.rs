//! What the command line changes of the file: `--set` and `--seeds`.

use super::alternatives::Alternatives;
use super::path::split_path;
use super::seeds::Seeds;
use super::set_value::set_value;
use crate::language::field::keys;
use crate::language::suggest;
use crate::language::tables;
use crate::source::parse::parse_value;
use crate::source::problem::{Problem, ProblemCode, ProblemSink};
use crate::source::span::Span;
use crate::source::text::SourceText;
use crate::source::tree::Node;
use convsweep_spec::canonical::{digest, short};
use std::sync::Arc;

/// What cannot be set, and why.
const NOT_SET: [(&str, &str); 3] = [
    (
        "include",
        "the files are read before anything is overridden",
    ),
    (
        "sweep",
        "an override sets a value, and this section lists axes",
    ),
    (
        "stage",
        "an override sets a value, and this section lists stages",
    ),
];
/// Digits of the hash in the name of an overridden experiment.
const HASH_DIGITS: usize = 8;

/// What the command line changes of the file.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// Arguments of `--set`, such as `train.epochs=2`.
    pub set: Vec<String>,
    /// The argument of `--seeds`.
    pub seeds: Option<Seeds>,
}

/// A path that an override set, and where it is written.
pub(crate) struct OverriddenPath {
    pub segments: Vec<Arc<str>>,
    pub span: Span,
}

impl Overrides {
    /// The words with which they are recorded in a revision.
    pub fn words(&self) -> Vec<String> {
        let mut words: Vec<_> = self.set.iter().map(|s| format!("--set {s}")).collect();
        if let Some(seeds) = &self.seeds {
            words.push(format!("--seeds {}", seeds.list()));
        }
        words
    }

    /// The options and their arguments with which a command line asks for the same.
    pub fn arguments(&self) -> Vec<(&'static str, String)> {
        let set = self.set.iter().map(|text| ("--set", text.clone()));
        let seeds = self.seeds.iter().map(|s| ("--seeds", s.argument()));
        set.chain(seeds).collect()
    }

    /// From the words of a revision.
    pub fn recorded(words: &[String]) -> Overrides {
        let set = words.iter().filter_map(|w| w.strip_prefix("--set "));
        let mut seeds = words.iter().filter_map(|w| w.strip_prefix("--seeds "));
        Overrides {
            set: set.map(String::from).collect(),
            seeds: seeds.find_map(Seeds::from_list),
        }
    }

    /// What the name of an overridden experiment ends with; empty without overrides.
    pub(crate) fn suffix(&self) -> String {
        let words = self.words();
        if words.is_empty() {
            return String::new();
        }
        format!("+{}", &short(&digest(&words))[..HASH_DIGITS])
    }

    /// The texts that problems with them lie in.
    pub(crate) fn texts(&self) -> impl Iterator<Item = SourceText> {
        self.set.iter().map(|text| SourceText {
            name: "--set".into(),
            text: text.clone(),
        })
    }

    /// Sets each value in the tree. `first_text` is the number of the text of the first override.
    pub(crate) fn apply(
        &self,
        first_text: usize,
        root: &mut Node,
        sink: &mut ProblemSink,
    ) -> Vec<OverriddenPath> {
        let alternatives = Alternatives::of(root);
        let mut paths = Vec::new();
        for (i, text) in self.set.iter().enumerate() {
            let number = u32::try_from(first_text + i).unwrap_or(u32::MAX);
            let applied = apply(text, number, root, &alternatives);
            paths.extend(sink.ok(applied));
        }
        paths
    }
}

fn apply(
    text: &str,
    number: u32,
    root: &mut Node,
    alternatives: &Alternatives,
) -> Result<OverriddenPath, Box<Problem>> {
    let Some((path, value)) = text.split_once('=') else {
        let title = "an override has the form PATH=VALUE";
        let problem = Problem::at(
            ProblemCode::Syntax,
            Span::new(number, 0, 0..text.len()),
            title,
        );
        return Err(Box::new(
            problem.label("no `=`").help("--set train.epochs=2"),
        ));
    };
    let span = Span::new(number, 0, 0..path.len());
    let segments = split_path(path, span)?;
    if let Some((section, why)) = NOT_SET.iter().find(|(name, _)| *name == &*segments[0]) {
        let title = format!("`{section}` cannot be set on the command line");
        let problem = Problem::at(ProblemCode::WrongValue, span, title).label(*why);
        return Err(Box::new(
            problem.help("write it into the file, or into a copy of it"),
        ));
    }
    let mut sections = keys(tables::FILE);
    sections.retain(|section| NOT_SET.iter().all(|(name, _)| name != section));
    if !sections.contains(&&*segments[0]) {
        let title = format!("there is no section [{}] to set", segments[0]);
        let problem = Problem::at(ProblemCode::UnknownKey, span, title);
        let help = suggest::remedy(&segments[0], &sections);
        return Err(Box::new(problem.help(help)));
    }
    let value = parse_override(value, number, path.len() + 1)?;
    set_value(root, &segments, &value, span, alternatives)?;
    Ok(OverriddenPath { segments, span })
}

/// A TOML value, or a word without quotes as a string.
fn parse_override(text: &str, number: u32, base: usize) -> Result<Node, Box<Problem>> {
    let trimmed = text.trim();
    let indent = text.len() - text.trim_start().len();
    match parse_value(trimmed, number, base + indent) {
        Ok(node) => Ok(node),
        Err(_) if is_bare_word(trimmed) => {
            let span = Span::new(number, base, 0..text.len());
            Ok(Node::text_at(trimmed, span))
        }
        Err(mut problems) => Err(Box::new(problems.swap_remove(0))),
    }
}

fn is_bare_word(text: &str) -> bool {
    let allowed = |c: char| c.is_alphanumeric() || "-_./$:~".contains(c);
    !text.is_empty() && text.chars().all(allowed)
}
