//! Scores of a classified part, as scikit-learn defines them.

use crate::evaluate::Judged;
use convsweep_spec::metric;

/// Bins of the calibration error.
const BINS: usize = 15;

/// Every validation metric beside loss and accuracy, by name.
pub(crate) fn scores(judged: &Judged, classes: usize) -> Vec<(&'static str, f64)> {
    let counts = Counts::of(judged, classes);
    let of_classes =
        |score: &dyn Fn(usize) -> f64| (0..classes).map(score).sum::<f64>() / classes as f64;
    let images = judged.labels.len() as f64;
    let weighted = (0..classes)
        .map(|c| counts.f1(c) * counts.of_class[c])
        .sum::<f64>()
        / images;
    let recalls: Vec<f64> = (0..classes)
        .filter(|&c| counts.of_class[c] > 0.0)
        .map(|c| counts.recall(c))
        .collect();
    vec![
        (metric::VAL_TOP5_ACCURACY, top(5, judged, classes)),
        (
            metric::VAL_MACRO_PRECISION,
            of_classes(&|c| counts.precision(c)),
        ),
        (metric::VAL_MACRO_F1, of_classes(&|c| counts.f1(c))),
        (metric::VAL_WEIGHTED_F1, weighted),
        (
            metric::VAL_BALANCED_ACCURACY,
            recalls.iter().sum::<f64>() / recalls.len() as f64,
        ),
        (metric::VAL_ROC_AUC, roc_auc(judged, classes)),
        (
            metric::VAL_CALIBRATION_ERROR,
            calibration_error(judged, classes),
        ),
    ]
}

/// Numbers of images, class by class.
struct Counts {
    right: Vec<f64>,
    of_class: Vec<f64>,
    called: Vec<f64>,
}

impl Counts {
    fn of(judged: &Judged, classes: usize) -> Counts {
        let mut counts = Counts {
            right: vec![0.0; classes],
            of_class: vec![0.0; classes],
            called: vec![0.0; classes],
        };
        for (&label, &predicted) in judged.labels.iter().zip(&judged.predicted) {
            counts.of_class[usize::from(label)] += 1.0;
            counts.called[usize::from(predicted)] += 1.0;
            counts.right[usize::from(label)] += f64::from(u8::from(label == predicted));
        }
        counts
    }

    fn precision(&self, class: usize) -> f64 {
        share(self.right[class], self.called[class])
    }

    fn recall(&self, class: usize) -> f64 {
        share(self.right[class], self.of_class[class])
    }

    fn f1(&self, class: usize) -> f64 {
        share(
            2.0 * self.right[class],
            self.called[class] + self.of_class[class],
        )
    }
}

/// 0 of nothing.
fn share(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { part / whole } else { 0.0 }
}

/// Share of images of which fewer than `k` other classes are more probable than the true one.
fn top(k: usize, judged: &Judged, classes: usize) -> f64 {
    let rows = judged
        .probabilities
        .chunks_exact(classes)
        .zip(&judged.labels);
    let within =
        |row: &[f32], label: u16| row.iter().filter(|p| **p > row[usize::from(label)]).count() < k;
    rows.filter(|(row, label)| within(row, **label)).count() as f64 / judged.labels.len() as f64
}

/// Mean over the classes that have images, and not all of them, of the probability that an image of
/// the class has a higher probability of it than another image, equal ones counted half.
fn roc_auc(judged: &Judged, classes: usize) -> f64 {
    let areas: Vec<f64> = (0..classes)
        .filter_map(|class| class_auc(judged, classes, class))
        .collect();
    areas.iter().sum::<f64>() / areas.len() as f64
}

fn class_auc(judged: &Judged, classes: usize, class: usize) -> Option<f64> {
    let rows = judged
        .probabilities
        .chunks_exact(classes)
        .zip(&judged.labels);
    let mut sorted: Vec<(f32, bool)> = rows
        .map(|(row, label)| (row[class], usize::from(*label) == class))
        .collect();
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mut below, mut pairs) = (0.0, 0.0);
    for equal in sorted.chunk_by(|a, b| a.0 == b.0) {
        let own = equal.iter().filter(|(_, own)| *own).count() as f64;
        let others = equal.len() as f64 - own;
        pairs += own * (below + others / 2.0);
        below += others;
    }
    let all = (sorted.len() as f64 - below) * below;
    (all > 0.0).then(|| pairs / all)
}

/// Mean over equal bins of the largest probability, weighted by images, of the distance between
/// mean probability and accuracy.
fn calibration_error(judged: &Judged, classes: usize) -> f64 {
    let mut bins = [[0.0f64; 2]; BINS];
    let rows = judged.probabilities.chunks_exact(classes);
    for ((row, &label), &predicted) in rows.zip(&judged.labels).zip(&judged.predicted) {
        let confidence = f64::from(row[usize::from(predicted)]);
        let bin = ((confidence * BINS as f64).ceil() as usize).clamp(1, BINS) - 1;
        bins[bin][0] += confidence;
        bins[bin][1] += f64::from(u8::from(label == predicted));
    }
    bins.iter()
        .map(|[confidence, right]| (confidence - right).abs())
        .sum::<f64>()
        / judged.labels.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    /// Against `tests/vectors/metrics.py` (scikit-learn) on the same f32 probabilities; both sum in
    /// f64: 1e-9.
    #[test]
    fn scores_are_scikit_learns() {
        let path = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../tests/vectors/metrics.json"
        );
        let cases: Value =
            serde_json::from_str(&std::fs::read_to_string(path).expect("kept")).expect("JSON");
        for case in cases.as_array().expect("cases") {
            let numbers = |key: &str| -> Vec<f64> {
                case[key]
                    .as_array()
                    .expect("a list")
                    .iter()
                    .map(|v| v.as_f64().expect("a number"))
                    .collect()
            };
            let classes = case["classes"].as_u64().expect("a number") as usize;
            let mut judged = Judged {
                labels: numbers("labels").into_iter().map(|v| v as u16).collect(),
                probabilities: numbers("probabilities")
                    .into_iter()
                    .map(|v| v as f32)
                    .collect(),
                ..Judged::default()
            };
            let largest = |row: &[f32]| {
                (1..classes).fold(0, |best, i| if row[i] > row[best] { i } else { best })
            };
            judged.predicted = judged
                .probabilities
                .chunks_exact(classes)
                .map(|row| largest(row) as u16)
                .collect();
            for (name, found) in scores(&judged, classes) {
                let expected = case["scores"][name]
                    .as_f64()
                    .unwrap_or_else(|| panic!("{name}"));
                assert!(
                    (found - expected).abs() < 1e-9,
                    "{classes} classes, {name}: {found}, expected {expected}"
                );
            }
        }
    }
}
