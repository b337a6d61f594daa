//! What is wrong with a file, and how it is shown: place, caret, remedy.

use crate::source::tree::Origin;
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet, renderer::DecorStyle};
use std::fmt;
use std::ops::Range;

/// Problems shown at most; the rest is counted.
const SHOWN: usize = 50;

/// Further places of one problem that are shown at most.
const MOST_ALSO: usize = 4;

/// Lines between two places of one snippet at most.
const NEAR_LINES: usize = 12;

/// One problem.
#[derive(Clone, Debug)]
pub(crate) struct Problem {
    pub title: String,
    /// Where; `None` if it is no place of a text.
    pub at: Option<Origin>,
    /// What stands under the caret.
    pub label: String,
    /// Other places that matter, with what stands under them.
    pub also: Vec<(Origin, String)>,
    /// What would be right.
    pub help: Vec<String>,
    /// When it happens.
    pub notes: Vec<String>,
    /// Whether the image set, not the file, is to blame.
    pub data: bool,
}

impl Problem {
    pub(crate) fn new(at: Origin, title: impl Into<String>, label: impl Into<String>) -> Problem {
        Problem {
            at: Some(at),
            ..Problem::nowhere(title, label)
        }
    }

    pub(crate) fn nowhere(title: impl Into<String>, label: impl Into<String>) -> Problem {
        let (title, label) = (title.into(), label.into());
        Problem {
            title,
            at: None,
            label,
            also: vec![],
            help: vec![],
            notes: vec![],
            data: false,
        }
    }

    pub(crate) fn help(mut self, help: impl Into<String>) -> Problem {
        self.help.push(help.into());
        self
    }

    pub(crate) fn note(mut self, note: impl Into<String>) -> Problem {
        self.notes.push(note.into());
        self
    }

    pub(crate) fn also(mut self, at: Option<Origin>, label: impl Into<String>) -> Problem {
        self.also.extend(at.map(|at| (at, label.into())));
        self
    }
}

/// A text that problems can lie in.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    pub name: String,
    pub text: String,
}

impl Source {
    /// The place as bytes of the text, on character boundaries and at least one character wide
    /// where there is one.
    fn span(&self, at: Origin) -> Range<usize> {
        let start = floor(&self.text, at.start as usize);
        let next = self.text[start..]
            .chars()
            .next()
            .map_or(start, |c| start + c.len_utf8());
        let end = floor(&self.text, at.end as usize).max(next);
        let line_end = self.text[start..]
            .find('\n')
            .map_or(self.text.len(), |n| start + n);
        start..end.min(line_end.max(start))
    }

    /// Line and column, from 1; columns count characters.
    pub(crate) fn place(&self, at: Origin) -> (usize, usize) {
        let start = self.span(at).start;
        let line_start = self.text[..start].rfind('\n').map_or(0, |n| n + 1);
        (
            line_of(&self.text, start),
            self.text[line_start..start].chars().count() + 1,
        )
    }
}

/// The title without what one cause has several of: the place that an unknown key was looked for
/// in, and the layer that a value is used in.
fn essence(title: &str) -> String {
    if let Some(rest) = title.strip_prefix("unknown key ") {
        return rest.split(" in ").next().unwrap_or(rest).to_string();
    }
    match title
        .split_once(" of layer ")
        .and_then(|(before, rest)| Some((before, rest.split_once(')')?.1)))
    {
        Some((before, after)) => format!("{before}{after}"),
        None => title.to_string(),
    }
}

fn floor(text: &str, mut at: usize) -> usize {
    at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

fn line_of(text: &str, at: usize) -> usize {
    text[..at].bytes().filter(|b| *b == b'\n').count() + 1
}

/// Everything that is wrong, in the order of the file. `Display` writes it without colours.
pub struct Problems {
    sources: Vec<Source>,
    list: Vec<Problem>,
}

/// A problem in one line, for machines.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ProblemLine {
    /// The file, or the override of the command line.
    pub file: String,
    /// Line, from 1; 0 if it is about no line.
    pub line: usize,
    /// Column in characters, from 1; 0 if it is about no line.
    pub column: usize,
    /// What is wrong.
    pub message: String,
}

