//! What is known of each configuration: its mean when it trains, how often it trains, and the
//! result that one more run is expected to have.

use crate::chance::{is_trained, value_of_diverged};
use crate::gain;
use crate::results::{ConfigurationResults, RunEnd, SweepResults};
use convsweep_statistics::moderated::{VarianceEstimate, VariancePrior};
use convsweep_statistics::sample::Sample;
use convsweep_statistics::share_posterior::{ShareEstimate, shares};
use convsweep_statistics::welch::{MeanDifference, MeanEstimate, compare};

/// Seed and fold.
pub(crate) type RunKey = (u64, Option<u32>);

/// What is known of one configuration. Results are gains: of losses, the negative value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Estimate {
    /// The runs that count, each with its gain; one that diverged at the chance level.
    pub gains: Vec<(RunKey, f64)>,
    /// Number of runs that trained.
    pub trained: usize,
    /// Number of runs that diverged.
    pub diverged: usize,
    /// Mean of the runs that trained.
    pub trained_mean: Option<f64>,
    /// Variance of the runs that trained; no degrees below two runs.
    pub own: VarianceEstimate,
    /// The same, drawn towards what is common to the sweep; `None` if nothing is known of any.
    pub single: Option<VarianceEstimate>,
    /// The share of runs that train; `None` if every run of the sweep has.
    pub share: Option<ShareEstimate>,
    /// The expected result of one more run; `None` if nothing is known of its spread.
    pub expected: Option<MeanEstimate>,
}

/// What is known of all configurations of a sweep, in the order of the plan.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Estimates {
    /// What is common to the variances of runs that trained.
    pub prior: Option<VariancePrior>,
    /// The configurations.
    pub each: Vec<Estimate>,
    /// What a diverged run counts as, in the metric's unit.
    pub diverged_value: Option<f64>,
}

impl Estimates {
    pub(crate) fn of(sweep: &SweepResults) -> Estimates {
        let diverged_value = value_of_diverged(sweep);
        let mut each = Vec::with_capacity(sweep.configurations.len());
        for configuration in &sweep.configurations {
            each.push(read_runs(sweep, configuration, diverged_value));
        }
        let prior = moderate(&mut each);
        fill_expected(&mut each, chance_gain(sweep, diverged_value));
        Estimates {
            prior,
            each,
            diverged_value,
        }
    }

    /// The estimates of configurations all of whose runs trained.
    pub(crate) fn of_trained(mut each: Vec<Estimate>) -> Estimates {
        Estimates {
            prior: moderate(&mut each),
            each,
            diverged_value: None,
        }
    }

    /// Whether some run of the sweep did not train.
    pub(crate) fn some_do_not_train(&self) -> bool {
        self.each.iter().any(|e| e.share.is_some())
    }

    /// The difference of two configurations' means when they train; `None` if one never did, or
    /// nothing is known of the spread.
    ///
    /// Both moderated variances stand on the same common one, so that together they have the
    /// degrees of the prior and their own, and at most those of all runs.
    pub(crate) fn when_trained(&self, a: usize, b: usize) -> Option<MeanDifference> {
        let (first, second) = (&self.each[a], &self.each[b]);
        let mut difference = compare(first.mean_when_trained()?, second.mean_when_trained()?)?;
        let prior = self.prior?;
        let most = prior.degrees + first.own.degrees + second.own.degrees;
        let most = most.min(prior.total_degrees);
        difference.degrees = difference.degrees.min(most);
        Some(difference)
    }

    /// Whether every run of both trained.
    pub(crate) fn all_trained(&self, a: usize, b: usize) -> bool {
        self.each[a].always_trained() && self.each[b].always_trained()
    }

    /// The difference of the results that one more run of each is expected to have. Where all runs
    /// of both trained, it is taken that further ones do.
    pub(crate) fn expected(&self, a: usize, b: usize) -> Option<MeanDifference> {
        match self.all_trained(a, b) {
            true => self.when_trained(a, b),
            false => compare(self.each[a].expected?, self.each[b].expected?),
        }
    }

    /// The difference of the shares of runs that train; `None` if every run of the sweep has.
    pub(crate) fn shares(&self, a: usize, b: usize) -> Option<MeanDifference> {
        let known = |share: ShareEstimate| MeanEstimate {
            mean: share.mean,
            variance: share.variance,
            degrees: f64::INFINITY,
        };
        compare(known(self.each[a].share?), known(self.each[b].share?))
    }
}

impl Estimate {
    /// What the runs alone say: `trained` is the sample of those that trained.
    pub(crate) fn new(
        gains: Vec<(RunKey, f64)>,
        trained: Option<Sample>,
        diverged: usize,
    ) -> Estimate {
        let sd = trained.and_then(|sample| sample.sd);
        let count = trained.map_or(0, |sample| sample.n);
        Estimate {
            gains,
            trained: count,
            diverged,
            trained_mean: trained.map(|sample| sample.mean),
            own: VarianceEstimate {
                variance: sd.map_or(0.0, |sd| sd * sd),
                degrees: count.saturating_sub(1) as f64,
            },
            single: None,
            share: None,
            expected: None,
        }
    }

    /// Number of runs that count.
    pub(crate) fn runs(&self) -> usize {
        self.gains.len()
    }

