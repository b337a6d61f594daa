//! The database's file, tables and views: creating, opening and migrating them.

mod create;
mod migrations;
mod open;
mod quote;
mod wide_views;

pub(crate) use create::{make, remove};
pub(crate) use migrations::prepare;
pub(crate) use open::{open_readable, open_writable, uri};
pub use quote::literal;
pub(crate) use wide_views::refresh;
