//! Comparison of two configurations: paired over runs, and image by image.

use super::{MetricFormat, RankedConfiguration, RankedRun};
use convsweep_statistics::holm::holm;
use convsweep_statistics::mcnemar::{McNemar, mcnemar};
use convsweep_statistics::paired::{PairedTest, paired_t};
use convsweep_statistics::sample::Sample;
use convsweep_store::{ConfigurationRow, JobRow};

/// A difference with a corrected p-value below this is called unlikely to be noise.
pub const SIGNIFICANCE: f64 = 0.05;

/// Comparison of two configurations; `better` ranks before `worse`.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// Rank of the better one, from 0.
    pub better: usize,
    /// Rank of the worse one.
    pub worse: usize,
    /// t-test over the runs that both have; the difference is positive where `better` is better.
    /// `None` without such runs.
    pub test: Option<PairedTest>,
    /// Its p-value after Holm's correction over all comparisons made.
    pub corrected: Option<f64>,
}

impl Comparison {
    /// The differences between paired runs.
    pub fn difference(&self) -> Option<Sample> {
        Some(self.test?.difference)
    }

    /// The t-test's p-value before any correction.
    pub fn p(&self) -> Option<f64> {
        self.test?.p
    }

    /// Whether the corrected p-value is below [`SIGNIFICANCE`].
    pub fn is_significant(&self) -> bool {
        self.corrected.is_some_and(|p| p < SIGNIFICANCE)
    }
}

/// Compares every configuration with the baseline, or all pairs if there is none, and corrects
/// the p-values for their number.
pub(super) fn compare_all(
    ranked: &[RankedConfiguration],
    baseline: Option<usize>,
    metric: &MetricFormat,
) -> Vec<Comparison> {
    let mut comparisons = Vec::new();
    for (better, worse) in pairs(ranked.len(), baseline) {
        comparisons.push(compare_pair(ranked, better, worse, metric));
    }
    let p_values: Vec<f64> = comparisons.iter().filter_map(Comparison::p).collect();
    let mut corrected = holm(&p_values).into_iter();
    for comparison in &mut comparisons {
        if comparison.p().is_some() {
            comparison.corrected = corrected.next();
        }
    }
    comparisons
}

/// The ranks to compare, the better one first.
fn pairs(count: usize, baseline: Option<usize>) -> Vec<(usize, usize)> {
    let mut pairs = Vec::new();
    for a in 0..count {
        let Some(baseline) = baseline else {
            pairs.extend((a + 1..count).map(|b| (a, b)));
            continue;
        };
        if a != baseline {
            pairs.push((a.min(baseline), a.max(baseline)));
        }
    }
    pairs
}

/// Compares two ranks, without any correction for other comparisons.
pub fn compare_pair(
    ranked: &[RankedConfiguration],
    better: usize,
    worse: usize,
    metric: &MetricFormat,
) -> Comparison {
    let (a, b) = (&ranked[better], &ranked[worse]);
    let mut differences = Vec::new();
    for (first, second) in shared_runs(a, b) {
        let (Some(x), Some(y)) = (first.value, second.value) else {
            continue;
        };
        differences.push(metric.gain(x) - metric.gain(y));
    }
    Comparison {
        better,
        worse,
        test: paired_t(&differences),
        corrected: None,
    }
}

/// McNemar's test for each run with a result that both configurations have, over the validation
/// images that both classified. It is made when it is asked for: the tests of all pairs of a
/// thousand configurations would fill the memory.
pub(super) fn image_tests(a: &RankedConfiguration, b: &RankedConfiguration) -> Vec<McNemar> {
    let mut tests = Vec::new();
    if same_images(a.row, b.row) {
        for (first, second) in shared_runs(a, b) {
            if first.value.is_some() && second.value.is_some() {
                tests.extend(compare_images(first.job, second.job));
            }
        }
    }
    tests
}

/// Runs of the same seed and fold, in the order of `a`.
fn shared_runs<'r, 'a>(
    a: &'r RankedConfiguration<'a>,
    b: &'r RankedConfiguration<'a>,
) -> Vec<(&'r RankedRun<'a>, &'r RankedRun<'a>)> {
    let mut shared = Vec::new();
    for run in &a.runs {
        if let Some(partner) = b.runs.iter().find(|r| r.pair_key() == run.pair_key()) {
            shared.push((run, partner));
        }
    }
    shared
}

/// Whether two configurations validate on the same images: size and channels may differ, choice and
/// order may not.
fn same_images(a: &ConfigurationRow, b: &ConfigurationRow) -> bool {
    let (x, y) = (&a.member.resolved.data, &b.member.resolved.data);
    a.member.data_hash == b.member.data_hash
        && (&x.source, &x.split, x.limit, x.damaged) == (&y.source, &y.split, y.limit, y.damaged)
}

/// McNemar's test of two jobs; `None` unless both recorded which validation images were correct.
fn compare_images(a: &JobRow, b: &JobRow) -> Option<McNemar> {
    let (a, b) = (a.validation.as_ref()?, b.validation.as_ref()?);
    if a.images != b.images || a.correct.len() != b.correct.len() || a.correct.is_empty() {
        return None;
    }
    let (mut only_first, mut only_second) = (0, 0);
    for (x, y) in a.correct.iter().zip(&b.correct) {
        only_first += u64::from((x & !y).count_ones());
        only_second += u64::from((y & !x).count_ones());
    }
    Some(mcnemar(only_first, only_second))
}
