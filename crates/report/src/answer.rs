//! The answer in words: which configuration, by how much, over how many runs, and whether it could
//! be noise.

use crate::charts::effects::{Effect, Effects};
use crate::charts::{runs, unit};
use crate::standing::{Comparison, Entry, Measure, Standing};
use crate::stats::Sample;
use convsweep_spec::metric::Direction;

/// Below this corrected p-value a difference is called unlikely to be noise.
pub const LEVEL: f64 = 0.05;

/// The answer's sentences, one paragraph each; the first is the shortest form of it.
pub fn answer(standing: &Standing) -> Vec<String> {
    let Some(best) = standing.best() else {
        return vec![nothing(standing)];
    };
    let mut paragraphs = vec![first(standing, best)];
    if standing.ranked > 1 {
        let runner_up = 1;
        paragraphs.push(against(standing, runner_up));
        if let Some(baseline) = standing
            .baseline
            .filter(|b| *b > runner_up && *b < standing.ranked)
        {
            paragraphs.push(against(standing, baseline));
        }
        paragraphs.extend(undecided(standing));
        paragraphs.extend(effects(standing));
    }
    paragraphs.extend(test(standing, best));
    paragraphs
}

fn nothing(standing: &Standing) -> String {
    let jobs: usize = standing.entries.iter().map(|e| e.runs.len()).sum();
    let finished = standing.entries.iter().flat_map(Entry::finished).count();
    if finished == 0 {
        return format!("There is no answer yet: none of {jobs} jobs has finished.");
    }
    format!(
        "There is no answer: {finished} of {jobs} jobs finished, but none left a {}. Without validation images nothing can be compared.",
        standing.measure.words()
    )
}

fn first(standing: &Standing, best: &Entry) -> String {
    let measure = &standing.measure;
    let score = best
        .score
        .map_or(String::new(), |s| with_spread(measure, s, standing));
    if standing.entries.len() == 1 {
        return format!(
            "{} reaches a {} of {score}. It is the only configuration, so there is nothing to compare it with.",
            best.label(),
            measure.words()
        );
    }
    let superlative = if measure.direction == Direction::Max {
        "highest"
    } else {
        "lowest"
    };
    let of = standing.ranked;
    let baseline = if standing.baseline == Some(0) {
        ", the baseline,"
    } else {
        ""
    };
    let part = if standing.folds {
        " (on the validation folds)"
    } else {
        ""
    };
    if of == 1 {
        return format!(
            "{}{baseline} reaches a {} of {score}{part}. No other configuration has a result yet, so there is nothing to compare it with.",
            best.label(),
            measure.words()
        );
    }
    format!(
        "{}{baseline} has the {superlative} {} of {of} configurations: {score}{part}.",
        best.label(),
        measure.words()
    )
}

/// `71.40 % ± 0.93 over 3 seeds`.
fn with_spread(measure: &Measure, sample: Sample, standing: &Standing) -> String {
    let over = runs(standing, sample.n);
    match sample.sd {
        Some(sd) => {
            let sd = format!("{:.*}", measure.places(), sd * measure.scale());
            format!(
                "{} ± {sd} (mean ± standard deviation over {over})",
                measure.value(sample.mean)
            )
        }
        None => format!("{} with {over}", measure.value(sample.mean)),
    }
}

/// The best beside the configuration at `rank`.
fn against(standing: &Standing, rank: usize) -> String {
    let (best, other) = (&standing.entries[0], &standing.entries[rank]);
    let measure = &standing.measure;
    let gap = match (best.score, other.score) {
        (Some(a), Some(b)) => measure.gain(a.mean) - measure.gain(b.mean),
        _ => 0.0,
    };
    let role = match (rank, standing.baseline) {
        (1, Some(1)) => "the runner-up, which is the baseline, ",
        (1, _) => "the runner-up, ",
        _ => "the baseline, ",
    };
    let side = if measure.direction == Direction::Max {
        "above"
    } else {
        "below"
    };
    let lead = if gap == 0.0 {
        format!("It has the same mean as {role}{}", other.label())
    } else {
        format!(
            "That is {} {side} {role}{}",
            measure.difference(gap),
            other.label()
        )
    };
    let made;
    let comparison = match standing.comparison(0, rank) {
        Some(comparison) => comparison,
        // With a declared baseline, the runner-up was not among the tests that were corrected
        // together.
        None => {
            made = crate::standing::compare_two(standing.ranking(), 0, rank, measure);
            &made
        }
    };
    format!("{lead}: {}", verdict(standing, comparison))
}

