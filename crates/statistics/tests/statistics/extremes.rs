//! Whatever the numbers are, nothing panics and nothing is NaN.

use convsweep_statistics::anova::{additive_residual, functional_anova};
use convsweep_statistics::equivalence::equivalence;
use convsweep_statistics::folds::mean_over_folds;
use convsweep_statistics::friedman::friedman;
use convsweep_statistics::grid::Grid;
use convsweep_statistics::holm::holm;
use convsweep_statistics::importance::{AxisDomain, forest_importance};
use convsweep_statistics::mcnemar::mcnemar;
use convsweep_statistics::moderated::{VarianceEstimate, VariancePrior};
use convsweep_statistics::paired::{paired_difference, paired_t};
use convsweep_statistics::sample_size::{Runs, more_runs, power};
use convsweep_statistics::welch::{MeanDifference, MeanEstimate, compare};
use convsweep_statistics::{
    binomial, fisher, nemenyi, noncentral_t, share_posterior, student_t, studentized_range,
};

const ROUNDS: usize = 3000;
const SPECIAL: [f64; 18] = [
    0.0,
    -0.0,
    1.0,
    -1.0,
    0.5,
    2.0,
    3.0,
    1e-5,
    1e-30,
    1e-160,
    1e-310,
    1e30,
    1e160,
    f64::MAX,
    f64::INFINITY,
    f64::NEG_INFINITY,
    f64::NAN,
    0.7,
];

/// Numbers of all sizes, the same in each run.
struct Numbers(u64);

impl Numbers {
    fn bits(&mut self) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize
    }

    fn below(&mut self, bound: usize) -> usize {
        self.bits() % bound
    }

    /// A special number, or one between 0 and 1.
    fn any(&mut self) -> f64 {
        match self.below(3) {
            0 => SPECIAL[self.below(SPECIAL.len())],
            _ => self.below(1 << 20) as f64 / (1 << 20) as f64,
        }
    }

    fn several(&mut self, count: usize) -> Vec<f64> {
        (0..count).map(|_| self.any()).collect()
    }

    fn variance(&mut self) -> VarianceEstimate {
        VarianceEstimate {
            variance: self.any(),
            degrees: self.any() * 4.0,
        }
    }

    fn mean(&mut self) -> MeanEstimate {
        MeanEstimate {
            mean: self.any(),
            variance: self.any(),
            degrees: self.any() * 4.0,
        }
    }

    fn runs(&mut self) -> Runs {
        Runs {
            n: self.below(5),
            variance: self.variance(),
        }
    }

    fn count(&mut self) -> u64 {
        [0, 1, 2, 3, 5, 10, 100, 60_000][self.below(8)]
    }
}

#[track_caller]
fn share(value: Option<f64>) {
    assert!(
        value.is_none_or(|share| (0.0..=1.0).contains(&share)),
        "{value:?}"
    );
}

#[track_caller]
fn known(value: Option<f64>) {
    assert!(value.is_none_or(|value| !value.is_nan()), "{value:?}");
}

#[track_caller]
fn check_difference(difference: Option<MeanDifference>, level: f64, margin: f64) {
    let Some(difference) = difference else { return };
    known(Some(difference.difference));
    known(Some(difference.standard_error));
    known(Some(difference.degrees));
    share(difference.p_two_sided());
    share(difference.p_greater_than(margin));
    share(difference.p_less_than(margin));
    share(equivalence(&difference, margin));
    if let Some((low, high)) = difference.interval(level) {
        assert!(low <= high, "{difference:?}: {low} to {high}");
    }
}

#[test]
fn distributions_stay_within_their_bounds() {
    let mut numbers = Numbers(1);
    for _ in 0..ROUNDS {
        let (a, b, c) = (numbers.any(), numbers.any() * 8.0, numbers.any() * 8.0);
        let k = numbers.below(12);
        share(student_t::upper_tail(a, b));
        share(student_t::two_sided(a, b));
        known(student_t::quantile(a, b));
        share(fisher::upper_tail(a, b, c));
        share(noncentral_t::upper_tail(a, b, c));
        share(studentized_range::cumulative(a, k, f64::INFINITY));
        share(nemenyi::p_value(a, k, numbers.below(4)));
        nemenyi::groups(&numbers.several(k), a);
    }
    for _ in 0..ROUNDS / 100 {
        let (q, degrees) = (numbers.any(), numbers.any() * 8.0);
        share(studentized_range::cumulative(q, numbers.below(12), degrees));
        known(studentized_range::quantile(
            q,
            numbers.below(12),
            f64::INFINITY,
        ));
        known(nemenyi::critical_difference(
            numbers.below(12),
            numbers.below(4),
            q,
        ));
    }
}

