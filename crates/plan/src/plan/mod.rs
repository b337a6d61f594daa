//! The finished plan: configurations with their jobs, and where each value of one comes from.

pub(crate) mod assemble;
pub(crate) mod provenance;
