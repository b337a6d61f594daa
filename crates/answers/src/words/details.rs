//! What is worth knowing beyond the answer.

use super::writing::Words;
use crate::axes::{AxisTrend, Interaction};
use crate::next::MOST_SUGGESTED;
use crate::pairing::PairMethod;
use crate::pairs::{
    ComparedPair, FAMILY_LEVEL, MOST_CONFIGURATIONS_OF_ALL_PAIRS, MOST_CONFIGURATIONS_TESTED,
    Verdict,
};
use convsweep_spec::words::{counted, thousands};

/// Interactions and trends that are told.
const TOLD: usize = 2;

impl ComparedPair {
    /// How many more runs of each would tell, for a table: empty if it is known or cannot be said.
    pub fn more_runs_in_short(&self) -> String {
        match self.more_runs {
            Some(more) if more > MOST_SUGGESTED => format!(">{MOST_SUGGESTED}"),
            Some(more) => more.to_string(),
            None => String::new(),
        }
    }
}

/// The details, in the order of the page.
pub(super) fn details(words: &Words) -> Vec<String> {
    let mut details = Vec::new();
    details.extend(other_images(words));
    details.extend(more_runs(words));
    let interactions = words.answers.interactions.iter().take(TOLD);
    details.extend(interactions.map(|found| interaction(words, found)));
    for axis in &words.answers.axes {
        let trend = axis.trend.as_ref();
        details.extend(trend.and_then(|trend| self::trend(words, &axis.name, trend)));
    }
    details.extend(when_trained(words));
    details.extend(noise(words));
    details.extend(choice(words));
    details.extend(pairing(words));
    details.extend(race(words));
    details.extend(over_classes(words));
    details.extend(diverged(words));
    details.extend(left_out(words));
    details
}

/// That a part of the differences may come from the images.
fn other_images(words: &Words) -> Option<String> {
    let is_told = !words.answers.share_images && words.answers.standings.len() > 1;
    is_told.then(|| {
        "Not all configurations validate on the same images, since they differ in the data: a \
         difference between such is partly one of the images, and the intervals do not count that."
            .to_string()
    })
}

/// How many more runs would tell the best from the runner-up.
fn more_runs(words: &Words) -> Option<String> {
    let pair = words.answers.pair(0, 1)?;
    if pair.result.verdict != Verdict::Unknown || pair.result.difference == 0.0 {
        return None;
    }
    let (best, second) = (words.label(0), words.label(1));
    let difference = words.metric.difference(pair.result.difference);
    let unit = words.answers.unit;
    match pair.more_runs {
        Some(more) if more > 0 && more <= MOST_SUGGESTED => Some(format!(
            "About {} of each would tell {best} from {second}, if the difference of {difference} \
             is as large as it looks.",
            counted(more as u64, &format!("more {}", unit.name()))
        )),
        Some(more) if more > MOST_SUGGESTED => Some(format!(
            "{best} and {second} differ by {difference}: it would take more than \
             {MOST_SUGGESTED} more {} of each to tell them apart, so choose by cost.",
            unit.plural()
        )),
        _ => None,
    }
}

fn interaction(words: &Words, found: &Interaction) -> String {
    let Interaction {
        first_axis,
        second_axis,
        first_values: (from, to),
        second_values: (larger, smaller),
        ..
    } = found;
    let (at_larger, at_smaller) = found.effects;
    format!(
        "{first_axis} and {second_axis} depend on each other: {to} in place of {from} changes the \
         {} by {} at {second_axis} {larger}, and by {} at {smaller}.",
        words.metric.words(),
        words.metric.signed(at_larger),
        words.metric.signed(at_smaller)
    )
}

fn trend(words: &Words, axis: &str, trend: &AxisTrend) -> Option<String> {
    let is_sure = trend.p.is_some_and(|p| p < FAMILY_LEVEL) && trend.is_monotone;
    let interval = trend.interval.filter(|_| is_sure)?;
    let verb = if trend.step > 0.0 { "rises" } else { "falls" };
    let step = words.difference(trend.step, Some(interval));
    Some(format!(
        "The {} {verb} with {axis}, by {step} from one value to the next.",
        words.metric.words()
    ))
}

