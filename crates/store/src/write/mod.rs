//! The one writer of the database.

mod in_doubt;
mod log_positions;
mod pending_byte;
mod writer;
mod writer_thread;

pub use writer::DatabaseWriter;
