//! `[[sweep]]` and `[[stage]]`: axes, their values and labels, and the points they span.

pub(crate) mod axes;
pub(crate) mod baseline;
pub(crate) mod labels;
pub(crate) mod points;
pub(crate) mod sample;
pub(crate) mod values;
