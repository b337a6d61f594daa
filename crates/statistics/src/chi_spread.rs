//! Means over the distribution of an estimated standard deviation in units of the true one,
//! √(χ² / degrees): what makes a normal statistic a studentized one.

use crate::quadrature::over_line;
use statrs::function::gamma::ln_gamma;

/// Above this many degrees the estimated spread is as good as known.
const KNOWN_ABOVE: f64 = 1e9;

/// The mean of `f` over the spread with `degrees` > 0 degrees of freedom; `f` at 1 if they are
/// infinite.
pub fn mean_over_spread(degrees: f64, f: impl Fn(f64) -> f64) -> f64 {
    if degrees > KNOWN_ABOVE {
        return f(1.0);
    }
    // Over the spread's logarithm y the density is a smooth peak of the width 1 / √(2 degrees).
    let half = degrees / 2.0;
    let constant = std::f64::consts::LN_2 + half * half.ln() - ln_gamma(half);
    let density = |y: f64| (constant + degrees * y - half * (2.0 * y).exp()).exp();
    let weighted = |y: f64| match density(y) {
        0.0 => 0.0,
        density => density * f(y.exp()),
    };
    over_line(0.0, 1.0 / (2.0 * degrees).sqrt(), weighted)
}
