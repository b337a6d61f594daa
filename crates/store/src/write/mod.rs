//! Writing to the database: events and log entries become rows.

pub(crate) mod apply;
pub(crate) mod derived;
mod log_positions;
mod pending_byte;
mod writer;

pub use writer::Writer;
