//! `padding` of layers with windows.

use super::internal::not_resolved;
use crate::language::reader::{TableReader, pair};
use crate::source::problem::ProblemSink;
use convsweep_spec::model::Padding;

pub(super) fn padding(reader: &TableReader, sink: &mut ProblemSink) -> Option<Padding> {
    let node = reader.node("padding")?;
    match node.text() {
        Some("same") => Some(Padding::Same),
        Some("valid") => Some(Padding::Valid),
        Some(other) => not_resolved(&node, "padding", other, sink),
        None => pair(&node).map(Padding::Pixels),
    }
}
