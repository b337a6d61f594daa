//! McNemar's test (1947) on images that two networks classified.

use statrs::distribution::{Binomial, ChiSquared, ContinuousCDF, DiscreteCDF};

/// Below this many images that only one network classified correctly, the exact binomial form is
/// used.
const EXACT_BELOW: u64 = 25;

/// Result of McNemar's test.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct McNemar {
    /// Images that only the first network classified correctly.
    pub only_first: u64,
    /// Images that only the second network classified correctly.
    pub only_second: u64,
    /// Two-sided p-value.
    pub p: f64,
}

/// McNemar's test: the exact form below 25 images that differ, else χ² with continuity correction
/// (Edwards 1948), which equal counts do not need: their p-value is 1, as in R. (statsmodels corrects
/// them as well, and so finds less than 1.)
pub fn mcnemar(only_first: u64, only_second: u64) -> McNemar {
    let n = only_first + only_second;
    let p = if n == 0 {
        1.0
    } else if n < EXACT_BELOW {
        let smaller = only_first.min(only_second);
        let tail = Binomial::new(0.5, n).map_or(0.5, |b| b.cdf(smaller));
        (2.0 * tail).min(1.0)
    } else {
        let difference = only_first.abs_diff(only_second) as f64;
        let statistic = (difference - 1.0).max(0.0).powi(2) / n as f64;
        ChiSquared::new(1.0).map_or(1.0, |d| d.sf(statistic))
    };
    McNemar {
        only_first,
        only_second,
        p,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Expected numbers: `binomtest` and `chi2.sf` of scipy 1.17.1, `mcnemar` of statsmodels
    /// 0.15.0.
    #[test]
    fn mcnemar_agrees_with_scipy_and_statsmodels() {
        for (only_first, only_second, expected) in [
            (7, 15, 0.13380050659179688),
            (3, 0, 0.25),
            (10, 10, 1.0),
            (0, 12, 0.00048828125),
            (60, 35, 0.013803064862365605),
            (0, 0, 1.0),
        ] {
            let found = mcnemar(only_first, only_second).p;
            assert!((found - expected).abs() < 1e-9, "{found} is not {expected}");
        }
    }
}
