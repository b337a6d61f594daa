//! The answers of a sweep as data.

use crate::axes::{AxisAnswer, Cells, Interaction, axis_answers, interactions};
use crate::choice::{ChoiceOptimism, choice_optimism};
use crate::estimates::{Estimate, Estimates};
use crate::image_agreement::ImageRelation;
use crate::next::{NextSteps, next_steps};
use crate::noise::{SeedNoise, seed_noise};
use crate::pairing::{Pairing, folds};
use crate::pairs::{ComparedPair, Pairs, compare_all};
use crate::results::{ConfigurationResults, RunEnd, SweepResults};
use crate::run_unit::RunUnit;
use crate::validated_classes::ValidatedClasses;
use crate::{gain, gain_interval};
use convsweep_spec::id::ConfigurationId;
use convsweep_spec::metric::Metric;
use convsweep_statistics::folds::variance_factor;
use convsweep_statistics::welch::{MeanEstimate, contrast};
use serde::Serialize;

/// What the results of a sweep say.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Answers {
    /// Name of the experiment.
    pub experiment: String,
    /// The metric that configurations are compared by.
    pub metric: Metric,
    /// Differences up to this size count as practically equal.
    pub margin: Option<f64>,
    /// Whether some run of the sweep did not train.
    pub some_do_not_train: bool,
    /// What the runs of a configuration differ by.
    pub unit: RunUnit,
    /// Whether all jobs are learning-rate range tests, which have no result to compare.
    pub are_range_tests: bool,
    /// Whether all configurations validate on the same images.
    pub share_images: bool,
    /// Number of jobs.
    pub jobs: usize,
    /// Number of them that finished.
    pub finished: usize,
    /// Which classes have validation images; `None` if no finished run was evaluated on any.
    pub validated_classes: Option<ValidatedClasses>,
    /// How often a race may look at the results.
    pub race_rounds: u32,
    /// What a diverged run counts as, in the metric's unit; `None` if none diverged.
    pub diverged_value: Option<f64>,
    /// Configurations with a result, the best first.
    pub standings: Vec<Standing>,
    /// Configurations without a result, in the order of the plan.
    pub without_result: Vec<NoResult>,
    /// Number of pairs that were tested.
    pub pairs_tested: usize,
    /// The pairs: all, or those with the best and with the baseline if there are many
    /// configurations.
    pub pairs: Vec<ComparedPair>,
    /// What the axes do, the one that moves the metric most first.
    pub axes: Vec<AxisAnswer>,
    /// Interactions of two axes that are larger than the noise, the largest first.
    pub interactions: Vec<Interaction>,
    /// Where the spread between the seeds of the best configuration comes from.
    pub noise: Option<SeedNoise>,
    /// By how much the result of the best is flattered, because it was chosen by it.
    pub choice: Option<ChoiceOptimism>,
    /// What would settle what is open.
    pub next: NextSteps,
}

/// A configuration with its result.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Standing {
    /// Its id.
    pub configuration: ConfigurationId,
    /// Its short name.
    pub label: String,
    /// Position in the plan, from 0.
    pub position: usize,
    /// Whether it is the declared baseline.
    pub is_baseline: bool,
    /// Jobs in all.
    pub jobs: usize,
    /// Runs that count: those that finished with a result, and those that diverged.
    pub runs: usize,
    /// Of these, how many trained: their accuracy is above the chance level.
    pub trained: usize,
    /// Of these, how many diverged.
    pub diverged: usize,
    /// Mean over the runs that count; a diverged one counts at the chance level.
    pub mean: f64,
    /// Standard deviation of the same runs; `None` below two.
    pub sd: Option<f64>,
    /// 95 % interval of the expected result, with the variance that all configurations teach.
    pub interval: Option<(f64, f64)>,
    /// Mean of the runs that trained; `None` if none did.
    pub trained_mean: Option<f64>,
    /// Standard deviation of the runs that trained; `None` below two.
    pub trained_sd: Option<f64>,
    /// Whether it may be the best. With a probability of at least 95 % the truly best one is
    /// among those that may.
    pub may_be_best: bool,
    /// How many configurations are worse.
    pub beats: usize,
    /// How many configurations are better.
    pub beaten_by: usize,
}