#[test]
fn comparisons_stay_within_their_bounds() {
    let mut numbers = Numbers(2);
    for _ in 0..ROUNDS {
        let (level, margin) = (numbers.any(), numbers.any());
        check_difference(compare(numbers.mean(), numbers.mean()), level, margin);
        let count = numbers.below(6);
        let values = numbers.several(count);
        check_difference(paired_difference(&values), level, margin);
        share(paired_t(&values).and_then(|test| test.p));
        if let Some(mean) = mean_over_folds(&values, count) {
            known(Some(mean.variance));
        }
        let estimates: Vec<_> = (0..count).map(|_| numbers.variance()).collect();
        if let Some(prior) = VariancePrior::fit(&estimates) {
            known(Some(prior.variance));
            known(Some(prior.degrees));
            let squeezed = prior.squeeze(numbers.variance());
            known(squeezed.map(|estimate| estimate.variance));
            known(squeezed.map(|estimate| estimate.degrees));
        }
        holm(&values);
    }
}

#[test]
fn sample_sizes_are_found_or_not() {
    let mut numbers = Numbers(3);
    for _ in 0..ROUNDS / 10 {
        let (difference, alpha, wanted) = (numbers.any(), numbers.any(), numbers.any());
        let (a, b) = (numbers.runs(), numbers.runs());
        share(power(difference, a, b, alpha));
        more_runs(difference, a, b, alpha, wanted);
    }
}

#[test]
fn shares_stay_within_their_bounds() {
    let mut numbers = Numbers(4);
    for _ in 0..ROUNDS {
        let (k, n, p) = (numbers.count(), numbers.count(), numbers.any());
        share(binomial::upper_tail(k, n, p));
        share(Some(mcnemar(k, n).p));
    }
    for _ in 0..ROUNDS / 10 {
        let pairs = (0..numbers.below(5)).map(|_| (numbers.count(), numbers.count()));
        let pairs: Vec<_> = pairs.collect();
        for estimate in share_posterior::shares(&pairs) {
            share(Some(estimate.mean));
            share(Some(estimate.variance));
        }
    }
}

#[test]
fn sweeps_stay_within_their_bounds() {
    let mut numbers = Numbers(5);
    for _ in 0..ROUNDS / 10 {
        let levels: Vec<usize> = (0..numbers.below(4)).map(|_| numbers.below(4)).collect();
        let blocks: Vec<Vec<f64>> = (0..numbers.below(4)).map(|_| numbers.several(3)).collect();
        share(friedman(&blocks).map(|test| test.p));
        let Some(grid) = Grid::new(&levels) else {
            continue;
        };
        let values = numbers.several(grid.cells());
        if let Some(anova) = functional_anova(&grid, &values) {
            for part in &anova.axes {
                share(Some(part.share));
            }
        }
        known(additive_residual(&grid, &values).map(|residual| residual.variance));
    }
}

#[test]
fn forests_stay_within_their_bounds() {
    let mut numbers = Numbers(6);
    for _ in 0..ROUNDS / 30 {
        let domain = |low, high| AxisDomain::Interval { low, high };
        let domains = [
            domain(numbers.any(), numbers.any()),
            domain(0.0, 1e160),
            AxisDomain::Categories(2),
        ];
        let count = numbers.below(8);
        let point = |_| vec![numbers.any(), numbers.any(), numbers.below(2) as f64];
        let points: Vec<Vec<f64>> = (0..count).map(point).collect();
        let values = numbers.several(count);
        let Some(found) = forest_importance(&domains, &points, &values, |n| numbers.below(n))
        else {
            continue;
        };
        known(Some(found.explained));
        for share in found.shares {
            assert!((0.0..=1.0 + 1e-9).contains(&share), "{share}");
        }
    }
}
