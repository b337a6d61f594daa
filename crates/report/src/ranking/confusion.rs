//! The confusion matrix of the chosen configuration.

use super::{RankedConfiguration, Ranking};
use convsweep_spec::event::Part;
use convsweep_store::EvaluationRow;
use std::cmp::Reverse;

/// Counts over all runs of a configuration.
#[derive(Clone, Debug, PartialEq)]
pub struct ConfusionMatrix {
    /// Which images were classified.
    pub part: Part,
    /// Class names, by label.
    pub classes: Vec<String>,
    /// `counts[true][predicted]`, summed over the runs.
    pub counts: Vec<Vec<u64>>,
    /// Number of runs.
    pub runs: usize,
}

/// A pair of classes that were mistaken for each other.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FrequentMistake {
    /// True class.
    pub label: usize,
    /// Predicted class.
    pub predicted: usize,
    /// Share of the images of the true class, 0 to 1.
    pub share: f64,
}

/// Two classes, images of which were taken for the other.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ConfusedPair {
    /// The classes; more images of the first were taken for the second than the other way round.
    pub classes: [usize; 2],
    /// Number of images of either class that were taken for the other.
    pub count: u64,
}

impl ConfusionMatrix {
    /// Of the chosen configuration: on the test images if all its runs were evaluated there, else
    /// on the validation images.
    pub fn of_best(ranking: &Ranking) -> Option<ConfusionMatrix> {
        let best = ranking.best()?;
        let (part, evaluations) = match evaluations(best, Part::Test) {
            Some(evaluations) => (Part::Test, evaluations),
            None => (Part::Validation, evaluations(best, Part::Validation)?),
        };
        let counts = summed(&evaluations);
        let names = &ranking.revision.classes;
        Some(ConfusionMatrix {
            part,
            classes: (0..counts.len()).map(|i| class_name(names, i)).collect(),
            counts,
            runs: evaluations.len(),
        })
    }

    /// Share of the images of true class `label` that were predicted as `predicted`, 0 to 1.
    pub fn share(&self, label: usize, predicted: usize) -> f64 {
        let images: u64 = self.counts[label].iter().sum();
        if images == 0 {
            0.0
        } else {
            self.counts[label][predicted] as f64 / images as f64
        }
    }

    /// The most confused pairs of classes, the worst first.
    pub fn pairs(&self, most: usize) -> Vec<ConfusedPair> {
        let mut pairs = Vec::new();
        for a in 0..self.classes.len() {
            for b in a + 1..self.classes.len() {
                let (there, back) = (self.counts[a][b], self.counts[b][a]);
                if there + back > 0 {
                    pairs.push(ConfusedPair {
                        classes: if there >= back { [a, b] } else { [b, a] },
                        count: there + back,
                    });
                }
            }
        }
        // Stable, so that equal counts stay in the order of the classes.
        pairs.sort_by_key(|pair| Reverse(pair.count));
        pairs.truncate(most);
        pairs
    }

    /// The most frequent mistakes, the worst first.
    pub fn mistakes(&self, most: usize) -> Vec<FrequentMistake> {
        let mut mistakes = Vec::new();
        for (label, row) in self.counts.iter().enumerate() {
            for (predicted, &count) in row.iter().enumerate() {
                if label != predicted && count > 0 {
                    mistakes.push(FrequentMistake {
                        label,
                        predicted,
                        share: self.share(label, predicted),
                    });
                }
            }
        }
        // Stable, so that equal shares stay in the order of the classes.
        mistakes.sort_by(|a, b| b.share.total_cmp(&a.share));
        mistakes.truncate(most);
        mistakes
    }
}

/// The evaluations of all finished runs; `None` unless each has one with its confusion matrix.
fn evaluations<'a>(
    configuration: &RankedConfiguration<'a>,
    part: Part,
) -> Option<Vec<&'a EvaluationRow>> {
    let mut found = Vec::new();
    for run in configuration.finished() {
        let evaluation = match part {
            Part::Test => run.job.test.as_ref()?,
            Part::Validation => run.job.validation.as_ref()?,
        };
        if evaluation.confusion.is_empty() {
            return None;
        }
        found.push(evaluation);
    }
    (!found.is_empty()).then_some(found)
}

fn summed(evaluations: &[&EvaluationRow]) -> Vec<Vec<u64>> {
    let classes = evaluations.first().map_or(0, |e| e.confusion.len());
    let mut counts = vec![vec![0u64; classes]; classes];
    for evaluation in evaluations {
        for (row, sums) in evaluation.confusion.iter().zip(&mut counts) {
            for (count, sum) in row.iter().zip(sums) {
                *sum += u64::from(*count);
            }
        }
    }
    counts
}

/// Name of a class, or its number if the revision does not name it.
pub fn class_name(names: &[String], class: usize) -> String {
    match names.get(class) {
        Some(name) => name.clone(),
        None => class.to_string(),
    }
}
