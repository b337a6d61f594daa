//! A prediction with its classes in their order.

use convsweep_spec::inference::Prediction;
use std::cmp::Ordering;

/// What was predicted for an image.
#[derive(Clone, Debug, PartialEq)]
pub enum RankedPrediction {
    /// Every class with its probability, the most probable first; of equal ones the first.
    Classified(Vec<(usize, f32)>),
    /// The file is no image that can be read; why, phrased to follow its name.
    Unreadable(String),
}

impl RankedPrediction {
    /// Puts the classes in their order.
    pub fn new(prediction: Prediction) -> RankedPrediction {
        let probabilities = match prediction {
            Prediction::Classified(probabilities) => probabilities,
            Prediction::Unreadable(problem) => return RankedPrediction::Unreadable(problem),
        };
        let mut classes: Vec<(usize, f32)> = probabilities.into_iter().enumerate().collect();
        classes.sort_by(|(_, a), (_, b)| b.partial_cmp(a).unwrap_or(Ordering::Equal));
        RankedPrediction::Classified(classes)
    }

    /// The most probable class, and its probability.
    pub fn first(&self) -> Option<(usize, f32)> {
        self.classes().first().copied()
    }

    /// Every class with its probability, the most probable first; none if the file is unreadable.
    pub fn classes(&self) -> &[(usize, f32)] {
        match self {
            RankedPrediction::Classified(classes) => classes,
            RankedPrediction::Unreadable(_) => &[],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_probable_class_is_first() {
        let ranked = |probabilities: &[f32]| {
            RankedPrediction::new(Prediction::Classified(probabilities.to_vec()))
        };
        let classes = [(1, 0.7), (0, 0.25), (2, 0.05)];
        assert_eq!(ranked(&[0.25, 0.7, 0.05]).classes(), classes);
        assert_eq!(
            ranked(&[0.5, 0.5]).first(),
            Some((0, 0.5)),
            "of equal ones the first"
        );
        let unreadable = RankedPrediction::new(Prediction::Unreadable("is cut".into()));
        assert_eq!(unreadable.first(), None);
    }
}
