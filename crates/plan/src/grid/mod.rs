//! `[[sweep]]` and `[[stage]]`: axes, their values and labels, and the points they span.

pub(crate) mod axes;
pub(crate) mod axis;
pub(crate) mod block;
mod block_reader;
mod differences;
pub(crate) mod fractions;
pub(crate) mod labels;
mod name_counts;
pub(crate) mod overridden;
pub(crate) mod path_values;
pub(crate) mod point;
pub(crate) mod points;
mod range;
mod sample;
pub(crate) mod selection;
pub(crate) mod value_text;
mod values;
