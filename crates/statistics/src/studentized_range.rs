//! The range of several means in units of their standard error (Tukey 1953; Lund and Lund 1983,
//! "Algorithm AS 190: Probabilities and upper quantiles for the studentized range", Applied
//! Statistics 32).

use crate::chi_spread::mean_over_spread;
use crate::quadrature::over_line;
use statrs::distribution::{Continuous, ContinuousCDF, Normal};

/// Probability that the range of `k` independent normal means, divided by their standard error as
/// estimated with `degrees` degrees of freedom (infinite: known), is at most `q`. `None` below two
/// means, for NaN, or for degrees that are not positive.
pub fn cumulative(q: f64, k: usize, degrees: f64) -> Option<f64> {
    if k < 2 || q.is_nan() || degrees.is_nan() || degrees <= 0.0 {
        return None;
    }
    if q <= 0.0 {
        return Some(0.0);
    }
    if q.is_infinite() {
        return Some(1.0);
    }
    let mean = mean_over_spread(degrees, |spread| range_below(q * spread, k as f64));
    (!mean.is_nan()).then(|| mean.clamp(0.0, 1.0))
}

/// The range that is not exceeded with `probability`; `None` as for [`cumulative`], or unless
/// `probability` lies between 0 and 1.
pub fn quantile(probability: f64, k: usize, degrees: f64) -> Option<f64> {
    if !(probability > 0.0 && probability < 1.0) {
        return None;
    }
    let (mut low, mut high) = (0.0, 4.0);
    while cumulative(high, k, degrees)? < probability && high < 1e12 {
        (low, high) = (high, 2.0 * high);
    }
    while high - low > 1e-13 * high {
        let middle = f64::midpoint(low, high);
        match cumulative(middle, k, degrees)? < probability {
            true => low = middle,
            false => high = middle,
        }
        if middle == low && middle == high {
            break;
        }
    }
    Some(high)
}

/// Probability that `k` standard normal numbers lie within a distance of `width`.
fn range_below(width: f64, k: f64) -> f64 {
    let normal = Normal::standard();
    // The largest number is z, the others lie between z − width and z.
    let density = |z: f64| {
        let others = normal.sf(z - width) - normal.sf(z);
        k * normal.pdf(z) * others.max(0.0).powf(k - 1.0)
    };
    let centre = (width / 2.0).min((2.0 * k.ln()).sqrt());
    over_line(centre, 0.3, density).clamp(0.0, 1.0)
}
