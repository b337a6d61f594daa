//! The exact upper tail of the binomial distribution, by the regularized incomplete beta function
//! (Abramowitz and Stegun 1964, "Handbook of Mathematical Functions", 26.5.24).

use statrs::function::beta::checked_beta_reg;

/// Tails of more trials are not computed.
const MOST_TRIALS: u64 = 1_000_000_000;

/// Probability of at least `successes` among `n` trials that each succeed with the probability
/// `share`; `None` if `share` is not between 0 and 1, or beyond 1e9 trials.
pub fn upper_tail(successes: u64, n: u64, share: f64) -> Option<f64> {
    if !(0.0..=1.0).contains(&share) {
        return None;
    }
    if successes == 0 {
        return Some(1.0);
    }
    if successes > n {
        return Some(0.0);
    }
    if n > MOST_TRIALS {
        return None;
    }
    // The `successes`th smallest of n uniform numbers has this beta distribution: below `share`
    // lie at least so many of them exactly if it does.
    let tail = checked_beta_reg(successes as f64, (n - successes) as f64 + 1.0, share).ok()?;
    (!tail.is_nan()).then(|| tail.clamp(0.0, 1.0))
}
