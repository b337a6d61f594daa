//! The door over real sockets: tests are named after published holes where there are such.

#![allow(clippy::unwrap_used)]

mod admission;
mod answers;
mod client;
mod entry;
mod opening;
mod patience;
mod routes;
mod streams;
