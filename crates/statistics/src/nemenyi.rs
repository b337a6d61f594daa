//! Which choices differ, over several data sets: Nemenyi's test of mean ranks (Nemenyi 1963,
//! "Distribution-free Multiple Comparisons", Princeton; the critical difference of Demšar 2006).

use crate::studentized_range::{cumulative, quantile};
use std::f64::consts::SQRT_2;

/// Mean ranks that differ by at least this much differ at the family-wise level `alpha`, over all
/// pairs of `choices` on `blocks` data sets. `None` below two choices, without data sets, or
/// unless `alpha` lies between 0 and 1.
pub fn critical_difference(choices: usize, blocks: usize, alpha: f64) -> Option<f64> {
    let q = quantile(1.0 - alpha, choices, f64::INFINITY)?;
    Some(q / SQRT_2 * standard_error(choices, blocks)?)
}

/// The p-value of a `difference` between two mean ranks, corrected for all pairs; `None` as for
/// [`critical_difference`], or for NaN.
pub fn p_value(difference: f64, choices: usize, blocks: usize) -> Option<f64> {
    let q = difference.abs() / standard_error(choices, blocks)? * SQRT_2;
    Some(1.0 - cumulative(q, choices, f64::INFINITY)?)
}

/// The largest groups of choices whose mean ranks all differ by less than `critical`, as indices
/// into `mean_ranks` in ascending order of rank: the bars of a critical-difference diagram. Choices
/// that differ from all others are in none.
pub fn groups(mean_ranks: &[f64], critical: f64) -> Vec<Vec<usize>> {
    let mut order: Vec<usize> = (0..mean_ranks.len()).collect();
    order.sort_by(|&a, &b| mean_ranks[a].total_cmp(&mean_ranks[b]));
    let (mut groups, mut covered) = (Vec::new(), 0);
    for first in 0..order.len() {
        let is_near = |&&i: &&usize| mean_ranks[i] - mean_ranks[order[first]] < critical;
        let end = first + order[first..].iter().take_while(is_near).count();
        if end > first + 1 && end > covered {
            groups.push(order[first..end].to_vec());
            covered = end;
        }
    }
    groups
}

/// Standard error of the difference of two mean ranks.
fn standard_error(choices: usize, blocks: usize) -> Option<f64> {
    let k = choices as f64;
    (blocks > 0).then(|| (k * (k + 1.0) / (6.0 * blocks as f64)).sqrt())
}