    /// Whether all runs that count trained.
    pub(crate) fn always_trained(&self) -> bool {
        self.trained == self.runs()
    }

    /// Mean gain over the runs that count.
    pub(crate) fn mean(&self) -> Option<f64> {
        self.sample().map(|sample| sample.mean)
    }

    /// The gains of the runs that count.
    pub(crate) fn sample(&self) -> Option<Sample> {
        let gains: Vec<f64> = self.gains.iter().map(|(_, gain)| *gain).collect();
        Sample::of(&gains)
    }

    pub(crate) fn gain_of(&self, key: RunKey) -> Option<f64> {
        let found = self.gains.iter().find(|(other, _)| *other == key);
        found.map(|(_, gain)| *gain)
    }

    pub(crate) fn mean_when_trained(&self) -> Option<MeanEstimate> {
        let mean = self.trained_mean?;
        Some(MeanEstimate::of_runs(mean, self.trained, self.single?))
    }
}

/// Draws the variances towards what is common to them.
///
/// How alike they are is itself estimated from them, and by chance a few unlike ones look alike. So
/// the common variance is worth at most half of the degrees that all but one of them bring: even
/// then each keeps more weight than pooling would give it.
fn moderate(each: &mut [Estimate]) -> Option<VariancePrior> {
    let own: Vec<VarianceEstimate> = each.iter().map(|e| e.own).collect();
    let mut prior = VariancePrior::fit(&own);
    if let Some(prior) = &mut prior {
        let most = own.iter().map(|e| e.degrees).fold(0.0, f64::max);
        prior.degrees = prior.degrees.min((prior.total_degrees - most) / 2.0);
    }
    for estimate in each {
        estimate.single = prior.and_then(|prior| prior.squeeze(estimate.own));
    }
    prior
}

fn read_runs(
    sweep: &SweepResults,
    configuration: &ConfigurationResults,
    diverged_value: Option<f64>,
) -> Estimate {
    let (mut gains, mut trained, mut diverged) = (Vec::new(), Vec::new(), 0);
    for run in &configuration.runs {
        let Some(is_trained) = is_trained(run) else {
            continue;
        };
        let has_diverged = run.end == RunEnd::Diverged;
        diverged += usize::from(has_diverged);
        let value = if has_diverged {
            diverged_value
        } else {
            run.value
        };
        let Some(value) = value else { continue };
        gains.push(((run.seed, run.fold), gain(&sweep.metric, value)));
        if is_trained {
            trained.push(gain(&sweep.metric, value));
        }
    }
    Estimate::new(gains, Sample::of(&trained), diverged)
}

/// The gain of a run that does not train: the mean of those that did not.
fn chance_gain(sweep: &SweepResults, diverged_value: Option<f64>) -> Option<f64> {
    let mut untrained = Vec::new();
    for run in sweep.configurations.iter().flat_map(|c| &c.runs) {
        if is_trained(run) == Some(false) {
            let value = match run.end {
                RunEnd::Diverged => diverged_value,
                _ => run.value,
            };
            untrained.extend(value.map(|value| gain(&sweep.metric, value)));
        }
    }
    Sample::of(&untrained).map(|sample| sample.mean)
}

/// The shares of runs that train, if some did not, and the expected results.
///
/// With the share s, the mean when it trains m and the chance level c, the expected result is
/// s·m + (1 − s)·c, and its variance s²·Var(m) + (m − c)²·Var(s). A configuration that never
/// trained is taken to reach, if it did, what the others reach on average.
fn fill_expected(each: &mut [Estimate], chance: Option<f64>) {
    let some_do_not_train = each.iter().any(|e| e.trained < e.runs());
    let (true, Some(chance)) = (some_do_not_train, chance) else {
        for estimate in each {
            estimate.expected = estimate.mean_when_trained();
        }
        return;
    };
    let means: Vec<f64> = each.iter().filter_map(|e| e.trained_mean).collect();
    let typical = Sample::of(&means).map_or(chance, |sample| sample.mean);
    let counts: Vec<(u64, u64)> = each.iter().map(counts).collect();
    for (estimate, share) in each.iter_mut().zip(shares(&counts)) {
        estimate.share = Some(share);
        if estimate.gains.is_empty() {
            continue;
        }
        let mean = estimate.trained_mean.unwrap_or(typical);
        let of_mean = match (estimate.trained, estimate.mean_when_trained()) {
            (0, _) => None,
            (_, None) => continue,
            (_, known) => known,
        };
        let from_mean = of_mean.map_or(0.0, |m| share.mean * share.mean * m.variance);
        let from_share = (mean - chance) * (mean - chance) * share.variance;
        let variance = from_mean + from_share;
        // Satterthwaite: the variance of the share is taken as known.
        let degrees = match of_mean {
            Some(m) if from_mean > 0.0 => (variance / from_mean).powi(2) * m.degrees,
            _ => f64::INFINITY,
        };
        estimate.expected = Some(MeanEstimate {
            mean: share.mean * mean + (1.0 - share.mean) * chance,
            variance,
            degrees,
        });
    }
}

/// Runs that trained, and all that count.
fn counts(estimate: &Estimate) -> (u64, u64) {
    (estimate.trained as u64, estimate.runs() as u64)
}
