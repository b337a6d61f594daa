//! Inputs of a check, and the list that it adds problems to.

use crate::source::problem::ProblemSink;

/// Checks values. The methods are in the other files of this folder.
#[derive(Debug)]
pub(crate) struct Checker<'a> {
    pub(super) sink: &'a mut ProblemSink,
    /// The values will be merged with others, so that keys may be missing and `"$name"` may stand
    /// for anything.
    pub(super) partial: bool,
}

impl<'a> Checker<'a> {
    /// Checks values that are complete.
    pub(crate) fn whole(sink: &'a mut ProblemSink) -> Checker<'a> {
        Checker {
            sink,
            partial: false,
        }
    }

    /// Checks values that will be merged with others.
    pub(crate) fn partial(sink: &'a mut ProblemSink) -> Checker<'a> {
        Checker {
            sink,
            partial: true,
        }
    }
}
