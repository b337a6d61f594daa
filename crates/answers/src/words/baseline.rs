//! How the best configuration compares with the declared baseline.

use super::Words;
use crate::pairs::Verdict;

/// The comparison of the best with the baseline; `None` without a baseline that is compared.
pub(super) fn baseline(words: &Words) -> Option<String> {
    let answers = words.answers;
    let rank = answers.baseline().filter(|rank| *rank > 0)?;
    let pair = answers.pair(0, rank)?;
    let difference = words.difference(pair.result.difference, pair.result.interval);
    let baseline = words.label(rank);
    let best = words.label(0);
    Some(match pair.result.verdict {
        Verdict::Better => format!("{best} beats the baseline, {baseline}, by {difference}."),
        Verdict::Worse => format!(
            "Where both were trained alike, the baseline, {baseline}, beats {best} by {difference}."
        ),
        Verdict::Equal => format!(
            "{best} and the baseline, {baseline}, are practically equal: they differ by \
             {difference}."
        ),
        Verdict::Unknown => format!(
            "Whether it beats the baseline, {baseline}, is not known yet: the difference is \
             {difference}."
        ),
    })
}
