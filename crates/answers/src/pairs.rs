//! Every pair of configurations: which one is better, or whether they are practically equal.
//!
//! All statements about one sweep together are wrong with a probability of at most 5 % (Holm 1979).
//! Where seeds do not train, three things are compared: the expected result of one more run, the
//! mean when it trains, and how often it trains.

use crate::estimates::Estimates;
use crate::pairing::{PairMethod, Pairing};
use crate::results::SweepResults;
use crate::{gain, gain_interval};
use convsweep_statistics::equivalence::equivalence;
use convsweep_statistics::holm::holm;
use convsweep_statistics::sample_size::{Runs, more_runs};
use convsweep_statistics::welch::MeanDifference;
use serde::Serialize;

/// Probability that some statement of a family is wrong.
pub const FAMILY_LEVEL: f64 = 0.05;
/// Up to this many configurations all pairs are kept, beyond it those with the best and with the
/// baseline.
pub const MOST_CONFIGURATIONS_OF_ALL_PAIRS: usize = 100;
/// Up to this many configurations all pairs are tested, beyond it those with the best and with the
/// baseline, which are corrected as if all were (Bonferroni).
pub const MOST_CONFIGURATIONS_TESTED: usize = 2000;
/// The probability with which the suggested number of further runs would tell.
const WANTED_POWER: f64 = 0.8;

/// What is said of the first of two things compared with the second.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// It is better.
    Better,
    /// It is worse.
    Worse,
    /// The difference is within the margin.
    Equal,
    /// Not known yet.
    Unknown,
}

impl Verdict {
    /// The name in the database and in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Verdict::Better => "better",
            Verdict::Worse => "worse",
            Verdict::Equal => "equal",
            Verdict::Unknown => "unknown",
        }
    }

    /// The words between the first and the second.
    pub fn phrase(self) -> &'static str {
        match self {
            Verdict::Better => "is better than",
            Verdict::Worse => "is worse than",
            Verdict::Equal => "equals, within the margin,",
            Verdict::Unknown => "is not known to differ from",
        }
    }
}

/// A difference with what is said of it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Difference {
    /// What is said.
    pub verdict: Verdict,
    /// First minus second, in the metric's unit; of shares of runs, as a share.
    pub difference: f64,
    /// 95 % confidence interval of this difference alone; `None` if nothing is known of the spread.
    pub interval: Option<(f64, f64)>,
    /// Two-sided p-value of no difference.
    pub p: Option<f64>,
    /// The same, corrected for all comparisons of the sweep.
    pub corrected: Option<f64>,
    /// p-value of a difference beyond the margin, corrected; `None` without a margin.
    pub beyond_margin: Option<f64>,
}

/// Two configurations compared. They are given by their ranks, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ComparedPair {
    /// The one that ranks first.
    pub first: usize,
    /// The other one.
    pub second: usize,
    /// How their runs are compared.
    pub method: PairMethod,
    /// Runs of each that count.
    pub runs: (usize, usize),
    /// The expected results of one more run.
    pub result: Difference,
    /// The means of the runs that trained; `None` if all runs of both did, or none of one.
    pub when_trained: Option<Difference>,
    /// The shares of runs that train; `None` if all runs of the sweep did.
    pub trains: Option<Difference>,
    /// How many more runs of each would probably tell, if the difference is as large as it looks;
    /// `None` if it is known, or cannot be said.
    pub more_runs: Option<usize>,
}

impl ComparedPair {
    /// Whether the configuration at this rank is one of the two.
    pub fn is_with(&self, rank: usize) -> bool {
        self.first == rank || self.second == rank
    }
}

/// The tests of one pair, before correction.
struct PairTest {
    first: usize,
    second: usize,
    method: PairMethod,
    /// Result, mean when trained, share that trains.
    tests: [Option<MeanDifference>; 3],
}

