//! Who stands where: results of each configuration over its runs, their order, and what is compared
//! with what.
//!
//! A run is one job: a seed, or a seed and a fold. Only finished jobs count. The order is by the
//! revision's validation metric and nothing else; test figures are carried along but never looked
//! at here.

use crate::draw::color::{Style, styles};
use crate::stats::{McNemar, PairedTest, Sample, holm, mcnemar, paired_t};
use convsweep_spec::log::Revision;
use convsweep_spec::metric::{self, Direction};
use convsweep_store::{ConfigurationRow, EpochRow, ExperimentRows, JobRow};

/// How a metric is spoken of and written.
#[derive(Clone, Debug, PartialEq)]
pub struct Measure {
    /// Its name in the database.
    pub name: String,
    /// Which way is better.
    pub direction: Direction,
}

impl Measure {
    /// In words: `validation accuracy`.
    pub fn words(&self) -> String {
        self.name
            .replace("val_", "validation ")
            .replace("train_", "training ")
            .replace('_', " ")
    }

    /// Whether it is a share, shown in per cent.
    pub fn is_share(&self) -> bool {
        self.name.ends_with("accuracy")
    }

    /// In words with the unit, for an axis.
    pub fn label(&self) -> String {
        if self.is_share() {
            format!("{} (%)", self.words())
        } else {
            self.words()
        }
    }

    /// What values are multiplied by for charts and tables.
    pub fn scale(&self) -> f64 {
        if self.is_share() { 100.0 } else { 1.0 }
    }

    /// Decimals of a value in tables.
    pub fn places(&self) -> usize {
        if self.is_share() { 2 } else { 4 }
    }

    /// A value with its unit: `71.40 %`.
    pub fn value(&self, value: f64) -> String {
        let number = format!("{:.*}", self.places(), value * self.scale()).replace('-', "−");
        if self.is_share() {
            format!("{number} %")
        } else {
            number
        }
    }

    /// A difference without sign, with its unit: `1.20 percentage points`.
    pub fn difference(&self, value: f64) -> String {
        let number = format!("{:.*}", self.places(), value.abs() * self.scale());
        if self.is_share() {
            format!("{number} percentage points")
        } else {
            number
        }
    }

    /// `value` turned so that larger is better.
    pub fn gain(&self, value: f64) -> f64 {
        if self.direction == Direction::Max {
            value
        } else {
            -value
        }
    }
}

/// One job with its result.
#[derive(Clone, Debug, PartialEq)]
pub struct Run<'a> {
    /// The job.
    pub job: &'a JobRow,
    /// The metric that configurations are compared by; `None` unless the job finished with a
    /// number.
    pub value: Option<f64>,
}

impl Run<'_> {
    /// What runs of different configurations are paired by.
    pub fn pair(&self) -> (u64, Option<u32>) {
        (self.job.seed, self.job.fold)
    }

    /// Whether its result counts.
    pub fn finished(&self) -> bool {
        self.job.outcome.as_deref() == Some("finished")
    }
}

/// A configuration with its results.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry<'a> {
    /// The configuration.
    pub row: &'a ConfigurationRow,
    /// Its runs in the order of its jobs.
    pub runs: Vec<Run<'a>>,
    /// The metric over the finished runs; `None` where there is no result.
    pub score: Option<Sample>,
    /// How it looks in every chart.
    pub style: Style,
}

impl<'a> Entry<'a> {
    /// Its short name.
    pub fn label(&self) -> &'a str {
        &self.row.member.label
    }

    /// Finished runs.
    pub fn finished(&self) -> impl Iterator<Item = &Run<'a>> {
        self.runs.iter().filter(|r| r.finished())
    }

    /// Summary of a quantity over the finished runs that have it.
    pub fn sample(&self, quantity: impl Fn(&Run<'a>) -> Option<f64>) -> Option<Sample> {
        Sample::of(&self.finished().filter_map(quantity).collect::<Vec<_>>())
    }

    /// Own training time in seconds over the finished runs; epochs taken over from a saved state
    /// are not counted.
    pub fn seconds(&self) -> Option<Sample> {
        self.sample(|r| Some(r.job.seconds))
    }

    /// Accuracy on the test images over the finished runs.
    pub fn test_accuracy(&self) -> Option<Sample> {
        self.sample(|r| r.job.test.as_ref().map(|e| e.accuracy))
    }

    /// Accuracy on the validation images over the finished runs.
    pub fn validation_accuracy(&self) -> Option<Sample> {
        self.sample(|r| r.job.validation.as_ref().map(|e| e.accuracy))
    }
}

