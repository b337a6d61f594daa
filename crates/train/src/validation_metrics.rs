//! Validation metrics other than loss and accuracy, as scikit-learn defines them.

use crate::evaluate::Classified;
use convsweep_spec::metric;

/// Bins of the calibration error.
const BINS: usize = 15;

/// Every validation metric except loss and accuracy, by name.
pub(crate) fn validation_metrics(
    classified: &Classified,
    classes: usize,
) -> Vec<(&'static str, f64)> {
    let counts = ClassCounts::of(classified, classes);
    let top5_accuracy = top_k_accuracy(5, classified, classes);
    let f1_scores = counts.f1_scores();
    let weighted = f1_scores.iter().zip(&counts.labelled).map(|(f1, n)| f1 * n);
    let weighted_f1 = weighted.sum::<f64>() / classified.labels.len() as f64;
    let recalls = counts.recalls_of_present_classes();
    let calibration_error = calibration_error(classified, classes);
    vec![
        (metric::VAL_TOP5_ACCURACY, top5_accuracy),
        (metric::VAL_MACRO_PRECISION, mean(&counts.precisions())),
        (metric::VAL_MACRO_F1, mean(&f1_scores)),
        (metric::VAL_WEIGHTED_F1, weighted_f1),
        (metric::VAL_BALANCED_ACCURACY, mean(&recalls)),
        (metric::VAL_ROC_AUC, roc_auc(classified, classes)),
        (metric::VAL_CALIBRATION_ERROR, calibration_error),
    ]
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// Numbers of images for each class.
struct ClassCounts {
    /// Images of the class.
    labelled: Vec<f64>,
    /// Images classified as the class.
    predicted: Vec<f64>,
    /// Images of the class that were classified as it.
    correct: Vec<f64>,
}

impl ClassCounts {
    fn of(classified: &Classified, classes: usize) -> ClassCounts {
        let mut counts = ClassCounts {
            labelled: vec![0.0; classes],
            predicted: vec![0.0; classes],
            correct: vec![0.0; classes],
        };
        for (&label, &predicted) in classified.labels.iter().zip(&classified.predicted) {
            counts.labelled[usize::from(label)] += 1.0;
            counts.predicted[usize::from(predicted)] += 1.0;
            if label == predicted {
                counts.correct[usize::from(label)] += 1.0;
            }
        }
        counts
    }

    fn precisions(&self) -> Vec<f64> {
        let pairs = self.correct.iter().zip(&self.predicted);
        pairs.map(|(correct, all)| ratio(*correct, *all)).collect()
    }

    /// Recalls of the classes that have images.
    fn recalls_of_present_classes(&self) -> Vec<f64> {
        let pairs = self.correct.iter().zip(&self.labelled);
        let present = pairs.filter(|(_, all)| **all > 0.0);
        present
            .map(|(correct, all)| ratio(*correct, *all))
            .collect()
    }

    fn f1_scores(&self) -> Vec<f64> {
        let mut scores = Vec::with_capacity(self.correct.len());
        for class in 0..self.correct.len() {
            let sum = self.predicted[class] + self.labelled[class];
            scores.push(ratio(2.0 * self.correct[class], sum));
        }
        scores
    }
}

/// `part / whole`; 0 if there is nothing to divide by.
fn ratio(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { part / whole } else { 0.0 }
}

/// Share of images for which fewer than `k` classes are more probable than the true one.
fn top_k_accuracy(k: usize, classified: &Classified, classes: usize) -> f64 {
    let rows = classified.probabilities.chunks_exact(classes);
    let mut within = 0;
    for (row, &label) in rows.zip(&classified.labels) {
        let of_label = row[usize::from(label)];
        if row.iter().filter(|p| **p > of_label).count() < k {
            within += 1;
        }
    }
    f64::from(within) / classified.labels.len() as f64
}

/// Area under the ROC curve, one class against the rest: the mean over the classes that some but
/// not all images belong to.
fn roc_auc(classified: &Classified, classes: usize) -> f64 {
    let areas = (0..classes).filter_map(|class| class_auc(classified, classes, class));
    mean(&areas.collect::<Vec<f64>>())
}

/// The probability that an image of the class is given a higher probability of it than an image of
/// another class; ties count half.
fn class_auc(classified: &Classified, classes: usize, class: usize) -> Option<f64> {
    let rows = classified.probabilities.chunks_exact(classes);
    let mut sorted: Vec<(f32, bool)> = Vec::with_capacity(classified.labels.len());
    for (row, label) in rows.zip(&classified.labels) {
        sorted.push((row[class], usize::from(*label) == class));
    }
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mut others_below, mut pairs_won) = (0.0, 0.0);
    for ties in sorted.chunk_by(|a, b| a.0 == b.0) {
        let own = ties.iter().filter(|(_, is_own)| *is_own).count() as f64;
        let others = ties.len() as f64 - own;
        pairs_won += own * (others_below + others / 2.0);
        others_below += others;
    }
    let pairs = (sorted.len() as f64 - others_below) * others_below;
    (pairs > 0.0).then(|| pairs_won / pairs)
}

/// Expected calibration error (Guo et al. 2017): over bins of equal width of the highest
/// probability, the mean distance between probability and accuracy, weighted by images.
fn calibration_error(classified: &Classified, classes: usize) -> f64 {
    let mut bins = [[0.0f64; 2]; BINS];
    let rows = classified.probabilities.chunks_exact(classes);
    let classes = classified.labels.iter().zip(&classified.predicted);
    for (row, (&label, &predicted)) in rows.zip(classes) {
        let confidence = f64::from(row[usize::from(predicted)]);
        let bin = ((confidence * BINS as f64).ceil() as usize).clamp(1, BINS) - 1;
        bins[bin][0] += confidence;
        bins[bin][1] += f64::from(u8::from(label == predicted));
    }
    let distances = bins
        .iter()
        .map(|[confidence, correct]| (confidence - correct).abs());
    distances.sum::<f64>() / classified.labels.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    const VECTORS: &str = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../tests/vectors/metrics.json"
    );

    fn numbers(case: &Value, key: &str) -> Vec<f64> {
        let list = case[key].as_array().expect("a list").iter();
        list.map(|v| v.as_f64().expect("a number")).collect()
    }

    /// The first of the largest.
    fn most_probable(row: &[f32]) -> u16 {
        let mut best = 0;
        for i in 1..row.len() {
            if row[i] > row[best] {
                best = i;
            }
        }
        best as u16
    }

    /// `tests/vectors/metrics.py` computed them from the same f32 probabilities. Both sum in f64:
    /// 1e-9.
    #[test]
    fn metrics_agree_with_scikit_learn() {
        let text = std::fs::read_to_string(VECTORS).expect("kept");
        let cases: Value = serde_json::from_str(&text).expect("JSON");
        for case in cases.as_array().expect("cases") {
            let classes = case["classes"].as_u64().expect("a number") as usize;
            let labels = numbers(case, "labels").into_iter().map(|v| v as u16);
            let probabilities = numbers(case, "probabilities").into_iter().map(|v| v as f32);
            let mut classified = Classified {
                labels: labels.collect(),
                probabilities: probabilities.collect(),
                ..Classified::default()
            };
            let rows = classified.probabilities.chunks_exact(classes);
            classified.predicted = rows.map(most_probable).collect();
            for (name, found) in validation_metrics(&classified, classes) {
                let expected = case["scores"][name].as_f64().expect(name);
                assert!(
                    (found - expected).abs() < 1e-9,
                    "{classes} classes, {name}: {found}, expected {expected}"
                );
            }
        }
    }
}