/// Where not every seed trains: the best among those that do.
fn when_trained(words: &Words) -> Option<String> {
    let answers = words.answers;
    if !answers.some_do_not_train {
        return None;
    }
    let mut better = answers.pairs.iter().filter_map(|pair| {
        let when_trained = pair.when_trained?;
        let is_other = when_trained.verdict != pair.result.verdict;
        let is_known = matches!(when_trained.verdict, Verdict::Better | Verdict::Worse);
        (is_other && is_known).then_some((pair, when_trained))
    });
    let (pair, found) = better.next()?;
    let (first, second) = match found.verdict {
        Verdict::Worse => (pair.second, pair.first),
        _ => (pair.first, pair.second),
    };
    Some(format!(
        "When both train, {} is better than {} by {}; with runs that do not train counted, it is \
         not known which is better.",
        words.label(first),
        words.label(second),
        words.difference(found.difference, found.interval)
    ))
}

/// Where the spread between the seeds of the best comes from.
fn noise(words: &Words) -> Option<String> {
    let noise = words.answers.noise?;
    let points = |sd: f64| format!("{:.2}", 100.0 * sd);
    Some(format!(
        "The accuracy of {} differs between its {} with a standard deviation of {} percentage \
         points: {} come from the finite number of {} validation images, and {} from the networks \
         themselves (they add up as squares).",
        words.label(0),
        words.answers.unit.count(noise.runs),
        points(noise.total),
        points(noise.finite_set),
        thousands(noise.images as u64),
        points(noise.networks)
    ))
}

fn choice(words: &Words) -> Option<String> {
    let choice = words.answers.choice?;
    let metric = words.metric.words();
    let runs = words.answers.unit.count(choice.seeds);
    let flattery = words.metric.number(choice.optimism);
    let chosen = choice.configurations;
    Some(match flattery == words.metric.number(0.0) {
        true => format!(
            "Choosing the best of {chosen} by their {metric} does not flatter it measurably \
             (cross-fitted over {runs})."
        ),
        false => format!(
            "Choosing the best of {chosen} by their {metric} flatters it by about {} \
             (cross-fitted over {runs}).",
            words.metric.difference(choice.optimism)
        ),
    })
}

/// How runs are paired, where they are.
fn pairing(words: &Words) -> Option<String> {
    let pairs = &words.answers.pairs;
    let has = |method: PairMethod| pairs.iter().any(|pair| pair.method == method);
    if has(PairMethod::Folds) {
        return Some(
            "Configurations are compared fold by fold, with the wider intervals of Nadeau and \
             Bengio (2003), since folds share training images."
                .into(),
        );
    }
    has(PairMethod::SharedTraining).then(|| {
        "Configurations that go on from the same saved states are compared seed by seed.".into()
    })
}

/// What a race does to the intervals.
fn race(words: &Words) -> Option<String> {
    let rounds = words.answers.race_rounds;
    (rounds > 1).then(|| {
        format!(
            "The race over seeds looks at the results up to {rounds} times; tests and intervals \
             allow for that (Bonferroni), so that they are wider than those of a sweep without a \
             race."
        )
    })
}

/// Which classes the metric is over, where some have no validation images.
fn over_classes(words: &Words) -> Option<String> {
    let answers = words.answers;
    let found = answers.validated_classes?;
    found.of_metric(&answers.metric, &words.metric.words())
}

fn diverged(words: &Words) -> Option<String> {
    let value = words.answers.diverged_value?;
    let diverged: usize = words.answers.standings.iter().map(|s| s.diverged).sum();
    let noun = match diverged {
        1 => "1 run diverged and counts".to_string(),
        n => format!("{n} runs diverged and count"),
    };
    Some(format!(
        "{noun} as not trained, with a {} of {}, the chance level.",
        words.metric.words(),
        words.metric.value(value)
    ))
}

/// Pairs that are tested but not told.
fn left_out(words: &Words) -> Option<String> {
    let answers = words.answers;
    let count = answers.standings.len();
    let tested = thousands(answers.pairs_tested as u64);
    if count > MOST_CONFIGURATIONS_TESTED {
        return Some(format!(
            "Of so many configurations only the {tested} pairs with the best and with the baseline \
             were tested, corrected as if all had been."
        ));
    }
    let left_out = answers.pairs_tested.checked_sub(answers.pairs.len())?;
    (count > MOST_CONFIGURATIONS_OF_ALL_PAIRS).then(|| {
        format!(
            "All {tested} pairs of configurations were tested; those with the best and with the \
             baseline are kept, {} others are not.",
            thousands(left_out as u64)
        )
    })
}
