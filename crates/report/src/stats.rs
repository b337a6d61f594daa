//! The statistics of a comparison: means with intervals, tests that pair by run or by image,
//! corrections.
//!
//! Everything here is a pure function over numbers; what is compared with what is decided in
//! [`crate::standing`].

use statrs::distribution::{Binomial, ChiSquared, ContinuousCDF, DiscreteCDF, StudentsT};

/// Mean and spread of one quantity over runs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    /// Number of runs.
    pub n: usize,
    /// Arithmetic mean.
    pub mean: f64,
    /// Standard deviation with n − 1; `None` below two runs.
    pub sd: Option<f64>,
    /// 95 % interval of the mean by Student's t; `None` below two runs.
    pub interval: Option<(f64, f64)>,
}

impl Sample {
    /// Summary of `values`; `None` where there are none.
    pub fn of(values: &[f64]) -> Option<Sample> {
        let n = values.len();
        if n == 0 {
            return None;
        }
        let mean = values.iter().sum::<f64>() / n as f64;
        if n == 1 {
            return Some(Sample {
                n,
                mean,
                sd: None,
                interval: None,
            });
        }
        let sd = (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1) as f64).sqrt();
        let interval = t_quantile(n - 1).map(|t| {
            let half = t * sd / (n as f64).sqrt();
            (mean - half, mean + half)
        });
        Some(Sample {
            n,
            mean,
            sd: Some(sd),
            interval,
        })
    }
}

/// The 97.5 % quantile of Student's t with `freedom` degrees of freedom.
fn t_quantile(freedom: usize) -> Option<f64> {
    StudentsT::new(0.0, 1.0, freedom as f64)
        .ok()
        .map(|t| t.inverse_cdf(0.975))
}

/// A t-test over paired differences.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PairedTest {
    /// The differences' summary.
    pub difference: Sample,
    /// Two-sided p-value; `None` below two pairs, or where all differences are equal (no spread to
    /// judge by).
    pub p: Option<f64>,
}

/// Two-sided t-test that the mean of `differences` is zero (Student 1908); `None` without
/// differences.
pub fn paired_t(differences: &[f64]) -> Option<PairedTest> {
    let difference = Sample::of(differences)?;
    // Differences of accuracies carry rounding noise of 1e-17: a spread of that size is none.
    let scale = differences.iter().fold(0.0f64, |m, d| m.max(d.abs()));
    let p = match difference.sd {
        Some(sd) if sd > 1e-12 * scale.max(f64::MIN_POSITIVE) => {
            let t = difference.mean / (sd / (difference.n as f64).sqrt());
            StudentsT::new(0.0, 1.0, (difference.n - 1) as f64)
                .ok()
                .map(|d| (2.0 * d.cdf(-t.abs())).min(1.0))
        }
        Some(_) if scale == 0.0 => Some(1.0),
        _ => None,
    };
    Some(PairedTest { difference, p })
}

/// Holm's step-down correction (1979) of p-values, in their order.
pub fn holm(p: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|&a, &b| p[a].total_cmp(&p[b]));
    let mut corrected = vec![0.0; p.len()];
    let mut least = 0.0f64;
    for (rank, &i) in order.iter().enumerate() {
        least = least.max((p[i] * (p.len() - rank) as f64).min(1.0));
        corrected[i] = least;
    }
    corrected
}

/// McNemar's test (1947) on images that two networks classified.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct McNemar {
    /// Images that only the first had right.
    pub only_first: u64,
    /// Images that only the second had right.
    pub only_second: u64,
    /// Two-sided p-value.
    pub p: f64,
}

/// Below this many images on which the two differ, the exact binomial form is used.
const EXACT_BELOW: u64 = 25;

/// McNemar's test: exact below 25 images that differ, else χ² with continuity correction (Edwards
/// 1948).
pub fn mcnemar(only_first: u64, only_second: u64) -> McNemar {
    let n = only_first + only_second;
    let p = if n == 0 {
        1.0
    } else if n < EXACT_BELOW {
        let tail = Binomial::new(0.5, n).map_or(0.5, |b| b.cdf(only_first.min(only_second)));
        (2.0 * tail).min(1.0)
    } else {
        let statistic = (only_first.abs_diff(only_second) as f64 - 1.0)
            .max(0.0)
            .powi(2)
            / n as f64;
        ChiSquared::new(1.0).map_or(1.0, |d| d.sf(statistic))
    };
    McNemar {
        only_first,
        only_second,
        p,
    }
}

/// Precision, recall and F1 of one class; `None` where they are undefined (nothing predicted,
/// nothing there).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ClassScore {
    /// Share of the images predicted as this class that are of it.
    pub precision: Option<f64>,
    /// Share of the images of this class that were found.
    pub recall: Option<f64>,
    /// Harmonic mean of the two; 0 where nothing was right.
    pub f1: f64,
    /// Images of this class.
    pub images: u64,
}

