//! The page of running and finished sweeps, for the browsers of this machine alone.
//!
//! [`door`] lets the user's browsers in and nobody else; [`Site`] is what they see. A page is made
//! of sections, rendered from what `feed` knows of the results folder; `events` sends those that
//! have changed. Curves are sent as numbers. Everything here only reads.

mod address;
mod assets;
mod curves;
pub mod door;
mod events;
mod feed;
mod pages;
mod routes;
mod site;
mod view;

pub use address::experiment_path;
pub use pages::OriginRow;
pub use routes::routes;
pub use site::{Origins, Site};