/// A configuration without a result.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NoResult {
    /// Its id.
    pub configuration: ConfigurationId,
    /// Its short name.
    pub label: String,
    /// Whether it is the declared baseline.
    pub is_baseline: bool,
    /// Jobs in all.
    pub jobs: usize,
    /// Jobs that a rule stopped.
    pub stopped: usize,
    /// Jobs that failed.
    pub failed: usize,
    /// Jobs that finished without a finite value of the metric.
    pub without_metric: usize,
}

impl Answers {
    /// The answers of `sweep`.
    pub fn of(sweep: &SweepResults) -> Answers {
        let estimates = Estimates::of(sweep);
        let ranks = ranks(&estimates);
        let baseline = sweep.configurations.iter().position(|c| {
            let id = Some(&c.configuration);
            id == sweep.baseline.as_ref()
        });
        let baseline_rank = baseline.and_then(|b| ranks.iter().position(|i| *i == b));
        let pairing = Pairing::of(sweep);
        let pairs = compare_all(sweep, &estimates, &pairing, &ranks, baseline_rank);
        let mut standings = Vec::with_capacity(ranks.len());
        for (rank, &i) in ranks.iter().enumerate() {
            standings.push(standing(sweep, &estimates, &pairs, (rank, i)));
        }
        let mut without_result = Vec::new();
        for i in (0..sweep.configurations.len()).filter(|i| !ranks.contains(i)) {
            without_result.push(no_result(sweep, i));
        }
        let cells = Cells::of(sweep, &estimates);
        let interactions = interactions(sweep, &estimates, &cells);
        let mut axes = axis_answers(sweep, &estimates, &pairing, cells);
        if let [axis] = sweep.axes.as_slice()
            && let [answer] = axes.as_mut_slice()
        {
            let label = |rank: usize| {
                let configuration = &sweep.configurations[ranks[rank]];
                configuration.axis_label(&axis.path).map(str::to_string)
            };
            answer.take_pairs(&pairs.kept, label);
        }
        let next = next_steps(sweep, &pairs, &ranks);
        let best = ranks.first().copied();
        let diverged = estimates.each.iter().any(|e| e.diverged > 0);
        Answers {
            experiment: sweep.experiment.clone(),
            metric: sweep.metric.clone(),
            margin: sweep.margin,
            some_do_not_train: estimates.some_do_not_train(),
            unit: RunUnit::of(sweep.runs().map(|run| (run.seed, run.fold))),
            are_range_tests: are_range_tests(sweep),
            share_images: share_images(sweep),
            jobs: sweep.runs().count(),
            finished: sweep
                .runs()
                .filter(|run| run.end == RunEnd::Finished)
                .count(),
            validated_classes: ValidatedClasses::of(sweep),
            race_rounds: sweep.race_rounds,
            diverged_value: estimates.diverged_value.filter(|_| diverged),
            standings,
            without_result,
            pairs_tested: pairs.tested,
            pairs: pairs.kept,
            axes,
            interactions,
            noise: best.and_then(|best| seed_noise(&sweep.configurations[best])),
            choice: choice_optimism(sweep, &estimates, &ranks),
            next,
        }
    }

    /// The best configuration.
    pub fn best(&self) -> Option<&Standing> {
        self.standings.first()
    }

    /// Rank of the baseline, from 0, if it has a result.
    pub fn baseline(&self) -> Option<usize> {
        self.standings.iter().position(|s| s.is_baseline)
    }

