//! How sentences are written: labels, numbers of runs, differences.

use crate::answers::Answers;
use crate::metric_format::MetricFormat;
use convsweep_spec::words::first_few;

/// Labels that a sentence lists before it counts the rest.
pub(super) const LISTED: usize = 4;

/// The answers with the rules for writing them.
pub(super) struct Words<'a> {
    pub answers: &'a Answers,
    pub metric: MetricFormat,
}

impl<'a> Words<'a> {
    pub(super) fn of(answers: &'a Answers) -> Words<'a> {
        Words {
            answers,
            metric: MetricFormat::from(&answers.metric),
        }
    }

    pub(super) fn label(&self, rank: usize) -> &'a str {
        &self.answers.standings[rank].label
    }

    /// Labels of ranks: `A, B and C`, or `A, B, C, D and 5 more`.
    pub(super) fn labels(&self, ranks: &[usize]) -> String {
        let labels: Vec<&str> = ranks.iter().map(|rank| self.label(*rank)).collect();
        list(&labels)
    }

    /// The fewest and the most runs of any configuration with a result: `3 seeds`, or
    /// `2 to 3 seeds`.
    pub(super) fn runs(&self) -> String {
        let counts = self.answers.standings.iter().map(|s| s.runs);
        let least = counts.clone().min().unwrap_or(0);
        let most = counts.max().unwrap_or(0);
        match least < most {
            true => format!("{least} to {}", self.answers.unit.count(most)),
            false => self.answers.unit.count(most),
        }
    }

    /// Whether no configuration has more than one run.
    pub(super) fn has_single_runs(&self) -> bool {
        self.answers.standings.iter().all(|s| s.runs < 2)
    }

    /// A difference with its interval: `1.20 percentage points (95 % interval 0.40 to 2.00)`. The
    /// difference is turned so that it is positive.
    pub(super) fn difference(&self, difference: f64, interval: Option<(f64, f64)>) -> String {
        let size = self.metric.difference(difference);
        let Some((low, high)) = interval else {
            return size;
        };
        let ends = match difference < 0.0 {
            true => (-high, -low),
            false => (low, high),
        };
        format!("{size} (95 % interval {})", self.metric.interval(ends))
    }
}

/// `A`, `A and B`, `A, B and C`, `A, B, C, D and 5 more`; with semicolons where a label has commas.
pub(super) fn list(labels: &[&str]) -> String {
    first_few(labels, LISTED)
}

/// `1 other configuration`, `5 other configurations`.
pub(super) fn others(count: usize) -> String {
    match count {
        1 => "1 other configuration".into(),
        n => format!("{n} other configurations"),
    }
}
