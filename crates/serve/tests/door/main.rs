//! The door over real sockets. Tests are named after published holes where there are such.

#![allow(clippy::unwrap_used)]

mod client;
mod entry;
mod routes;
