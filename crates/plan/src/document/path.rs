//! Dotted paths of values.

use crate::source::problem::{Problem, ProblemCode};
use crate::source::span::Span;
use std::sync::Arc;

/// Maximum number of segments of a path.
const DEEPEST: usize = 16;

/// Splits a dotted path.
///
/// # Errors
/// Paths that are too deep or have empty segments.
pub(crate) fn split_path(text: &str, span: Span) -> Result<Vec<Arc<str>>, Box<Problem>> {
    let segments = text.split('.').map(|part| Arc::from(part.trim()));
    let segments: Vec<Arc<str>> = segments.take(DEEPEST + 1).collect();
    if segments.len() <= DEEPEST && segments.iter().all(|s| !s.is_empty()) {
        return Ok(segments);
    }
    let problem = Problem::at(
        ProblemCode::UnknownKey,
        span,
        "this is not a path of the file",
    );
    let help = "a path consists of keys separated by dots, as in \"train.optimizer.lr\"";
    Err(Box::new(problem.help(help)))
}
