//! Practical equality by two one-sided tests (Schuirmann 1987, "A comparison of the two one-sided
//! tests procedure and the power approach for assessing the equivalence of average
//! bioavailability", Journal of Pharmacokinetics and Biopharmaceutics 15).

use crate::welch::MeanDifference;

/// The p-value of "the true difference is at least `margin`, in one direction or the other": where
/// it is small, the two means are equal within the margin. `margin` has the figure's unit.
///
/// It is the larger one of both tests' p-values, and below α exactly where the interval at the
/// level 1 − 2α lies within the margin. `None` if the margin is not positive or there is no spread.
pub fn equivalence(difference: &MeanDifference, margin: f64) -> Option<f64> {
    if !(margin > 0.0 && margin.is_finite()) {
        return None;
    }
    let above = difference.p_greater_than(-margin)?;
    let below = difference.p_less_than(margin)?;
    Some(above.max(below))
}
