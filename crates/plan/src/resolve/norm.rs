//! `norm` of a layer, and the norm that is a layer.

use super::internal::not_resolved;
use crate::language::reader::{TableReader, named};
use crate::language::tables::NORMS;
use crate::source::problem::ProblemSink;
use convsweep_spec::model::Norm;

/// The norm; the inner `None` for `"none"`.
pub(super) fn norm(reader: &TableReader, sink: &mut ProblemSink) -> Option<Option<Norm>> {
    let node = reader.node("norm")?;
    let (name, options) = named(&node, &NORMS)?;
    if name == "none" {
        return Some(None);
    }
    let epsilon = options.f64("epsilon")?;
    Some(Some(match name {
        "batch" => Norm::Batch {
            momentum: options.f64("momentum")?,
            epsilon,
        },
        "layer" => Norm::Layer { epsilon },
        "group" => Norm::Group {
            groups: options.u32("groups")?,
            epsilon,
        },
        "instance" => Norm::Instance { epsilon },
        other => return not_resolved(&node, NORMS.noun, other, sink),
    }))
}
