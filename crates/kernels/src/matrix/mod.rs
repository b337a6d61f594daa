//! The two register-blocked loops that perform all matrix work.
//!
//! [`dots()`] multiplies rows of a left matrix by packed panels: the forward pass and the input
//! gradient of convolutions and dense layers. [`outer()`] sums outer products over pixels: their
//! weight gradients. Both keep a block of `V::ROWS` rows by one or two vectors in registers, which
//! is enough to keep the FMA units busy, and walk their operands in pieces that stay in the L1
//! cache. Cutting into pieces never changes the order in which a sum is accumulated.

mod dots;
mod outer;
mod panel;

pub(crate) use dots::{DotsTarget, Finish, LeftRows, dots};
pub(crate) use outer::{OuterFactors, OuterTarget, outer, outer_panels};
