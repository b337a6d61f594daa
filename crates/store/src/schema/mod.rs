//! The database's file, tables and views: creating, opening and migrating them.

mod create;
mod migrations;
mod open;
mod places;
mod quote;
mod results;
mod wide_views;

pub(crate) use create::create;
pub(crate) use migrations::prepare;
pub(crate) use open::{open_alone, open_readable, open_writable, uri};
pub(crate) use results::RESULTS;
pub(crate) use wide_views::refresh_wide_views;
