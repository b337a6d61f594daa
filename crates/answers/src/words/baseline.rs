//! How the best configuration compares with the declared baseline.

use super::writing::Words;
use crate::answers::NoResult;
use crate::pairs::Verdict;
use convsweep_spec::words::counted;

/// The comparison of the best with the baseline, or why there is none; `None` without a baseline,
/// or if it is the best.
pub(super) fn baseline(words: &Words) -> Option<String> {
    let answers = words.answers;
    let mut without = answers.without_result.iter();
    if let Some(baseline) = without.find(|without| without.is_baseline) {
        return Some(without_result(baseline));
    }
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

/// Why nothing is compared with the baseline.
fn without_result(baseline: &NoResult) -> String {
    let counts = [
        (baseline.failed, "failed"),
        (baseline.stopped, "stopped by a rule"),
        (baseline.without_metric, "finished without the metric"),
    ];
    let counts = counts.iter().filter(|(count, _)| *count > 0);
    let mut parts: Vec<String> = counts.map(|(n, what)| format!("{n} {what}")).collect();
    if parts.is_empty() {
        parts.push("none has ended".into());
    }
    let jobs = counted(baseline.jobs as u64, "job");
    format!(
        "The baseline, {}, has no result (of its {jobs}: {}), so that nothing is compared with it.",
        baseline.label,
        parts.join(", ")
    )
}
