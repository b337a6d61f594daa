//! Whether a value has the right type.

use crate::language::field::ValueKind;
use crate::source::tree::Node;

/// Whether the type is right, whether or not the value is.
pub(crate) fn fits(node: &Node, kind: &ValueKind) -> bool {
    match kind {
        ValueKind::Any => true,
        ValueKind::Bool | ValueKind::True => node.bool().is_some(),
        ValueKind::Int { .. } | ValueKind::IntOneOf(_) | ValueKind::Float(_) => {
            node.float().is_some()
        }
        ValueKind::Text | ValueKind::OneOf(_) => node.text().is_some(),
        ValueKind::Pair { .. } => node.float().is_some() || node.items().len() == 2,
        ValueKind::List { .. } => node.is_list(),
        ValueKind::Table(_) | ValueKind::Keyed(_) => node.is_table(),
        ValueKind::Named(_) => node.is_table() || node.text().is_some(),
        ValueKind::Either(kinds) => kinds.iter().any(|kind| fits(node, kind)),
        ValueKind::Part(kind) => fits(node, kind),
    }
}
