//! The answers in words: at most five sentences that say what a reader came for, then the details.

mod axes;
mod baseline;
mod certainty;
mod details;
mod lead;
mod training;

pub use details::MOST_SUGGESTED;

use crate::answers::Answers;
use crate::metric_format::MetricFormat;

/// Labels that a sentence lists before it counts the rest.
const LISTED: usize = 4;

impl Answers {
    /// The answer in at most five sentences, the shortest form of it first.
    pub fn sentences(&self) -> Vec<String> {
        let words = Words::of(self);
        let Some(lead) = lead::lead(&words) else {
            return vec![lead::without_result(&words)];
        };
        let sentences = [
            Some(lead),
            certainty::certainty(&words),
            training::training(&words),
            baseline::baseline(&words),
            axes::what_matters(&words),
        ];
        sentences.into_iter().flatten().collect()
    }

    /// What is worth knowing beyond the answer: how many more runs would tell, interactions,
    /// trends, and where the noise is.
    pub fn details(&self) -> Vec<String> {
        let words = Words::of(self);
        if self.standings.is_empty() {
            return Vec::new();
        }
        details::details(&words)
    }
}

/// The answers with the rules for writing them.
struct Words<'a> {
    answers: &'a Answers,
    metric: MetricFormat,
}

impl<'a> Words<'a> {
    fn of(answers: &'a Answers) -> Words<'a> {
        Words {
            answers,
            metric: MetricFormat::from(&answers.metric),
        }
    }

    fn label(&self, rank: usize) -> &'a str {
        &self.answers.standings[rank].label
    }

    /// Labels of ranks: `A, B and C`, or `A, B, C, D and 5 more`.
    fn labels(&self, ranks: &[usize]) -> String {
        let labels: Vec<&str> = ranks.iter().map(|rank| self.label(*rank)).collect();
        list(&labels)
    }

    /// The fewest and the most runs of any configuration with a result: `3 seeds`, or
    /// `2 to 3 seeds`.
    fn runs(&self) -> String {
        let counts = self.answers.standings.iter().map(|s| s.runs);
        let least = counts.clone().min().unwrap_or(0);
        let most = counts.max().unwrap_or(0);
        match least < most {
            true => format!("{least} to {}", self.answers.unit.count(most)),
            false => self.answers.unit.count(most),
        }
    }

    /// Whether no configuration has more than one run.
    fn has_single_runs(&self) -> bool {
        self.answers.standings.iter().all(|s| s.runs < 2)
    }

    /// A difference with its interval: `1.20 percentage points (95 % interval 0.40 to 2.00)`. The
    /// difference is turned so that it is positive.
    fn difference(&self, difference: f64, interval: Option<(f64, f64)>) -> String {
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

/// `A`, `A and B`, `A, B and C`, `A, B, C, D and 5 more`.
fn list(labels: &[&str]) -> String {
    let (listed, more) = match labels.len() > LISTED {
        true => (&labels[..LISTED], Some(labels.len() - LISTED)),
        false => (labels, None),
    };
    match (listed, more) {
        (_, Some(more)) => format!("{} and {more} more", listed.join(", ")),
        ([], None) => String::new(),
        ([one], None) => (*one).to_string(),
        ([first @ .., last], None) => format!("{} and {last}", first.join(", ")),
    }
}

/// `1 other configuration`, `5 other configurations`.
fn others(count: usize) -> String {
    match count {
        1 => "1 other configuration".into(),
        n => format!("{n} other configurations"),
    }
}