/// All pairs of a sweep. Indices are those of [`Estimates::each`] in the order of `ranks`.
pub(crate) struct Pairs {
    pub kept: Vec<ComparedPair>,
    /// Number of pairs that were tested.
    pub tested: usize,
    /// By rank: how many others are worse, and how many better.
    pub beats: Vec<usize>,
    pub beaten_by: Vec<usize>,
    /// By rank: whether it may be the best.
    pub may_be_best: Vec<bool>,
}

/// Compares the configurations at `ranks`, the best first.
pub(crate) fn compare_all(
    sweep: &SweepResults,
    estimates: &Estimates,
    pairing: &Pairing,
    ranks: &[usize],
    baseline: Option<usize>,
) -> Pairs {
    let all = ranks.len() * ranks.len().saturating_sub(1) / 2;
    let mut tests = Vec::new();
    for (first, second) in pairs_to_test(ranks.len(), baseline) {
        let (a, b) = (ranks[first], ranks[second]);
        let method = pairing.method(a, b);
        tests.push(PairTest {
            first,
            second,
            method,
            tests: test_pair(estimates, pairing, method, (a, b)),
        });
    }
    let mut p_values = correct(sweep, &tests, all);
    tell_the_only_best(&tests, &mut p_values, ranks.len());
    let equal = correct_equal(sweep, &tests, all);
    let mut pairs = Pairs {
        kept: Vec::new(),
        tested: tests.len(),
        beats: vec![0; ranks.len()],
        beaten_by: vec![0; ranks.len()],
        may_be_best: may_be_best(&tests, &p_values, ranks.len()),
    };
    let undecided = undecided(&p_values);
    for (n, test) in tests.iter().enumerate() {
        let equal = equal.get(n).copied().flatten();
        let result = test.tests[0].as_ref();
        let verdict = result.map(|difference| verdict(difference, p_values[n][0], equal));
        count(&mut pairs, test, verdict.unwrap_or(Verdict::Unknown));
        let keeps_all = ranks.len() <= MOST_CONFIGURATIONS_OF_ALL_PAIRS;
        let is_with = |rank| test.first == rank || test.second == rank;
        if !keeps_all && test.first != 0 && !baseline.is_some_and(is_with) {
            continue;
        }
        // Intervals take longer than all the rest.
        let state = |kind: usize| {
            let difference = test.tests[kind]?;
            let equal = equal.filter(|_| kind == 0);
            Some(judge(sweep, kind, &difference, p_values[n][kind], equal))
        };
        let (a, b) = (ranks[test.first], ranks[test.second]);
        let result = state(0).unwrap_or_else(|| untested(sweep, estimates, (a, b)));
        pairs.kept.push(ComparedPair {
            first: test.first,
            second: test.second,
            method: test.method,
            runs: (estimates.each[a].runs(), estimates.each[b].runs()),
            result,
            when_trained: state(1),
            trains: state(2),
            more_runs: runs_to_tell(estimates, test, (a, b), result.verdict, undecided),
        });
    }
    pairs
}

/// The pairs of ranks to test: all, or of very many configurations those with the best and with the
/// baseline.
fn pairs_to_test(count: usize, baseline: Option<usize>) -> Vec<(usize, usize)> {
    let mut pairs = Vec::new();
    if count <= MOST_CONFIGURATIONS_TESTED {
        for first in 0..count {
            pairs.extend((first + 1..count).map(|second| (first, second)));
        }
        return pairs;
    }
    pairs.extend((1..count).map(|second| (0, second)));
    if let Some(baseline) = baseline.filter(|baseline| *baseline > 0) {
        let others = (1..count).filter(|other| *other != baseline);
        pairs.extend(others.map(|other| (baseline.min(other), baseline.max(other))));
    }
    pairs
}

