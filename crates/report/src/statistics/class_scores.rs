//! Precision, recall and F1 of each class from a confusion matrix.

/// Precision, recall and F1 of one class; `None` if undefined because the class was never
/// predicted or has no images.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ClassScore {
    /// Share of the images predicted as this class that belong to it.
    pub precision: Option<f64>,
    /// Share of the images of this class that were predicted as it.
    pub recall: Option<f64>,
    /// Harmonic mean of the two; 0 if no image was classified correctly.
    pub f1: f64,
    /// Images of this class.
    pub images: u64,
}

/// Scores of each class from `confusion[true][predicted]` counts.
pub fn class_scores(confusion: &[Vec<u64>]) -> Vec<ClassScore> {
    (0..confusion.len())
        .map(|class| class_score(confusion, class))
        .collect()
}

/// Macro F1: the mean of F1 over the classes, 0 to 1. The order of the scores may change its last
/// bits.
pub fn macro_f1<'a>(scores: impl ExactSizeIterator<Item = &'a ClassScore>) -> f64 {
    let classes = scores.len().max(1) as f64;
    scores.map(|score| score.f1).sum::<f64>() / classes
}

fn class_score(confusion: &[Vec<u64>], class: usize) -> ClassScore {
    let correct = confusion[class].get(class).copied().unwrap_or(0);
    let images: u64 = confusion[class].iter().sum();
    let predicted: u64 = confusion.iter().filter_map(|row| row.get(class)).sum();
    let f1 = if images + predicted == 0 {
        0.0
    } else {
        2.0 * correct as f64 / (images + predicted) as f64
    };
    ClassScore {
        precision: share(correct, predicted),
        recall: share(correct, images),
        f1,
        images,
    }
}

fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    fn near(a: Option<f64>, b: Option<f64>) -> bool {
        match (a, b) {
            (Some(a), Some(b)) => (a - b).abs() < 1e-12,
            (a, b) => a == b,
        }
    }

    /// Against `tests/vectors/metrics.py` (scikit-learn): quotients of the same counts.
    #[test]
    fn scores_agree_with_scikit_learn() {
        let path = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../tests/vectors/metrics.json"
        );
        let text = std::fs::read_to_string(path).expect("the vectors are kept");
        let cases: Value = serde_json::from_str(&text).expect("JSON");
        for case in cases.as_array().expect("cases") {
            check_case(case);
        }
    }

    fn check_case(case: &Value) {
        let counts: Vec<Vec<u64>> =
            serde_json::from_value(case["confusion"].clone()).expect("counts");
        let column = |key: &str| -> Vec<Option<f64>> {
            serde_json::from_value(case["per_class"][key].clone()).expect("numbers")
        };
        let (precision, recall) = (column("precision"), column("recall"));
        let (f1, images) = (column("f1"), column("images"));
        for (i, score) in class_scores(&counts).iter().enumerate() {
            assert!(near(score.precision, precision[i]), "{i}: {score:?}");
            assert!(near(score.recall, recall[i]), "{i}: {score:?}");
            // scikit-learn leaves F1 undefined without precision and recall; here it is 0.
            let f1 = f1[i].or(Some(0.0));
            assert!(near(Some(score.f1), f1), "{i}: {score:?}");
            assert_eq!(Some(score.images as f64), images[i]);
        }
    }

    #[test]
    fn scores_of_a_small_matrix() {
        let scores = class_scores(&[vec![8, 2, 0], vec![4, 6, 0], vec![0, 0, 0]]);
        assert!(near(scores[0].precision, Some(8.0 / 12.0)));
        assert!(near(scores[0].recall, Some(0.8)));
        assert!(near(Some(scores[1].f1), Some(2.0 * 0.75 * 0.6 / 1.35)));
        let mean = (16.0 / 22.0 + 12.0 / 18.0) / 3.0;
        assert!(near(Some(macro_f1(scores.iter())), Some(mean)));
        let empty = scores[2];
        assert_eq!(
            (empty.precision, empty.recall, empty.images),
            (None, None, 0)
        );
    }
}
