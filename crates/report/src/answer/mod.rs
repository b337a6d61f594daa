//! The answer in words: which configuration is best, by how much, over how many runs, whether it
//! could be noise, and what to know before trusting it.

mod axes;
mod lead;
mod log_warning;
mod p_value;
mod range_test;
mod test_images;
mod verdict;
mod warnings;

pub use log_warning::{IN_DOUBT, database_warning, log_warning};
pub use p_value::p_value;
pub use range_test::range_test_answer;
pub use warnings::warnings;

use crate::ranking::{RankedConfiguration, Ranking};

/// The answer's paragraphs; the first is the shortest form of it.
pub fn answer(ranking: &Ranking) -> Vec<String> {
    let Some(best) = ranking.best() else {
        return vec![lead::without_result(ranking)];
    };
    let mut paragraphs = vec![lead::best(ranking, best)];
    paragraphs.extend(comparisons(ranking));
    paragraphs.extend(test_images::paragraph(ranking, best));
    paragraphs
}

/// Compares the best with the runner-up and the baseline, and the axes with each other.
fn comparisons(ranking: &Ranking) -> Vec<String> {
    const RUNNER_UP: usize = 1;
    let [best, runner_up, ..] = ranking.with_result() else {
        return Vec::new();
    };
    let mut paragraphs = vec![verdict::best_and(ranking, best, runner_up, RUNNER_UP)];
    if let Some(rank) = ranking.ranked_baseline().filter(|rank| *rank > RUNNER_UP) {
        let baseline: &RankedConfiguration = &ranking.configurations[rank];
        paragraphs.push(verdict::best_and(ranking, best, baseline, rank));
    }
    paragraphs.extend(verdict::undecided(ranking));
    paragraphs.extend(axes::paragraph(ranking));
    paragraphs
}
