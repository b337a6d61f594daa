//! Random numbers as pure functions of what they are drawn for: no state to save, any order, any
//! number of threads.
//!
//! Every kind of user has its own derivation, because the numbers are part of what a job is: they
//! must stay the same bits for ever.
//!
//! | derivation | keyed by | used for |
//! | --- | --- | --- |
//! | [`Draws`] | a [`Purpose`] and integers (seed, epoch, row, …) | images, splits, orders |
//! | [`IndexedDraws`] | a name, a seed and a step | initial weights, dropout |
//! | [`uniform_from_key`] | any serialisable value | sampled points of a grid |
//!
//! The first two finish each number with SplitMix64 (Steele, Lea and Flood 2014).

mod draws;
mod indexed;
mod key;
mod purpose;
mod shuffle;
mod splitmix;

pub use draws::Draws;
pub use indexed::IndexedDraws;
pub use key::uniform_from_key;
pub use purpose::Purpose;
pub use shuffle::shuffled;