/// Two configurations beside each other; `better` ranks before `worse`.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// Rank of the better one, from 0.
    pub better: usize,
    /// Rank of the worse one.
    pub worse: usize,
    /// t-test over the runs that both have; the difference is positive where `better` is. `None`
    /// without such runs.
    pub test: Option<PairedTest>,
    /// Its p-value after Holm's correction over all comparisons made.
    pub corrected: Option<f64>,
    /// McNemar's test for each run that both have, over the validation images that both classified.
    pub images: Vec<McNemar>,
}

/// The whole comparison.
#[derive(Clone, Debug, PartialEq)]
pub struct Standing<'a> {
    /// The revision.
    pub revision: &'a Revision,
    /// What is compared.
    pub measure: Measure,
    /// Configurations, the best first; those without a result last, in the order of the plan.
    pub entries: Vec<Entry<'a>>,
    /// How many of them have a result.
    pub ranked: usize,
    /// Rank of the declared baseline.
    pub baseline: Option<usize>,
    /// Comparisons: of all others with the baseline, or of all pairs.
    pub comparisons: Vec<Comparison>,
    /// Whether runs are folds.
    pub folds: bool,
}

impl<'a> Standing<'a> {
    /// Orders and compares the configurations of `rows`.
    pub fn new(rows: &'a ExperimentRows) -> Standing<'a> {
        let revision = &rows.revision;
        let measure = Measure {
            name: revision.metric.name.clone(),
            direction: revision.metric.direction,
        };
        let mut entries: Vec<Entry> = rows
            .configurations
            .iter()
            .map(|row| entry(row, &measure))
            .collect();
        let key = |e: &Entry| e.score.map_or(f64::INFINITY, |s| -measure.gain(s.mean));
        entries.sort_by(|a, b| {
            key(a)
                .total_cmp(&key(b))
                .then(a.row.member.position.cmp(&b.row.member.position))
        });
        let ranked = entries.iter().filter(|e| e.score.is_some()).count();
        let baseline = revision.baseline.as_ref().and_then(|id| {
            entries
                .iter()
                .position(|e| &e.row.member.configuration == id)
        });
        for (entry, style) in entries
            .iter_mut()
            .zip(styles(rows.configurations.len(), baseline))
        {
            entry.style = style;
        }
        let comparisons = compare(
            &entries[..ranked],
            baseline.filter(|b| *b < ranked),
            &measure,
        );
        let folds = entries
            .iter()
            .any(|e| e.runs.iter().any(|r| r.job.fold.is_some()));
        Standing {
            revision,
            measure,
            entries,
            ranked,
            baseline,
            comparisons,
            folds,
        }
    }

    /// The configurations with a result, the best first.
    pub fn ranking(&self) -> &[Entry<'a>] {
        &self.entries[..self.ranked]
    }

    /// The chosen configuration.
    pub fn best(&self) -> Option<&Entry<'a>> {
        self.ranking().first()
    }

    /// Whether the test figures of the configuration at `rank` are shown.
    pub fn shows_test(&self, rank: usize) -> bool {
        self.revision.show_test || rank == 0 || Some(rank) == self.baseline
    }

    /// The comparison of two ranks, if it was made.
    pub fn comparison(&self, a: usize, b: usize) -> Option<&Comparison> {
        let (better, worse) = (a.min(b), a.max(b));
        self.comparisons
            .iter()
            .find(|c| c.better == better && c.worse == worse)
    }
}

fn entry<'a>(row: &'a ConfigurationRow, measure: &Measure) -> Entry<'a> {
    let run = |job: &'a JobRow| Run {
        job,
        value: value(job, measure).filter(|v| v.is_finite()),
    };
    let runs: Vec<Run> = row.jobs.iter().map(run).collect();
    let score = Sample::of(&runs.iter().filter_map(|r| r.value).collect::<Vec<_>>());
    Entry {
        row,
        runs,
        score,
        style: styles(1, None)[0],
    }
}

