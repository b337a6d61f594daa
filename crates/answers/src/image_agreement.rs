//! Two configurations on the same images: whether they are the same, and on which of them most of
//! the networks of one are right and most of the other's wrong.

use crate::results::{ConfigurationResults, RunResult, ValidationResult};
use convsweep_spec::data::{Copies, Damaged, DataSpec, EmptyClasses};
use convsweep_statistics::mcnemar::{McNemar, mcnemar};
use serde::Serialize;
use std::collections::BTreeSet;

/// How the validation images of two configurations relate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ImageRelation {
    /// They are the same ones. Size and channels may differ, choice and order do not.
    Same,
    /// They are from another image set, or its content is another.
    OtherSet,
    /// They are from the same image set, but from another subset of it.
    OtherSubset,
    /// They are from the same subset, which is split in another way.
    OtherSplit,
}

/// How the validation images of two configurations relate; each is given by its resolved `[data]`
/// and the content hash of its image set.
pub fn image_relation(a: (&DataSpec, &str), b: (&DataSpec, &str)) -> ImageRelation {
    let ((x, first_hash), (y, second_hash)) = (a, b);
    if first_hash != second_hash || x.source != y.source {
        ImageRelation::OtherSet
    } else if subset(x) != subset(y) {
        ImageRelation::OtherSubset
    } else if x.split != y.split {
        ImageRelation::OtherSplit
    } else {
        ImageRelation::Same
    }
}

impl ConfigurationResults {
    /// How its validation images relate to those of another configuration.
    pub fn image_relation(&self, other: &ConfigurationResults) -> ImageRelation {
        image_relation(
            (&self.resolved.data, &self.data_hash),
            (&other.resolved.data, &other.data_hash),
        )
    }
}

/// What decides which images of a set are used.
fn subset(data: &DataSpec) -> (Option<u32>, Damaged, EmptyClasses, Copies) {
    (
        data.limit,
        data.damaged,
        data.empty_classes,
        data.duplicates,
    )
}

/// Two configurations image by image, over all their runs. A fold counts for itself, with the runs
/// that validate on it; only folds that both have are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct ImageAgreement {
    /// Runs of each that were compared.
    pub runs: (usize, usize),
    /// Validation images.
    pub images: usize,
    /// Images that most runs of the first classify correctly, and most runs of the other wrongly.
    pub only_first: usize,
    /// The other way round.
    pub only_second: usize,
    /// Images that most runs of both classify correctly.
    pub both: usize,
    /// Images that most runs of both classify wrongly. On all other images, half the runs of
    /// one are
    /// right.
    pub neither: usize,
}

/// The agreement of two configurations that validate on the same images; `None` unless runs of both
/// kept which images were right.
pub fn image_agreement(
    a: &ConfigurationResults,
    b: &ConfigurationResults,
) -> Option<ImageAgreement> {
    let folds: BTreeSet<Option<u32>> = a.runs.iter().map(|run| run.fold).collect();
    let mut agreement = ImageAgreement {
        runs: (0, 0),
        images: 0,
        only_first: 0,
        only_second: 0,
        both: 0,
        neither: 0,
    };
    for fold in folds {
        let (first, second) = (kept(a, fold), kept(b, fold));
        let sets = first.iter().chain(&second);
        let images: BTreeSet<u32> = sets.map(|validation| validation.images).collect();
        if first.is_empty() || second.is_empty() || images.len() != 1 {
            continue;
        }
        agreement.runs.0 += first.len();
        agreement.runs.1 += second.len();
        for image in 0..first[0].images as usize {
            agreement.count(majority(&first, image), majority(&second, image));
        }
    }
    (agreement.images > 0).then_some(agreement)
}

/// McNemar's test of two runs that validate on the same images; `None` unless both kept which were
/// right.
pub fn compare_networks(a: &RunResult, b: &RunResult) -> Option<McNemar> {
    let (first, second) = (a.validation.as_ref()?, b.validation.as_ref()?);
    let is_comparable = a.fold == b.fold
        && first.images == second.images
        && !first.correct.is_empty()
        && first.correct.len() == second.correct.len();
    if !is_comparable {
        return None;
    }
    let (mut only_first, mut only_second) = (0, 0);
    for (x, y) in first.correct.iter().zip(&second.correct) {
        only_first += u64::from((x & !y).count_ones());
        only_second += u64::from((y & !x).count_ones());
    }
    Some(mcnemar(only_first, only_second))
}

impl ImageAgreement {
    /// Counts an image by what most runs of either say of it; `None` where half are right.
    fn count(&mut self, first: Option<bool>, second: Option<bool>) {
        self.images += 1;
        match (first, second) {
            (Some(true), Some(false)) => self.only_first += 1,
            (Some(false), Some(true)) => self.only_second += 1,
            (Some(true), Some(true)) => self.both += 1,
            (Some(false), Some(false)) => self.neither += 1,
            (None, _) | (_, None) => {}
        }
    }
}

/// The evaluations of a fold that kept which images were right.
fn kept(configuration: &ConfigurationResults, fold: Option<u32>) -> Vec<&ValidationResult> {
    let runs = configuration.runs.iter().filter(|run| run.fold == fold);
    runs.filter_map(|run| run.validation.as_ref())
        .filter(|validation| !validation.correct.is_empty())
        .collect()
}

/// Whether most of the runs classify an image correctly.
fn majority(runs: &[&ValidationResult], image: usize) -> Option<bool> {
    let is_right = |run: &&&ValidationResult| run.is_correct(image);
    let right = runs.iter().filter(is_right).count();
    (2 * right != runs.len()).then_some(2 * right > runs.len())
}
