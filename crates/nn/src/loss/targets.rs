//! What the images of a batch should be classified as, and how much that counts.

use convsweep_spec::train::{ClassWeights, Loss};

/// The loss that training minimises, with the classes' weights.
#[derive(Clone, Debug)]
pub struct Objective {
    classes: usize,
    smoothing: f64,
    focal: f64,
    weights: Option<Vec<f64>>,
}

/// The classes that the images of a batch should be given.
#[derive(Clone, Debug)]
pub struct Targets {
    /// True classes; for a mixture of two, the class with the larger share.
    pub(super) labels: Vec<u16>,
    /// `[images, classes]`: target probabilities times class weights.
    pub(super) rows: Vec<f32>,
    pub(super) focal: f64,
}

/// A second class for every image of a batch, and the share of the first.
#[derive(Clone, Debug)]
pub struct Mixture {
    /// Share of the image's own class, from 0 to 1.
    pub share: f64,
    /// For each image the class that it is mixed with.
    pub others: Vec<u16>,
}

impl Objective {
    /// The objective of a job whose training images have these labels.
    pub fn new(loss: &Loss, classes: usize, labels: &[u16]) -> Self {
        let weights = loss.class_weights.as_ref().map(|weights| match weights {
            ClassWeights::Given(weights) => weights.clone(),
            ClassWeights::Balanced => balanced(classes, labels),
        });
        Objective {
            classes,
            smoothing: loss.label_smoothing,
            focal: loss.focal,
            weights,
        }
    }

    /// Targets for images of these classes, which may be mixed with others.
    ///
    /// Panics if a label is not below the number of classes.
    pub fn targets(&self, labels: &[u16], mixture: Option<&Mixture>) -> Targets {
        let share = mixture.map_or(1.0, |mixture| mixture.share);
        let mut larger = Vec::with_capacity(labels.len());
        let mut rows = Vec::with_capacity(labels.len() * self.classes);
        let mut row = vec![0.0f64; self.classes];
        for (i, &label) in labels.iter().enumerate() {
            row.fill(0.0);
            row[usize::from(label)] += share;
            let other = mixture.map(|mixture| mixture.others[i]);
            if let Some(other) = other {
                row[usize::from(other)] += 1.0 - share;
            }
            larger.push(other.filter(|_| share < 0.5).unwrap_or(label));
            for (class, &target) in row.iter().enumerate() {
                rows.push(self.smoothed_and_weighted(target, class) as f32);
            }
        }
        Targets {
            labels: larger,
            rows,
            focal: self.focal,
        }
    }

    fn smoothed_and_weighted(&self, target: f64, class: usize) -> f64 {
        let smoothed = target * (1.0 - self.smoothing) + self.smoothing / self.classes as f64;
        let weight = match &self.weights {
            Some(weights) => weights.get(class).copied().unwrap_or(1.0),
            None => 1.0,
        };
        smoothed * weight
    }
}

/// The weight of a class is images / (classes · images of the class), or 0 if it has no images.
fn balanced(classes: usize, labels: &[u16]) -> Vec<f64> {
    let mut counts = vec![0u64; classes];
    for &label in labels {
        counts[usize::from(label)] += 1;
    }
    let mut weights = Vec::with_capacity(classes);
    for count in counts {
        weights.push(match count {
            0 => 0.0,
            n => labels.len() as f64 / (classes as f64 * n as f64),
        });
    }
    weights
}

impl Targets {
    /// Targets of one class for each image, under the plain cross-entropy.
    pub fn plain(labels: &[u16], classes: usize) -> Self {
        Objective::new(&Loss::default(), classes, &[]).targets(labels, None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mixtures_and_balanced_weights() {
        let loss = Loss {
            class_weights: Some(ClassWeights::Balanced),
            ..Loss::default()
        };
        let objective = Objective::new(&loss, 2, &[0, 0, 0, 1]);
        let mixture = Mixture {
            share: 0.25,
            others: vec![1, 0],
        };
        let targets = objective.targets(&[0, 0], Some(&mixture));
        let [rare, common] = [4.0 / 2.0, 4.0 / 6.0];
        let expected = [0.25 * common, 0.75 * rare, common, 0.0].map(|x: f64| x as f32);
        assert_eq!(
            (targets.rows.as_slice(), targets.labels.as_slice()),
            (expected.as_slice(), [1u16, 0].as_slice())
        );
    }
}
