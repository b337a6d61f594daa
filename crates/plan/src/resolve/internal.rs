//! Contradictions between the tables of the language and the code that resolves them.

use crate::source::problem::{Problem, ProblemCode, ProblemSink};
use crate::source::tree::Node;

/// Reports that the language has a choice that is not resolved here. Nothing is trained then, where
/// a default would train something else than the file says.
pub(super) fn not_resolved<T>(
    node: &Node,
    noun: &str,
    name: &str,
    sink: &mut ProblemSink,
) -> Option<T> {
    let title = format!("the program cannot plan the {noun} \"{name}\" that it knows");
    let problem = Problem::of(ProblemCode::Internal, node, title);
    sink.report(problem.help("this is an error of the program, not of the file: please report it"));
    None
}
