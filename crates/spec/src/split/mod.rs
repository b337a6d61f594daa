//! Which images train and which validate.

mod counts;
mod divide;
mod proportional;
#[cfg(test)]
mod tests;

pub use counts::{ClassCounts, divided};
pub use divide::{Divided, Divisible, divide};
