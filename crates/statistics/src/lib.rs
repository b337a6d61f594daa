//! Statistical methods as pure functions over numbers.
//!
//! Each file is one method and names its paper. What is compared with what is decided elsewhere.
//! No function panics: what cannot be computed is `None`, never NaN.

pub mod holm;
pub mod mcnemar;
pub mod paired;
pub mod sample;
