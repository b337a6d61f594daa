//! Student's t-test over paired differences (Student 1908, "The probable error of a mean",
//! Biometrika 6).

use crate::sample::Sample;
use crate::welch::MeanDifference;

/// A spread below this share of the largest difference is rounding noise: differences of accuracies
/// carry errors of about 1e-17.
const ROUNDING: f64 = 1e-12;

/// A t-test over paired differences.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PairedTest {
    /// Mean and spread of the differences.
    pub difference: Sample,
    /// Two-sided p-value; `None` below two pairs, or if all differences are equal and there is
    /// no spread to judge by.
    pub p: Option<f64>,
}

/// Two-sided t-test that the mean of `differences` is zero (Student 1908); `None` without
/// differences.
pub fn paired_t(differences: &[f64]) -> Option<PairedTest> {
    let difference = Sample::of(differences)?;
    let p = paired_difference(differences).and_then(|mean| mean.p_two_sided());
    Some(PairedTest { difference, p })
}

/// The mean of paired `differences` with its standard error, for what tests and intervals of
/// differences do with it. `None` below two pairs, or if one is not finite.
///
/// Pairs are runs that share something by design, such as the saved state that both go on from, or
/// a fold. Whether runs are paired is never chosen by looking at their results.
pub fn paired_difference(differences: &[f64]) -> Option<MeanDifference> {
    let sample = Sample::of(differences)?;
    let sd = sample.sd.filter(|sd| sd.is_finite())?;
    Some(MeanDifference {
        difference: sample.mean,
        standard_error: without_noise(sd, largest(differences)) / (sample.n as f64).sqrt(),
        degrees: (sample.n - 1) as f64,
    })
}

fn largest(differences: &[f64]) -> f64 {
    differences.iter().fold(0.0f64, |m, d| m.max(d.abs()))
}

fn without_noise(sd: f64, largest: f64) -> f64 {
    match sd > ROUNDING * largest.max(f64::MIN_POSITIVE) {
        true => sd,
        false => 0.0,
    }
}

#[cfg(test)]
mod tests {
    //! Expected numbers: `ttest_rel` of scipy 1.17.1, computed once and copied.
    use super::*;

    fn close(found: f64, expected: f64) {
        assert!((found - expected).abs() < 1e-9, "{found} is not {expected}");
    }

    #[test]
    fn paired_t_agrees_with_scipy() {
        let first = [0.712, 0.705, 0.721, 0.699, 0.716];
        let second = [0.701, 0.700, 0.709, 0.702, 0.704];
        let differences: Vec<f64> = first.iter().zip(second).map(|(a, b)| a - b).collect();
        let test = paired_t(&differences).expect("pairs");
        close(test.p.expect("has a spread"), 0.06369806818646634);
        let (low, high) = test.difference.interval().expect("five pairs");
        close(low, -0.0006755902070137041);
        close(high, 0.015475590207013716);
        let two = paired_t(&[0.1, 0.15]).expect("pairs");
        close(two.p.expect("has a spread"), 0.1256659163780024);
    }

    #[test]
    fn without_spread_there_is_no_p() {
        let check = |differences: &[f64], expected: Option<f64>| {
            assert_eq!(paired_t(differences).expect("differences").p, expected);
        };
        check(&[0.1], None);
        check(&[0.7 - 0.6, 0.8 - 0.7, 0.6 - 0.5], None);
        check(&[0.0, 0.0], Some(1.0));
    }
}
