//! The first sentence: the best configuration with its result.

use super::writing::Words;
use crate::answers::Standing;
use convsweep_spec::words::counted;

/// Why there is no answer.
pub(super) fn without_result(words: &Words) -> String {
    let answers = words.answers;
    let jobs = counted(answers.jobs as u64, "job");
    if answers.finished == 0 {
        return format!("There is no answer yet: none of {jobs} has finished.");
    }
    if answers.are_range_tests {
        return format!(
            "Learning-rate range tests are not compared: `convsweep report {}` shows their curves \
             and the rates that they suggest.",
            answers.experiment
        );
    }
    let no_images = || "Without validation images nothing can be compared.".to_string();
    let why = match answers.validated_classes {
        Some(found) => found.why_not(&answers.metric).map(|why| why + "."),
        None => Some(no_images()),
    };
    format!(
        "There is no answer: {} of {jobs} finished, but none recorded a finite {}. {}",
        answers.finished,
        words.metric.words(),
        why.unwrap_or_else(no_images)
    )
}

/// The best configuration and its mean; `None` without a result.
pub(super) fn lead(words: &Words) -> Option<String> {
    let answers = words.answers;
    let best = answers.best()?;
    let label = &best.label;
    let (metric, result) = (words.metric.words(), result(words, best));
    let compared = answers.standings.len();
    if compared + answers.without_result.len() == 1 {
        return Some(format!(
            "{label} reaches a {metric} of {result}. It is the only configuration, so there is \
             nothing to compare it with."
        ));
    }
    let role = if best.is_baseline {
        ", the baseline,"
    } else {
        ""
    };
    if compared == 1 {
        return Some(format!(
            "{label}{role} reaches a {metric} of {result}. No other configuration has a result \
             yet, so there is nothing to compare it with."
        ));
    }
    let all_equal = answers.standings.iter().all(|s| s.mean == best.mean);
    if all_equal {
        return Some(format!(
            "All {compared} configurations have the same {metric}: {result}."
        ));
    }
    let superlative = match words.metric.larger_is_better() {
        true => "highest",
        false => "lowest",
    };
    Some(format!(
        "{label}{role} has the {superlative} {metric} of {compared} configurations: {result}."
    ))
}

/// `71.40 % (95 % interval 70.10 to 72.70, 3 seeds)`.
fn result(words: &Words, standing: &Standing) -> String {
    let runs = words.answers.unit.count(standing.runs);
    let interval = match standing.interval {
        Some(ends) if standing.runs > 1 => {
            format!("95 % interval {}, ", words.metric.interval(ends))
        }
        _ => String::new(),
    };
    format!("{} ({interval}{runs})", words.metric.value(standing.mean))
}
