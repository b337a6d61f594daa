//! Overrides of the command line that would have no effect because an axis sets the same value.

use super::axes::Axes;
use crate::document::overrides::OverriddenPath;
use crate::source::problem::{Problem, ProblemCode, ProblemSink};

/// Reports every override of a value that an axis sets.
pub(crate) fn check_overridden(paths: &[OverriddenPath], axes: &Axes, sink: &mut ProblemSink) {
    for path in paths {
        let mut all = axes.all.iter();
        let axis = all.find(|axis| path.segments.starts_with(&axis.segments));
        if let Some(axis) = axis {
            let title = format!("`{}` is an axis of this file", axis.path);
            let problem = Problem::at(ProblemCode::NoEffect, path.span, title);
            sink.report(
                problem
                    .label("would have no effect")
                    .also(Some(axis.span), "its values take precedence")
                    .help("edit the axis in the file instead"),
            );
        }
    }
}