/// Scores of each class from `confusion[true][predicted]` counts.
pub fn class_scores(confusion: &[Vec<u64>]) -> Vec<ClassScore> {
    (0..confusion.len())
        .map(|class| {
            let right = confusion[class].get(class).copied().unwrap_or(0);
            let images: u64 = confusion[class].iter().sum();
            let predicted: u64 = confusion.iter().filter_map(|row| row.get(class)).sum();
            let share = |of: u64| (of > 0).then(|| right as f64 / of as f64);
            let f1 = if images + predicted == 0 {
                0.0
            } else {
                2.0 * right as f64 / (images + predicted) as f64
            };
            ClassScore {
                precision: share(predicted),
                recall: share(images),
                f1,
                images,
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    //! Expected numbers: scipy 1.17.1 (`stats.t.interval`, `ttest_rel`, `binomtest`, `chi2.sf`) and
    //! statsmodels 0.15.0 (`multipletests(method="holm")`, `mcnemar`), computed once and copied.
    use super::*;

    const A: [f64; 5] = [0.712, 0.705, 0.721, 0.699, 0.716];
    const B: [f64; 5] = [0.701, 0.700, 0.709, 0.702, 0.704];

    fn close(a: f64, b: f64) {
        assert!((a - b).abs() < 1e-9, "{a} is not {b}");
    }

    #[test]
    fn sample_agrees_with_scipy() {
        let s = Sample::of(&A).expect("values");
        close(s.mean, 0.7106);
        close(s.sd.expect("sd"), 0.00873498712076899);
        let (low, high) = s.interval.expect("interval");
        close(low, 0.6997540809673676);
        close(high, 0.7214459190326324);
        assert_eq!(
            Sample::of(&[0.5]),
            Some(Sample {
                n: 1,
                mean: 0.5,
                sd: None,
                interval: None
            })
        );
        assert_eq!(Sample::of(&[]), None);
    }

    #[test]
    fn paired_t_agrees_with_scipy() {
        let differences: Vec<f64> = A.iter().zip(B).map(|(a, b)| a - b).collect();
        let test = paired_t(&differences).expect("pairs");
        close(test.p.expect("p"), 0.06369806818646634);
        let (low, high) = test.difference.interval.expect("interval");
        close(low, -0.0006755902070137041);
        close(high, 0.015475590207013716);
        close(
            paired_t(&[0.1, 0.15]).expect("pairs").p.expect("p"),
            0.1256659163780024,
        );
    }

    #[test]
    fn without_spread_there_is_no_p() {
        assert_eq!(paired_t(&[0.1]).expect("one").p, None);
        assert_eq!(
            paired_t(&[0.7 - 0.6, 0.8 - 0.7, 0.6 - 0.5])
                .expect("equal")
                .p,
            None
        );
        assert_eq!(paired_t(&[0.0, 0.0]).expect("no difference").p, Some(1.0));
    }

    #[test]
    fn holm_agrees_with_statsmodels() {
        let corrected = holm(&[0.01, 0.04, 0.03, 0.005, 0.5]);
        for (got, want) in corrected.iter().zip([0.04, 0.09, 0.09, 0.025, 0.5]) {
            close(*got, want);
        }
        assert!(holm(&[]).is_empty());
    }

    #[test]
    fn mcnemar_agrees_with_scipy_and_statsmodels() {
        close(mcnemar(7, 15).p, 0.13380050659179688);
        close(mcnemar(3, 0).p, 0.25);
        close(mcnemar(10, 10).p, 1.0);
        close(mcnemar(0, 12).p, 0.00048828125);
        close(mcnemar(60, 35).p, 0.013803064862365605);
        close(mcnemar(0, 0).p, 1.0);
    }

    /// Against `tests/vectors/metrics.py` (scikit-learn): quotients of the same counts.
    #[test]
    fn scores_are_scikit_learns() {
        let path = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../tests/vectors/metrics.json"
        );
        let cases: serde_json::Value =
            serde_json::from_str(&std::fs::read_to_string(path).expect("kept")).expect("JSON");
        for case in cases.as_array().expect("cases") {
            let confusion: Vec<Vec<u64>> =
                serde_json::from_value(case["confusion"].clone()).expect("counts");
            let column = |key: &str| -> Vec<Option<f64>> {
                serde_json::from_value(case["per_class"][key].clone()).expect("numbers")
            };
            let found = class_scores(&confusion);
            let near = |a: Option<f64>, b: Option<f64>| match (a, b) {
                (Some(a), Some(b)) => (a - b).abs() < 1e-12,
                (a, b) => a == b,
            };
            for (i, score) in found.iter().enumerate() {
                assert!(
                    near(score.precision, column("precision")[i]),
                    "{i}: {score:?}"
                );
                assert!(near(score.recall, column("recall")[i]), "{i}: {score:?}");
                // scikit-learn has none where there is neither precision nor recall; here it is 0.
                assert!(
                    near(Some(score.f1), column("f1")[i].or(Some(0.0))),
                    "{i}: {score:?}"
                );
                assert_eq!(Some(score.images as f64), column("images")[i]);
            }
        }
    }

    #[test]
    fn scores_by_hand() {
        let scores = class_scores(&[vec![8, 2, 0], vec![4, 6, 0], vec![0, 0, 0]]);
        close(scores[0].precision.expect("predicted"), 8.0 / 12.0);
        close(scores[0].recall.expect("there"), 0.8);
        close(scores[1].f1, 2.0 * 0.75 * 0.6 / (0.75 + 0.6));
        assert_eq!(
            (scores[2].precision, scores[2].recall, scores[2].images),
            (None, None, 0)
        );
    }
}