impl Problems {
    pub(crate) fn new(sources: Vec<Source>, mut list: Vec<Problem>) -> Problems {
        list.sort_by(|a, b| (a.at, &a.title).cmp(&(b.at, &b.title)));
        list.dedup_by(|again, first| {
            let same = again.at == first.at && essence(&again.title) == essence(&first.title);
            if same {
                let room = MOST_ALSO.saturating_sub(first.also.len());
                first.also.extend(again.also.drain(..).take(room));
            }
            same
        });
        Problems { sources, list }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Whether the file is right and only its image sets are missing or damaged.
    pub fn only_data(&self) -> bool {
        !self.list.is_empty() && self.list.iter().all(|p| p.data)
    }

    /// A line for each.
    pub fn lines(&self) -> Vec<ProblemLine> {
        let line = |p: &Problem| {
            let source =
                p.at.and_then(|at| self.sources.get(at.source as usize))
                    .or(self.sources.first());
            let (line, column) = match (p.at, source) {
                (Some(at), Some(source)) => source.place(at),
                _ => (0, 0),
            };
            let file = source.map(|s| s.name.clone()).unwrap_or_default();
            ProblemLine {
                file,
                line,
                column,
                message: p.title.clone(),
            }
        };
        self.list.iter().map(line).collect()
    }

    /// The text for a terminal, with or without its colours.
    pub fn render(&self, colours: bool) -> String {
        let renderer = if colours {
            Renderer::styled()
        } else {
            Renderer::plain()
        }
        .decor_style(DecorStyle::Ascii);
        let mut text = String::new();
        for problem in self.list.iter().take(SHOWN) {
            text += &renderer.render(&[self.group(problem)]);
            text += "\n\n";
        }
        if self.list.len() > SHOWN {
            text += &format!("and {} more problems\n", self.list.len() - SHOWN);
        }
        text
    }

    fn group<'a>(&'a self, problem: &'a Problem) -> Group<'a> {
        let mut group = Level::ERROR
            .primary_title(problem.title.as_str())
            .elements(self.snippets(problem));
        if let (None, Some(file)) = (problem.at, self.sources.first()) {
            group = group.element(annotate_snippets::Origin::path(file.name.as_str()));
        }
        if problem.at.is_none() && !problem.label.is_empty() {
            group = group.element(Level::NOTE.message(problem.label.as_str()));
        }
        for note in &problem.notes {
            group = group.element(Level::NOTE.message(note.as_str()));
        }
        for help in &problem.help {
            group = group.element(Level::HELP.message(help.as_str()));
        }
        group
    }

    /// One snippet for the places that lie near each other, more for the others; only the lines
    /// that matter.
    fn snippets<'a>(
        &'a self,
        problem: &'a Problem,
    ) -> Vec<Snippet<'a, annotate_snippets::Annotation<'a>>> {
        let Some(at) = problem.at else { return vec![] };
        let mut places = vec![(at, problem.label.as_str(), AnnotationKind::Primary)];
        for (at, label) in &problem.also {
            if places.iter().all(|p| p.0 != *at) {
                places.push((*at, label, AnnotationKind::Context));
            }
        }
        let mut snippets = Vec::new();
        while let Some(&(first, ..)) = places.first() {
            let Some(source) = self.sources.get(first.source as usize) else {
                break;
            };
            let home = line_of(&source.text, source.span(first).start);
            let near = |at: Origin| {
                let line = || line_of(&source.text, source.span(at).start);
                at.source == first.source && line().abs_diff(home) <= NEAR_LINES
            };
            let (here, rest) = places.into_iter().partition::<Vec<_>, _>(|p| near(p.0));
            places = rest;
            snippets.push(snippet(source, &here));
        }
        snippets
    }
}

fn snippet<'a>(
    source: &'a Source,
    places: &[(Origin, &'a str, AnnotationKind)],
) -> Snippet<'a, annotate_snippets::Annotation<'a>> {
    let spans: Vec<_> = places.iter().map(|p| source.span(p.0)).collect();
    let first = spans.iter().map(|s| s.start).min().unwrap_or(0);
    let last = spans.iter().map(|s| s.end).max().unwrap_or(0);
    let begin = source.text[..first].rfind('\n').map_or(0, |n| n + 1);
    let end = source.text[last..]
        .find('\n')
        .map_or(source.text.len(), |n| last + n);
    let annotations = places.iter().zip(spans).map(|((_, label, kind), span)| {
        let annotation = kind.span(span.start - begin..span.end - begin);
        if label.is_empty() {
            annotation
        } else {
            annotation.label(*label)
        }
    });
    Snippet::source(&source.text[begin..end])
        .path(source.name.as_str())
        .line_start(line_of(&source.text, begin))
        .annotations(annotations)
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&self.render(false))
    }
}

impl fmt::Debug for Problems {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl std::error::Error for Problems {}