/// Whether a difference could be noise, with its numbers.
fn verdict(standing: &Standing, comparison: &Comparison) -> String {
    let measure = &standing.measure;
    let Some(test) = comparison.test else {
        let unit = paired(standing);
        return format!(
            "the two share no {unit} with a result, so the difference cannot be tested."
        );
    };
    let n = test.difference.n;
    if n == 1 {
        let unit = unit(standing);
        let mut text = format!(
            "with one {unit} nothing can be said about whether this is noise; run more seeds to know."
        );
        if let [images] = comparison.images.as_slice() {
            text += &format!(
                " (On the validation images that both classified, {} were right for the first alone and {} for the second alone; McNemar {}. That compares these two trained networks, not the choices behind them.)",
                images.only_first,
                images.only_second,
                p_value(images.p)
            );
        }
        return text;
    }
    let (Some(p), Some((low, high))) = (test.p, test.difference.interval) else {
        return format!(
            "the difference is the same in all {}, so its spread cannot be judged; run more seeds to know.",
            runs(standing, n)
        );
    };
    let bounds = [low, high]
        .map(|v| format!("{:.*}", measure.places(), v * measure.scale()).replace('-', "−"));
    let corrected = comparison.corrected;
    let judged = corrected.unwrap_or(p);
    let word = if judged < LEVEL {
        "unlikely to be noise"
    } else {
        "it could be noise"
    };
    let others = match corrected {
        Some(c) if standing.comparisons.len() > 1 => {
            format!(
                "{}, {} after Holm's correction for {} comparisons",
                p_value(p),
                p_value(c),
                standing.comparisons.len()
            )
        }
        Some(_) => p_value(p),
        None => format!(
            "{}, not corrected: the baseline is what the others are tested against",
            p_value(p)
        ),
    };
    let few = if n == 2 {
        " Two pairs can only show a very large difference."
    } else {
        ""
    };
    let folds = if standing.folds {
        " Folds share training images, so this interval is somewhat too narrow."
    } else {
        ""
    };
    format!(
        "{word} (paired over {}: 95 % interval of the difference {} to {}, t-test {others}).{few}{folds}",
        runs(standing, n),
        bounds[0],
        bounds[1]
    )
}

/// What runs of two configurations are paired by.
pub(crate) fn paired(standing: &Standing) -> &'static str {
    if unit(standing) == "run" {
        "seed and fold"
    } else {
        unit(standing)
    }
}

/// How many further configurations cannot be told from the best.
fn undecided(standing: &Standing) -> Option<String> {
    let close = standing
        .comparisons
        .iter()
        .filter(|c| c.better == 0 && c.worse > 1 && c.test.is_some_and(|t| t.difference.n > 1))
        .filter(|c| c.corrected.is_none_or(|p| p >= LEVEL))
        .count();
    let others = match close {
        0 => return None,
        1 => "One further configuration".to_string(),
        n => format!("{n} further configurations"),
    };
    Some(format!(
        "{others} cannot be told from the best with this many {} either.",
        format_args!("{}s", unit(standing))
    ))
}

/// How far each axis moves the metric, the strongest first; only where every value met the same
/// others.
fn effects(standing: &Standing) -> Option<String> {
    let measure = &standing.measure;
    let axes = Effects::new(standing)?.axes;
    let balanced = |axis: &Effect| {
        axis.values
            .iter()
            .all(|(_, mean)| mean.n == axis.values[0].1.n)
    };
    if axes.len() < 2 || !axes.iter().all(balanced) {
        return None;
    }
    let mut moves: Vec<_> = axes
        .iter()
        .filter_map(|axis| {
            let by_mean =
                |a: &&(String, Sample), b: &&(String, Sample)| a.1.mean.total_cmp(&b.1.mean);
            let (low, high) = (
                axis.values.iter().min_by(by_mean)?,
                axis.values.iter().max_by(by_mean)?,
            );
            Some((high.1.mean - low.1.mean, &axis.axis, &low.0, &high.0))
        })
        .collect();
    moves.sort_by(|a, b| b.0.total_cmp(&a.0));
    let words = moves.iter().enumerate().map(|(i, (by, axis, low, high))| {
        let verb = if i == 0 { " moves it most," } else { "" };
        format!(
            "{axis}{verb} by {} (from {low} to {high})",
            measure.difference(by / measure.scale())
        )
    });
    Some(format!(
        "Averaged over the other axes, {}.",
        words.collect::<Vec<_>>().join("; ")
    ))
}

/// Accuracy on the sealed test images, for the chosen configuration and the baseline.
fn test(standing: &Standing, best: &Entry) -> Option<String> {
    let number = |s: Sample| {
        let sd =
            s.sd.map_or(String::new(), |sd| format!(" ± {:.2}", sd * 100.0));
        format!("{:.2} %{sd}", s.mean * 100.0)
    };
    let own = best.test_accuracy()?;
    let mut text = format!(
        "On the test images, which nothing was chosen by, {} has an accuracy of {} over {}",
        best.label(),
        number(own),
        runs(standing, own.n)
    );
    if let Some(baseline) = standing
        .baseline
        .filter(|b| *b != 0)
        .map(|b| &standing.entries[b])
        && let Some(sample) = baseline.test_accuracy()
    {
        text += &format!(
            "; the baseline, {}, has {}",
            baseline.label(),
            number(sample)
        );
    }
    text.push('.');
    if standing.entries.len() > 1 {
        text += " The validation figure of a configuration that was chosen by it is a little flattering; the test figure is not.";
    }
    if standing.revision.show_test && standing.entries.len() > 1 {
        text += " The file asks for the test figures of all configurations: whoever chooses by them has no sealed images left.";
    }
    Some(text)
}

/// `p = 0.013`, `p < 0.001`.
pub fn p_value(p: f64) -> String {
    match p {
        p if p < 0.001 => "p < 0.001".into(),
        p if p < 0.1 => format!("p = {p:.3}"),
        p => format!("p = {p:.2}"),
    }
}
