//! Which images train and which validate.

mod divide;
mod proportional;
#[cfg(test)]
mod tests;

pub use divide::{Divided, Divisible, divide};
