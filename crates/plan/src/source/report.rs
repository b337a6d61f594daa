//! All problems of a plan, as lines for machines and as text for a terminal.

use super::problem::{Problem, ProblemCode, ProblemIdentity};
use super::span::Span;
use super::text::SourceText;
use annotate_snippets::{
    Annotation, AnnotationKind, Group, Level, Origin, Renderer, Snippet, renderer::DecorStyle,
};
use convsweep_spec::words::counted;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;

/// Problems that are written out at most; the rest is counted.
const MAX_SHOWN: usize = 50;

/// Lines between two places of one snippet at most.
const NEAR_LINES: usize = 12;

/// Everything that is wrong, in the order of the file. `Display` writes it without colours.
pub struct Problems {
    texts: Vec<SourceText>,
    list: Vec<Problem>,
}

/// A problem in one line, for machines.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ProblemLine {
    /// The file, or the override of the command line.
    pub file: String,
    /// Line, from 1; 0 if the problem has no place.
    pub line: usize,
    /// Column in characters, from 1; 0 if the problem has no place.
    pub column: usize,
    /// What is wrong.
    pub message: String,
    /// What is wrong there, in few words; may be empty.
    pub detail: String,
    /// What would be right.
    pub help: Vec<String>,
}

impl Problems {
    pub(crate) fn new(texts: Vec<SourceText>, mut list: Vec<Problem>) -> Problems {
        list.sort_by(|a, b| (a.span, &a.title).cmp(&(b.span, &b.title)));
        let mut distinct: Vec<Problem> = Vec::with_capacity(list.len());
        let mut indices: HashMap<ProblemIdentity, usize> = HashMap::new();
        for problem in list {
            match indices.entry(problem.identity()) {
                Entry::Occupied(first) => distinct[*first.get()].absorb(&problem),
                Entry::Vacant(entry) => {
                    entry.insert(distinct.len());
                    distinct.push(problem);
                }
            }
        }
        Problems {
            texts,
            list: distinct,
        }
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
        let data = |p: &Problem| p.code == ProblemCode::ImageSet;
        !self.list.is_empty() && self.list.iter().all(data)
    }

    /// The kinds of the problems.
    #[cfg(test)]
    pub(crate) fn codes(&self) -> Vec<ProblemCode> {
        self.list.iter().map(|p| p.code).collect()
    }

    /// A line for each.
    pub fn lines(&self) -> Vec<ProblemLine> {
        self.list.iter().map(|p| self.line(p)).collect()
    }

    fn line(&self, problem: &Problem) -> ProblemLine {
        let own = problem.span.and_then(|span| self.text_of(span));
        let (line, column) = match (problem.span, own) {
            (Some(span), Some(text)) => text.line_and_column(span),
            _ => (0, 0),
        };
        let file = own.or(self.texts.first()).map(|text| text.name.clone());
        ProblemLine {
            file: file.unwrap_or_default(),
            line,
            column,
            message: problem.title.clone(),
            detail: problem.label.clone(),
            help: problem.help.clone(),
        }
    }

    fn text_of(&self, span: Span) -> Option<&SourceText> {
        self.texts.get(span.text as usize)
    }

    /// The text for a terminal, with or without its colours.
    pub fn render(&self, colours: bool) -> String {
        let renderer = if colours {
            Renderer::styled()
        } else {
            Renderer::plain()
        };
        let renderer = renderer.decor_style(DecorStyle::Ascii);
        let mut text = String::new();
        for problem in self.list.iter().take(MAX_SHOWN) {
            text += &renderer.render(&[self.group(problem)]);
            text += "\n\n";
        }
        let left = self.list.len().saturating_sub(MAX_SHOWN);
        if left > 0 {
            text += &format!("and {}\n", counted(left as u64, "more problem"));
        }
        text
    }

    fn group<'a>(&'a self, problem: &'a Problem) -> Group<'a> {
        let mut group = Level::ERROR
            .primary_title(problem.title.as_str())
            .elements(self.snippets(problem));
        if problem.span.is_none() {
            if let Some(file) = self.texts.first() {
                group = group.element(Origin::path(file.name.as_str()));
            }
            if !problem.label.is_empty() {
                group = group.element(Level::NOTE.message(problem.label.as_str()));
            }
        }
        for note in &problem.notes {
            group = group.element(Level::NOTE.message(note.as_str()));
        }
        for help in &problem.help {
            group = group.element(Level::HELP.message(help.as_str()));
        }
        group
    }

    /// The lines that matter: one snippet for places close to each other in one text, further
    /// ones for the others.
    fn snippets<'a>(&'a self, problem: &'a Problem) -> Vec<Snippet<'a, Annotation<'a>>> {
        let mut snippets = Vec::new();
        let mut places = places(problem);
        while let Some(first) = places.first() {
            let span = first.span;
            let Some(text) = self.text_of(span) else {
                break;
            };
            let line = text.line_at(text.bytes(span).start);
            let is_near = |place: &Marked| {
                let own = text.line_at(text.bytes(place.span).start);
                place.span.text == span.text && own.abs_diff(line) <= NEAR_LINES
            };
            let (near, far) = places.into_iter().partition::<Vec<_>, _>(is_near);
            places = far;
            snippets.push(snippet(text, &near));
        }
        snippets
    }
}

/// A place of a problem, with the message under it.
struct Marked<'a> {
    span: Span,
    label: &'a str,
    kind: AnnotationKind,
}

fn places(problem: &Problem) -> Vec<Marked<'_>> {
    let Some(span) = problem.span else {
        return vec![];
    };
    let mut places = vec![Marked {
        span,
        label: &problem.label,
        kind: AnnotationKind::Primary,
    }];
    for (span, label) in &problem.also {
        if places.iter().all(|place| place.span != *span) {
            places.push(Marked {
                span: *span,
                label,
                kind: AnnotationKind::Context,
            });
        }
    }
    places
}

fn snippet<'a>(text: &'a SourceText, places: &[Marked<'a>]) -> Snippet<'a, Annotation<'a>> {
    let ranges: Vec<_> = places.iter().map(|place| text.bytes(place.span)).collect();
    let first = ranges.iter().map(|r| r.start).min().unwrap_or(0);
    let last = ranges.iter().map(|r| r.end).max().unwrap_or(0);
    let begin = text.text[..first].rfind('\n').map_or(0, |n| n + 1);
    let end = match text.text[last..].find('\n') {
        Some(length) => last + length,
        None => text.text.len(),
    };
    let mut annotations = Vec::with_capacity(places.len());
    for (place, range) in places.iter().zip(ranges) {
        let annotation = place.kind.span(range.start - begin..range.end - begin);
        annotations.push(if place.label.is_empty() {
            annotation
        } else {
            annotation.label(place.label)
        });
    }
    Snippet::source(&text.text[begin..end])
        .path(text.name.as_str())
        .line_start(text.line_at(begin))
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