fn test_pair(
    estimates: &Estimates,
    pairing: &Pairing,
    method: PairMethod,
    (a, b): (usize, usize),
) -> [Option<MeanDifference>; 3] {
    let result = match method {
        PairMethod::Independent => estimates.expected(a, b),
        PairMethod::SharedTraining | PairMethod::Folds => {
            pairing.difference(&estimates.each[a], &estimates.each[b])
        }
    };
    match estimates.some_do_not_train() {
        true => [result, estimates.when_trained(a, b), estimates.shares(a, b)],
        false => [result, None, None],
    }
}

/// A p-value and the corrected one.
type PValues = Option<(f64, f64)>;

/// The p-values of all tests, corrected together for their number, of `all` pairs. Each look of a
/// race at the results counts as one more test (Bonferroni).
fn correct(sweep: &SweepResults, tests: &[PairTest], all: usize) -> Vec<[PValues; 3]> {
    let mut found = Vec::with_capacity(tests.len());
    let mut places = Vec::with_capacity(tests.len());
    for (n, test) in tests.iter().enumerate() {
        for (kind, difference) in test.tests.iter().enumerate() {
            if let Some(p) = difference.and_then(|d| d.p_two_sided()) {
                found.push(sweep.over_all_looks(p));
                places.push((n, kind));
            }
        }
    }
    let mut values = vec![[None; 3]; tests.len()];
    for ((place, p), corrected) in
        places
            .iter()
            .zip(&found)
            .zip(corrected(&found, tests.len(), all))
    {
        values[place.0][place.1] = Some((*p, corrected));
    }
    values
}

/// Holm's correction; if not `all` pairs were tested, Bonferroni's for as many as would have been.
fn corrected(p_values: &[f64], tested: usize, all: usize) -> Vec<f64> {
    if tested == all {
        return holm(p_values);
    }
    let untested = all as f64 / tested.max(1) as f64;
    let count = p_values.len() as f64 * untested;
    p_values.iter().map(|p| (p * count).min(1.0)).collect()
}

/// The p-values of differences beyond the margin, corrected together; empty without a margin.
fn correct_equal(sweep: &SweepResults, tests: &[PairTest], all: usize) -> Vec<Option<f64>> {
    let Some(margin) = sweep.margin else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for test in tests {
        let p = test.tests[0].and_then(|difference| equivalence(&difference, margin));
        found.push(p.map(|p| sweep.over_all_looks(p)));
    }
    let known: Vec<f64> = found.iter().flatten().copied().collect();
    let mut corrected = corrected(&known, tests.len(), all).into_iter();
    for p in found.iter_mut().filter(|p| p.is_some()) {
        *p = corrected.next();
    }
    found
}

/// By rank, whether a configuration may be the best: no other is better by a test that is corrected
/// for the number of others (multiple comparisons with the best, Hsu 1981, "Simultaneous confidence
/// intervals for all distances from the best", Annals of Statistics 9; two-sided here, as all
/// pairs are), nor by the comparison of all pairs.
fn may_be_best(tests: &[PairTest], p_values: &[[PValues; 3]], count: usize) -> Vec<bool> {
    let mut may_be = vec![true; count];
    let others = count.saturating_sub(1) as f64;
    for (test, p_values) in tests.iter().zip(p_values) {
        let (Some(difference), Some((p, corrected))) = (test.tests[0], p_values[0]) else {
            continue;
        };
        let is_behind = p * others < FAMILY_LEVEL || corrected < FAMILY_LEVEL;
        if is_behind && difference.difference > 0.0 {
            may_be[test.second] = false;
        } else if is_behind && difference.difference < 0.0 {
            may_be[test.first] = false;
        }
    }
    may_be
}

/// Where the first beats each other one by the tests of the set that may be the best, it is the
/// only member, and that it is better than all of them is known: its p-values are those of these
/// tests.
fn tell_the_only_best(tests: &[PairTest], p_values: &mut [[PValues; 3]], count: usize) {
    let others = count.saturating_sub(1) as f64;
    let beats = |(test, p_values): (&PairTest, &[PValues; 3])| {
        let is_better = test.tests[0].is_some_and(|difference| difference.difference > 0.0);
        is_better && p_values[0].is_some_and(|(p, _)| p * others < FAMILY_LEVEL)
    };
    let with_first = || {
        tests
            .iter()
            .zip(&*p_values)
            .filter(|(test, _)| test.first == 0)
    };
    if !with_first().all(beats) {
        return;
    }
    for (test, p_values) in tests.iter().zip(p_values) {
        if test.first == 0
            && let Some((p, corrected)) = &mut p_values[0]
        {
            *corrected = corrected.min(*p * others);
        }
    }
}

