//! What was read of an image set, as a revision records it.

use crate::data::{DataFacts, DataSpec, LeftOut, ReadPlace};
use crate::id::ConfigurationId;
use crate::split::ClassCounts;
use serde::{Deserialize, Serialize};

/// What was read of a folder or table of images when the plan was recorded.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RecordedSet {
    /// Content hash of the set.
    pub data_hash: String,
    /// Absolute path of the set's folder or file.
    pub path: String,
    /// The configurations that use it so; empty if all of the revision do.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub configurations: Vec<ConfigurationId>,
    /// Where images were found, and what they are for.
    pub places: Vec<ReadPlace>,
    /// What was not used, one entry for each reason.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<LeftOut>,
    /// What else a person should know, such as copies of images in two parts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// Images of each class, by label; of folds, those of the first one.
    pub classes: Vec<ClassImages>,
}

/// Number of images of a class in each part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClassImages {
    /// Name of the class.
    pub class: String,
    /// Images that the network learns from.
    pub training: u32,
    /// Images that decisions are based on.
    pub validation: u32,
    /// Sealed test images.
    pub test: u32,
}

impl RecordedSet {
    /// What was read of the set at `path`, which is split as `spec` says. `notes` are what the plan
    /// says of the set besides what was left out. `None` for sets that no folder or table was read
    /// for.
    pub fn of(
        facts: &DataFacts,
        spec: &DataSpec,
        path: String,
        notes: &[String],
    ) -> Option<RecordedSet> {
        let reading = facts.reading.as_deref()?;
        let first_fold = spec.split.folds().map(|_| 0);
        // A set that cannot be divided is refused before its plan is recorded.
        let counts = ClassCounts::of(facts, reading, spec, first_fold).ok()?;
        let classes = facts.classes.iter().enumerate();
        let classes = classes.map(|(label, class)| ClassImages {
            class: class.clone(),
            training: counts.training[label],
            validation: counts.validation[label],
            test: counts.test[label],
        });
        Some(RecordedSet {
            data_hash: facts.hash.clone(),
            path,
            configurations: vec![],
            places: reading.places.clone(),
            left_out: reading.left_out.clone(),
            notes: notes.to_vec(),
            classes: classes.collect(),
        })
    }
}