    /// The comparison of two ranks, if it is kept.
    pub fn pair(&self, a: usize, b: usize) -> Option<&ComparedPair> {
        let (first, second) = (a.min(b), a.max(b));
        let mut pairs = self.pairs.iter();
        pairs.find(|pair| (pair.first, pair.second) == (first, second))
    }
}

/// Whether all configurations validate on the same images.
fn share_images(sweep: &SweepResults) -> bool {
    let [first, others @ ..] = sweep.configurations.as_slice() else {
        return true;
    };
    let mut relations = others.iter().map(|other| first.image_relation(other));
    relations.all(|relation| relation == ImageRelation::Same)
}

fn are_range_tests(sweep: &SweepResults) -> bool {
    let mut configurations = sweep.configurations.iter();
    let is_test = |c: &ConfigurationResults| c.resolved.task.range_test().is_some();
    !sweep.configurations.is_empty() && configurations.all(is_test)
}

/// The configurations with a result, the best mean first; of equal ones, the earlier in the plan.
fn ranks(estimates: &Estimates) -> Vec<usize> {
    let mut means: Vec<(usize, f64)> = Vec::new();
    for (i, estimate) in estimates.each.iter().enumerate() {
        means.extend(estimate.mean().map(|mean| (i, mean)));
    }
    means.sort_by(|(a, x), (b, y)| y.total_cmp(x).then(a.cmp(b)));
    means.into_iter().map(|(i, _)| i).collect()
}

fn standing(
    sweep: &SweepResults,
    estimates: &Estimates,
    pairs: &Pairs,
    (rank, i): (usize, usize),
) -> Standing {
    let (results, estimate) = (&sweep.configurations[i], &estimates.each[i]);
    let value = |gain_: f64| gain(&sweep.metric, gain_);
    Standing {
        configuration: results.configuration.clone(),
        label: results.label.clone(),
        position: i,
        is_baseline: sweep.baseline.as_ref() == Some(&results.configuration),
        jobs: results.runs.len(),
        runs: estimate.runs(),
        trained: estimate.trained,
        diverged: estimate.diverged,
        mean: value(estimate.mean().unwrap_or(f64::NAN)),
        sd: estimate.sample().and_then(|sample| sample.sd),
        interval: interval(sweep, estimate).map(|ends| gain_interval(&sweep.metric, ends)),
        trained_mean: estimate.trained_mean.map(value),
        trained_sd: (estimate.own.degrees > 0.0).then(|| estimate.own.variance.sqrt()),
        may_be_best: pairs.may_be_best[rank],
        beats: pairs.beats[rank],
        beaten_by: pairs.beaten_by[rank],
    }
}

/// 95 % interval of the expected gain, over all looks.
fn interval(sweep: &SweepResults, estimate: &Estimate) -> Option<(f64, f64)> {
    let expected = match estimate.always_trained() {
        true => estimate.mean_when_trained()?,
        false => estimate.expected?,
    };
    // The results of folds are correlated, since they share most of their training images.
    let widening = folds(sweep).and_then(|folds| {
        let n = estimate.runs();
        Some(variance_factor(n, folds as usize)? * n as f64)
    });
    let expected = MeanEstimate {
        variance: expected.variance * widening.unwrap_or(1.0),
        ..expected
    };
    contrast(&[(1.0, expected)])?.interval(sweep.interval_level())
}

fn no_result(sweep: &SweepResults, i: usize) -> NoResult {
    let results = &sweep.configurations[i];
    let ended = |end: RunEnd| results.runs.iter().filter(|run| run.end == end).count();
    NoResult {
        configuration: results.configuration.clone(),
        label: results.label.clone(),
        is_baseline: sweep.baseline.as_ref() == Some(&results.configuration),
        jobs: results.runs.len(),
        stopped: ended(RunEnd::Stopped),
        failed: ended(RunEnd::Failed) + ended(RunEnd::Diverged),
        without_metric: ended(RunEnd::Finished),
    }
}
