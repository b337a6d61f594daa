//! How many images of each class are in each part.

use super::{Divided, Divisible, divide};
use crate::data::{DataFacts, DataSpec, SetReading};

/// Images of each class in each part of a split, by label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClassCounts {
    /// Images that the network learns from.
    pub training: Vec<u32>,
    /// Images that decisions are based on.
    pub validation: Vec<u32>,
    /// Sealed test images.
    pub test: Vec<u32>,
}

impl ClassCounts {
    /// The counts of a set whose folder or table was read, split as `spec` says.
    ///
    /// # Errors
    /// As [`divide()`].
    pub fn of(
        facts: &DataFacts,
        reading: &SetReading,
        spec: &DataSpec,
        fold: Option<u32>,
    ) -> Result<ClassCounts, String> {
        let divided = divided(facts, reading, spec, fold)?;
        let test: Vec<u32> = (facts.train_images..reading.labels.len() as u32).collect();
        let count = |rows: &[u32]| {
            let mut counts = vec![0; facts.classes.len()];
            for row in rows {
                counts[usize::from(reading.labels[*row as usize])] += 1;
            }
            counts
        };
        Ok(ClassCounts {
            training: count(&divided.train),
            validation: count(&divided.validation),
            test: count(&test),
        })
    }
}

/// The images of a set whose folder or table was read, divided as `spec` says.
///
/// # Errors
/// As [`divide()`].
pub fn divided(
    facts: &DataFacts,
    reading: &SetReading,
    spec: &DataSpec,
    fold: Option<u32>,
) -> Result<Divided, String> {
    let images = Divisible {
        labels: &reading.labels[..facts.train_images as usize],
        given: facts.validation_images,
        training_only: &reading.training_only(spec.duplicates, facts.train_images),
    };
    divide(images, spec, fold)
}
