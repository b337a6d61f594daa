//! One problem: what is wrong, where, and what would be right.

use super::span::Span;
use super::tree::Node;

/// Other places that a problem shows at most.
const MAX_ALSO: usize = 4;

/// What kind of mistake a problem is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum ProblemCode {
    /// The text is not TOML.
    Syntax,
    /// A file cannot be read, or includes itself.
    File,
    /// A key, section or path that the language does not have.
    UnknownKey,
    /// A value that names nothing: no such optimizer, block, parameter or layer.
    UnknownName,
    /// A value of the wrong type.
    WrongType,
    /// A value that is out of its range or otherwise impossible.
    WrongValue,
    /// A key, section or value that must be there.
    Missing,
    /// Two values that exclude each other, or the same thing twice.
    Conflict,
    /// A value that would change nothing.
    NoEffect,
    /// More than the program handles, or than the file allows.
    TooMany,
    /// A layer that does not fit the shape that reaches it.
    Shape,
    /// An image set that is missing or damaged, which is not the file's fault.
    ImageSet,
    /// Trained weights that are missing or do not fit.
    Weights,
    /// A contradiction within the program itself.
    Internal,
}

/// One problem.
#[derive(Clone, Debug)]
pub(crate) struct Problem {
    pub code: ProblemCode,
    /// Subject of the problem, if titles of the same problem vary.
    subject: Option<String>,
    pub title: String,
    /// Its place; `None` if it has none in any text.
    pub span: Option<Span>,
    /// The message under the caret.
    pub label: String,
    /// Other relevant places, each with a message.
    pub also: Vec<(Span, String)>,
    /// What would be right.
    pub help: Vec<String>,
    /// When it happens, and other circumstances.
    pub notes: Vec<String>,
}

/// Problems are duplicates if they have the same place, code and subject.
pub(crate) type ProblemIdentity = (Option<Span>, ProblemCode, String);

impl Problem {
    /// A problem with a place.
    pub(crate) fn at(code: ProblemCode, span: Span, title: impl Into<String>) -> Problem {
        Problem {
            span: Some(span),
            ..Problem::nowhere(code, title)
        }
    }

    /// A problem with a value; where the value came in for a parameter, that place is shown too.
    pub(crate) fn of(code: ProblemCode, node: &Node, title: impl Into<String>) -> Problem {
        Problem::at(code, node.span, title).also(node.used_at, "used here")
    }

    /// A problem that has no place in any text.
    pub(crate) fn nowhere(code: ProblemCode, title: impl Into<String>) -> Problem {
        Problem {
            code,
            subject: None,
            title: title.into(),
            span: None,
            label: String::new(),
            also: vec![],
            help: vec![],
            notes: vec![],
        }
    }

    /// Says what the problem is about apart from circumstances that its title mentions.
    pub(crate) fn about(mut self, subject: impl Into<String>) -> Problem {
        self.subject = Some(subject.into());
        self
    }

    pub(crate) fn label(mut self, label: impl Into<String>) -> Problem {
        self.label = label.into();
        self
    }

    pub(crate) fn help(mut self, help: impl Into<String>) -> Problem {
        self.help.push(help.into());
        self
    }

    pub(crate) fn note(mut self, note: impl Into<String>) -> Problem {
        self.notes.push(note.into());
        self
    }

    pub(crate) fn also(mut self, span: Option<Span>, label: impl Into<String>) -> Problem {
        self.also.extend(span.map(|span| (span, label.into())));
        self
    }

    pub(crate) fn identity(&self) -> ProblemIdentity {
        let subject = self.subject.as_ref().unwrap_or(&self.title);
        (self.span, self.code, subject.clone())
    }

    /// Adds the other places of the same mistake found again.
    pub(crate) fn absorb(&mut self, again: &Problem) {
        for place in &again.also {
            if self.also.len() < MAX_ALSO && !self.also.contains(place) {
                self.also.push(place.clone());
            }
        }
    }
}

/// Collects problems, so that the first does not hide the others.
#[derive(Debug, Default)]
pub(crate) struct ProblemSink {
    pub problems: Vec<Problem>,
}

impl ProblemSink {
    pub(crate) fn report(&mut self, problem: Problem) {
        self.problems.push(problem);
    }

    /// The value, or `None` after its problem was reported.
    pub(crate) fn ok<T>(&mut self, result: Result<T, Box<Problem>>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(problem) => {
                self.report(*problem);
                None
            }
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.problems.is_empty()
    }
}
