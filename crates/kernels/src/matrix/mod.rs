//! The two register-blocked loops that all matrix work here is made of.
//!
//! [`dots`]: rows of a left matrix, each anywhere in memory, times a packed panel; the forward pass
//! and the input gradient of every convolution and dense layer. [`outer`]: sums of outer products
//! over pixels; their weight gradients. Both keep a block of `V::ROWS` rows by one or two vectors
//! in registers, which is what the FMA units can be kept busy with, and go through their operands
//! in parts that stay in the first-level cache. No part changes the order in which a sum is added
//! up.

mod dots;
mod outer;
mod panel;

pub(crate) use dots::{DotsTarget, Finish, LeftRows, dots};
pub(crate) use outer::{OuterFactors, OuterTarget, outer, outer_panels};
