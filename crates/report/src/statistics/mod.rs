//! Scores of classes from a confusion matrix.

mod class_scores;

pub use class_scores::{ClassScore, class_scores, macro_f1};
