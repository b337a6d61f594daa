//! The statistics of a comparison: means with intervals, tests that pair by run or by image,
//! corrections, and scores of classes.
//!
//! Everything here is a pure function over numbers; what is compared with what is decided in
//! [`crate::ranking`].

/// A difference with a corrected p-value below this is called unlikely to be noise.
pub const SIGNIFICANCE: f64 = 0.05;

mod class_scores;
mod mcnemar;
mod paired;

pub use class_scores::{ClassScore, class_scores, macro_f1};
pub use mcnemar::{McNemar, mcnemar};
pub use paired::{PairedTest, holm, paired_t};