/// The epoch whose weights a job keeps: the best one where it says which, else the last.
pub fn kept_epoch(job: &JobRow) -> Option<&EpochRow> {
    let last = job.epochs.last()?;
    match last.values.get(metric::BEST_EPOCH) {
        Some(&best) => job
            .epochs
            .iter()
            .find(|e| f64::from(e.epoch) == best)
            .or(Some(last)),
        None => Some(last),
    }
}

/// The metric of a finished job, after the epoch whose weights it keeps.
fn value(job: &JobRow, measure: &Measure) -> Option<f64> {
    if job.outcome.as_deref() != Some("finished") {
        return None;
    }
    let kept = kept_epoch(job).and_then(|e| e.values.get(&measure.name).copied());
    kept.or(match (measure.name.as_str(), &job.validation) {
        (metric::VAL_ACCURACY, Some(e)) => Some(e.accuracy),
        (metric::VAL_LOSS, Some(e)) => Some(e.loss),
        _ => None,
    })
}

fn compare(ranking: &[Entry], baseline: Option<usize>, measure: &Measure) -> Vec<Comparison> {
    let pairs: Vec<(usize, usize)> = match baseline {
        Some(b) => (0..ranking.len())
            .filter(|r| *r != b)
            .map(|r| (r.min(b), r.max(b)))
            .collect(),
        None => (0..ranking.len())
            .flat_map(|a| (a + 1..ranking.len()).map(move |b| (a, b)))
            .collect(),
    };
    let mut comparisons: Vec<Comparison> = pairs
        .into_iter()
        .map(|(better, worse)| compare_two(ranking, better, worse, measure))
        .collect();
    let (tested, p): (Vec<usize>, Vec<f64>) = comparisons
        .iter()
        .enumerate()
        .filter_map(|(i, c)| c.test.and_then(|t| t.p).map(|p| (i, p)))
        .unzip();
    for (i, corrected) in tested.into_iter().zip(holm(&p)) {
        comparisons[i].corrected = Some(corrected);
    }
    comparisons
}

/// Compares two ranks, without any correction for other comparisons.
pub fn compare_two(
    ranking: &[Entry],
    better: usize,
    worse: usize,
    measure: &Measure,
) -> Comparison {
    let (a, b) = (&ranking[better], &ranking[worse]);
    let shared: Vec<(&Run, &Run)> = a
        .runs
        .iter()
        .filter_map(|r| {
            b.runs
                .iter()
                .find(|other| other.pair() == r.pair())
                .map(|other| (r, other))
        })
        .filter(|(r, other)| r.value.is_some() && other.value.is_some())
        .collect();
    let differences: Vec<f64> = shared
        .iter()
        .filter_map(|(r, other)| Some(measure.gain(r.value?) - measure.gain(other.value?)))
        .collect();
    let images = if same_images(a.row, b.row) {
        shared
            .iter()
            .filter_map(|(r, other)| on_images(r.job, other.job))
            .collect()
    } else {
        Vec::new()
    };
    Comparison {
        better,
        worse,
        test: paired_t(&differences),
        corrected: None,
        images,
    }
}

/// Whether two configurations validate on the same images: size and channels may differ, choice and
/// order may not.
fn same_images(a: &ConfigurationRow, b: &ConfigurationRow) -> bool {
    let (x, y) = (&a.member.resolved.data, &b.member.resolved.data);
    a.member.data_hash == b.member.data_hash
        && (&x.source, &x.split, x.limit, x.damaged) == (&y.source, &y.split, y.limit, y.damaged)
}

fn on_images(a: &JobRow, b: &JobRow) -> Option<McNemar> {
    let (a, b) = (a.validation.as_ref()?, b.validation.as_ref()?);
    if a.images != b.images || a.correct.len() != b.correct.len() || a.correct.is_empty() {
        return None;
    }
    let count = |f: fn(u8, u8) -> u8| {
        a.correct
            .iter()
            .zip(&b.correct)
            .map(|(x, y)| u64::from(f(*x, *y).count_ones()))
            .sum::<u64>()
    };
    Some(mcnemar(count(|x, y| x & !y), count(|x, y| y & !x)))
}