/// Number of tests that leave it open.
fn undecided(p_values: &[[PValues; 3]]) -> usize {
    let all = p_values.iter().flatten().flatten();
    all.filter(|(_, corrected)| *corrected >= FAMILY_LEVEL)
        .count()
}

/// What is said of the first of a pair, of which the larger gain is better.
fn verdict(difference: &MeanDifference, p_values: PValues, beyond_margin: Option<f64>) -> Verdict {
    let is_significant = p_values.is_some_and(|(_, corrected)| corrected < FAMILY_LEVEL);
    if beyond_margin.is_some_and(|p| p < FAMILY_LEVEL) {
        Verdict::Equal
    } else if is_significant && difference.difference > 0.0 {
        Verdict::Better
    } else if is_significant && difference.difference < 0.0 {
        Verdict::Worse
    } else {
        Verdict::Unknown
    }
}

/// `kind` 2 compares shares of runs; the others, gains.
fn judge(
    sweep: &SweepResults,
    kind: usize,
    difference: &MeanDifference,
    p_values: PValues,
    beyond_margin: Option<f64>,
) -> Difference {
    let (p, corrected) = p_values.unzip();
    let interval = difference.interval(sweep.interval_level());
    let is_share = kind == 2;
    let turned = |value: f64| {
        if is_share {
            value
        } else {
            gain(&sweep.metric, value)
        }
    };
    let ends = |ends| {
        if is_share {
            ends
        } else {
            gain_interval(&sweep.metric, ends)
        }
    };
    Difference {
        verdict: verdict(difference, p_values, beyond_margin),
        difference: turned(difference.difference),
        interval: interval.map(ends),
        p,
        corrected,
        beyond_margin,
    }
}

/// The difference of the means, where nothing is known of the spread.
fn untested(sweep: &SweepResults, estimates: &Estimates, (a, b): (usize, usize)) -> Difference {
    let mean = |i: usize| estimates.each[i].mean().unwrap_or(f64::NAN);
    Difference {
        verdict: Verdict::Unknown,
        difference: gain(&sweep.metric, mean(a) - mean(b)),
        interval: None,
        p: None,
        corrected: None,
        beyond_margin: None,
    }
}

fn count(pairs: &mut Pairs, test: &PairTest, verdict: Verdict) {
    let (winner, loser) = match verdict {
        Verdict::Better => (test.first, test.second),
        Verdict::Worse => (test.second, test.first),
        Verdict::Equal | Verdict::Unknown => return,
    };
    pairs.beats[winner] += 1;
    pairs.beaten_by[loser] += 1;
}

/// How many more runs of each would tell, at the level that is left to each of the tests that leave
/// it open. Only where all runs train: how often a configuration trains takes many more.
fn runs_to_tell(
    estimates: &Estimates,
    test: &PairTest,
    (a, b): (usize, usize),
    verdict: Verdict,
    undecided: usize,
) -> Option<usize> {
    let is_open = verdict == Verdict::Unknown && test.method == PairMethod::Independent;
    if !is_open || estimates.some_do_not_train() {
        return None;
    }
    let runs = |i: usize| {
        let estimate = &estimates.each[i];
        Some(Runs {
            n: estimate.runs(),
            variance: estimate.single?,
        })
    };
    let difference = test.tests[0]?.difference;
    let level = FAMILY_LEVEL / undecided.max(1) as f64;
    more_runs(difference, runs(a)?, runs(b)?, level, WANTED_POWER)
}
