//! The first two derivatives of the logarithm of the gamma function, and the inverse of the second
//! one, for positive arguments (Abramowitz and Stegun 1964, 6.3 and 6.4).

/// Above this argument the asymptotic series are exact to a double's last digits.
const ASYMPTOTIC: f64 = 15.0;

/// The digamma function, the first derivative, for `x` > 0.
pub fn digamma(x: f64) -> f64 {
    let (mut x, mut below) = (x, 0.0);
    while x < ASYMPTOTIC {
        below -= 1.0 / x;
        x += 1.0;
    }
    let r = 1.0 / (x * x);
    let series = r
        * (1.0 / 12.0
            - r * (1.0 / 120.0
                - r * (1.0 / 252.0 - r * (1.0 / 240.0 - r * (1.0 / 132.0 - r * 691.0 / 32760.0)))));
    below + x.ln() - 0.5 / x - series
}

/// The trigamma function, the second derivative, for `x` > 0.
pub fn trigamma(x: f64) -> f64 {
    let (mut x, mut below) = (x, 0.0);
    while x < ASYMPTOTIC {
        below += 1.0 / (x * x);
        x += 1.0;
    }
    let r = 1.0 / (x * x);
    let series = r
        * (1.0 / 6.0
            - r * (1.0 / 30.0
                - r * (1.0 / 42.0 - r * (1.0 / 30.0 - r * (5.0 / 66.0 - r * 691.0 / 2730.0)))));
    below + (1.0 + 0.5 / x + series) / x
}

/// The `y` > 0 whose trigamma function is `x` > 0: Newton's method for 1 / trigamma, which is
/// convex and nearly linear, so that it converges from below for every `x` (Smyth 2004).
pub fn trigamma_inverse(x: f64) -> f64 {
    if x > 1e7 {
        return 1.0 / x.sqrt();
    }
    if x < 1e-6 {
        return 1.0 / x;
    }
    let mut y = 0.5 + 1.0 / x;
    for _ in 0..50 {
        let value = trigamma(y);
        let step = value * (1.0 - value / x) / tetragamma(y);
        y += step;
        if -step / y < 1e-8 {
            break;
        }
    }
    y
}

/// The third derivative, negative, for `x` > 0.
fn tetragamma(x: f64) -> f64 {
    let (mut x, mut below) = (x, 0.0);
    while x < ASYMPTOTIC {
        below -= 2.0 / (x * x * x);
        x += 1.0;
    }
    let r = 1.0 / (x * x);
    let series = r
        * (0.5
            - r * (1.0 / 6.0
                - r * (1.0 / 6.0 - r * (3.0 / 10.0 - r * (5.0 / 6.0 - r * 691.0 / 210.0)))));
    below - r * (1.0 + 1.0 / x + series)
}
