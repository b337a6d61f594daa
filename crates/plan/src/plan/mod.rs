//! The finished plan: configurations with their jobs, and where each value of one comes from.

pub(crate) mod assemble;
mod equal_points;
pub(crate) mod provenance;
mod selected;
mod single_values;
pub(crate) mod types;
