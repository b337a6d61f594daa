//! Which configurations of a race over seeds may still be the best, while it runs.

use crate::estimates::{Estimate, Estimates};
use crate::gain_in;
use crate::pairs::FAMILY_LEVEL;
use convsweep_spec::metric::Direction;
use convsweep_statistics::sample::Sample;

/// Which candidates may still be the best, given their results by seed (`None`: the seed failed or
/// was not trained), in the metric's unit.
///
/// A candidate is dropped if another one is better by a one-sided test with moderated variances,
/// corrected for the number of others (as for the set that may be the best) and for the number of
/// times that the race may look (Bonferroni): the truly best one is dropped with a probability of
/// at most 5 % in the whole race. A candidate without any result is dropped, but for one whose
/// results are all NaN, which say that the metric does not exist: it is not compared; the one with the best
/// mean never is.
pub fn may_still_be_best(
    direction: Direction,
    candidates: &[Vec<Option<f64>>],
    looks: usize,
) -> Vec<bool> {
    let mut each = Vec::with_capacity(candidates.len());
    let lacks_metric = |values: &[Option<f64>]| {
        let mut values = values.iter().flatten().peekable();
        values.peek().is_some() && values.all(|value| value.is_nan())
    };
    for values in candidates {
        let known = values.iter().flatten().filter(|value| value.is_finite());
        let gains: Vec<f64> = known.map(|value| gain_in(direction, *value)).collect();
        each.push(Estimate::of_trained(&gains));
    }
    let estimates = Estimates::of_trained(each);
    let others = candidates.len().saturating_sub(1) as f64;
    let mut may_be = Vec::with_capacity(candidates.len());
    for (number, estimate) in estimates.each.iter().enumerate() {
        let is_behind = |other: usize| {
            let difference = estimates.when_trained(other, number);
            let p = difference.and_then(|difference| difference.p_greater_than(0.0));
            p.is_some_and(|p| p * others * looks.max(1) as f64 <= FAMILY_LEVEL)
        };
        let has_nothing = estimate.gains.is_empty() && !lacks_metric(&candidates[number]);
        let is_dropped = has_nothing || (0..candidates.len()).any(is_behind);
        may_be.push(!is_dropped);
    }
    if let Some(leader) = leader(&estimates) {
        may_be[leader] = true;
    }
    may_be
}

/// The candidate with the best mean, the first of equal ones.
fn leader(estimates: &Estimates) -> Option<usize> {
    let means = estimates.each.iter().map(Estimate::mean).enumerate();
    let known = means.filter_map(|(number, mean)| Some((number, mean?)));
    let best = known.max_by(|(a, x), (b, y)| x.total_cmp(y).then(b.cmp(a)));
    best.map(|(number, _)| number)
}

impl Estimate {
    /// What is known from the gains of runs that all trained.
    fn of_trained(gains: &[f64]) -> Estimate {
        let sample = Sample::of(gains);
        let keyed = gains.iter().enumerate();
        Estimate::new(
            keyed
                .map(|(seed, gain)| ((seed as u64, None), *gain))
                .collect(),
            sample,
            0,
        )
    }
}
