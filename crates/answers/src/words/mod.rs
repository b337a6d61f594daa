//! The answers in words: at most five sentences that say what a reader came for, then the details.

mod axes;
mod baseline;
mod certainty;
mod details;
mod lead;
mod training;
mod writing;

use crate::answers::Answers;
use writing::Words;

impl Answers {
    /// The answer in at most five sentences, the shortest form of it first.
    pub fn sentences(&self) -> Vec<String> {
        let words = Words::of(self);
        let Some(lead) = lead::lead(&words) else {
            return vec![lead::without_result(&words)];
        };
        let sentences = [
            Some(lead),
            certainty::certainty(&words),
            training::training(&words),
            baseline::baseline(&words),
            axes::what_matters(&words),
        ];
        sentences.into_iter().flatten().collect()
    }

    /// What is worth knowing beyond the answer: how many more runs would tell, interactions,
    /// trends, and where the noise is.
    pub fn details(&self) -> Vec<String> {
        let words = Words::of(self);
        if self.standings.is_empty() {
            return Vec::new();
        }
        details::details(&words)
    }
}
