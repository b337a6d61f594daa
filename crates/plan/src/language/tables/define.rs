//! Short ways to write the tables down.

use crate::language::bounds::Bounds;
use crate::language::field::{Field, FieldDefault, ValueKind, Variant};
use convsweep_spec::metric::CHOOSING;

/// Largest number of images, steps and the like.
pub(super) const MANY: i64 = u32::MAX as i64;

/// Largest number of epochs.
pub(super) const MAX_EPOCHS: i64 = 100_000;

/// Name of a metric that may select weights or configurations.
pub(super) const METRIC_NAME: ValueKind = ValueKind::OneOf(&CHOOSING);

/// Names of layers, or patterns for them.
pub(super) const LAYER_PATTERNS: ValueKind =
    ValueKind::Either(&[ValueKind::Text, list(&ValueKind::Text, 1, 1000)]);

/// A key that cannot be left out.
pub(super) const fn required(key: &'static str, kind: ValueKind, doc: &'static str) -> Field {
    Field {
        key,
        kind,
        default: FieldDefault::Required,
        doc,
    }
}

/// A key that may be left out; `doc` says what that means.
pub(super) const fn optional(key: &'static str, kind: ValueKind, doc: &'static str) -> Field {
    Field {
        key,
        kind,
        default: FieldDefault::Absent,
        doc,
    }
}

/// A key with a default, which is a TOML value.
pub(super) const fn field(
    key: &'static str,
    kind: ValueKind,
    default: &'static str,
    doc: &'static str,
) -> Field {
    Field {
        key,
        kind,
        default: FieldDefault::Value(default),
        doc,
    }
}

pub(super) const fn integer(min: i64, max: i64) -> ValueKind {
    ValueKind::Int { min, max }
}

/// An integer with a default.
pub(super) const fn int(
    key: &'static str,
    min: i64,
    max: i64,
    default: &'static str,
    doc: &'static str,
) -> Field {
    field(key, integer(min, max), default, doc)
}

/// A number with a default.
pub(super) const fn float(
    key: &'static str,
    bounds: Bounds,
    default: &'static str,
    doc: &'static str,
) -> Field {
    field(key, ValueKind::Float(bounds), default, doc)
}

/// `true` or `false`.
pub(super) const fn switch(key: &'static str, default: &'static str, doc: &'static str) -> Field {
    field(key, ValueKind::Bool, default, doc)
}

pub(super) const fn list(of: &'static ValueKind, min: usize, max: usize) -> ValueKind {
    ValueKind::List { of, min, max }
}

/// A variant that a key or a name chooses.
pub(super) const fn variant(
    key: &'static str,
    fields: &'static [Field],
    doc: &'static str,
) -> Variant {
    Variant {
        key,
        doc,
        fields,
        weak: false,
        open: false,
    }
}
