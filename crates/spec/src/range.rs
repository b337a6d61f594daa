//! Results of the learning-rate range test (Smith 2017): the rate rises by the same factor at every
//! step, and the loss shows which rates train the network.

use crate::metric::Number;
use serde::{Deserialize, Serialize};

/// Weight of the past in the smoothed loss.
const MEMORY: f64 = 0.9;
/// The loss counts as exploded above this multiple of its lowest smoothed value.
const EXPLODED: f64 = 4.0;
/// Number of first steps during which the smoothed loss is not meaningful yet.
const UNSETTLED: usize = 10;
/// A loss that stays above this share of its initial value counts as not falling.
const FALLEN: f64 = 0.97;

/// One step of the test.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct RangePoint {
    /// Learning rate of the step.
    pub rate: f64,
    /// Mean loss of the step's images before its update.
    pub loss: Number,
}

/// The result of a range test.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RangeResult {
    /// All steps in their order.
    pub points: Vec<RangePoint>,
    /// The loss, smoothed over about ten steps.
    pub smoothed: Vec<Number>,
    /// The rate at which the smoothed loss falls fastest, on a logarithmic scale of rates; `None`
    /// if it does not fall.
    pub steepest: Option<f64>,
    /// The rate at which the smoothed loss is lowest.
    pub lowest: Option<f64>,
    /// The rate at which the loss exploded; `None` if it did not.
    pub exploded: Option<f64>,
}

impl RangeResult {
    /// Evaluates the steps of a test.
    pub fn new(points: &[RangePoint]) -> Self {
        let smoothed = smoothed(points);
        let finite: Vec<(f64, f64)> = points
            .iter()
            .zip(&smoothed)
            .map(|(p, s)| (p.rate, *s))
            .take_while(|(_, s)| s.is_finite())
            .collect();
        let lowest = (0..finite.len()).min_by(|&a, &b| finite[a].1.total_cmp(&finite[b].1));
        let exploded = has_exploded(&smoothed)
            .then(|| points.last().map(|p| p.rate))
            .flatten();
        RangeResult {
            points: points.to_vec(),
            steepest: lowest.and_then(|lowest| steepest(&finite, lowest)),
            lowest: lowest.map(|i| finite[i].0),
            smoothed: smoothed.into_iter().map(Number).collect(),
            exploded,
        }
    }
}

/// Whether the loss has exploded, so that the test can end.
pub fn is_over(points: &[RangePoint]) -> bool {
    has_exploded(&smoothed(points))
}

fn has_exploded(smoothed: &[f64]) -> bool {
    let Some((last, before)) = smoothed.split_last() else {
        return false;
    };
    let lowest = before
        .iter()
        .skip(UNSETTLED)
        .copied()
        .fold(f64::INFINITY, f64::min);
    !last.is_finite() || *last > EXPLODED * lowest
}

/// Exponential moving average of the losses with bias correction.
fn smoothed(points: &[RangePoint]) -> Vec<f64> {
    let (mut mean, mut weight) = (0.0, 0.0);
    let next = |point: &RangePoint| {
        mean = MEMORY * mean + (1.0 - MEMORY) * point.loss.0;
        weight = MEMORY * weight + (1.0 - MEMORY);
        mean / weight
    };
    points.iter().map(next).collect()
}

/// The rate before the `lowest` point at which the loss falls fastest; `None` if it does not fall.
/// The slope is taken over a tenth of the test, so that noise does not decide.
fn steepest(curve: &[(f64, f64)], lowest: usize) -> Option<f64> {
    let reach = (curve.len() / 20).max(2);
    let start = curve.get(UNSETTLED)?.1;
    if curve[lowest].1 > FALLEN * start {
        return None;
    }
    let slope = |i: usize| {
        let (left, right) = (curve[i - reach], curve[(i + reach).min(lowest)]);
        (right.1 - left.1) / (right.0 / left.0).ln()
    };
    let place = (UNSETTLED.max(reach)..lowest).min_by(|&a, &b| slope(a).total_cmp(&slope(b)))?;
    (slope(place) < 0.0).then_some(curve[place].0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(losses: impl IntoIterator<Item = f64>) -> Vec<RangePoint> {
        let point = |(i, loss): (usize, f64)| RangePoint {
            rate: 1e-6 * 1.2f64.powi(i as i32),
            loss: Number(loss),
        };
        losses.into_iter().enumerate().map(point).collect()
    }

    #[test]
    fn finds_where_the_loss_falls_and_where_it_explodes() {
        // Flat at 2.3, a fall to 1.0 around step 50, a rise from step 70 on.
        let loss = |i: usize| match i {
            0..70 => 1.0 + 1.3 / (1.0 + ((i as f64 - 50.0) / 3.0).exp()),
            _ => 1.0 + (i as f64 - 69.0).powi(2),
        };
        let all = points((0..90).map(loss));
        let end = (1..=90).find(|n| is_over(&all[..*n])).expect("explodes");
        assert!((72..78).contains(&end), "{end}");
        let found = RangeResult::new(&all[..end]);
        let step = |rate: f64| ((rate / 1e-6).ln() / 1.2f64.ln()).round() as i64;
        // The smoothed loss lags behind by a few steps.
        assert!(
            (50..58).contains(&step(found.steepest.expect("falls"))),
            "{:?}",
            found.steepest
        );
        assert!(
            (68..72).contains(&step(found.lowest.expect("finite"))),
            "{:?}",
            found.lowest
        );
        assert_eq!(found.exploded, Some(all[end - 1].rate));
    }

    #[test]
    fn a_loss_that_never_falls_suggests_nothing_and_a_nan_ends_it() {
        let rising = RangeResult::new(&points((0..40).map(|i| 2.0 + f64::from(i) * 0.01)));
        assert_eq!((rising.steepest, rising.exploded), (None, None));
        let noisy = points((0..80).map(|i| 2.3 + 0.05 * (f64::from(i) * 1.7).sin()));
        assert_eq!(RangeResult::new(&noisy).steepest, None);
        let mut broken = points((0..40).map(|i| 2.0 - f64::from(i) * 0.01));
        assert!(!is_over(&broken));
        broken.push(RangePoint {
            rate: 1.0,
            loss: Number(f64::NAN),
        });
        assert!(is_over(&broken));
        let found = RangeResult::new(&broken);
        assert_eq!(found.exploded, Some(1.0));
        assert!(found.steepest.is_some() && found.lowest.is_some());
        assert!(!is_over(&[]) && RangeResult::new(&[]).steepest.is_none());
    }

    #[test]
    fn smoothing_is_a_mean_of_about_ten() {
        let found = smoothed(&points([1.0, 2.0]));
        assert!(
            (found[0] - 1.0).abs() < 1e-12 && (found[1] - (0.09 + 0.2) / 0.19).abs() < 1e-12,
            "{found:?}"
        );
    }
}
