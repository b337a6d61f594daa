//! The statistics of a comparison: means with intervals, tests that pair by run or by image,
//! corrections, and scores of classes.
//!
//! Everything here is a pure function over numbers; what is compared with what is decided in
//! [`crate::ranking`].

mod class_scores;
mod mcnemar;
mod paired;

pub use class_scores::{ClassScore, class_scores};
pub use mcnemar::{McNemar, mcnemar};
pub use paired::{PairedTest, holm, paired_t};
