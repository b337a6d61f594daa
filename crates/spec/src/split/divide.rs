//! Divides training images into rows that train and rows that validate.

use super::proportional::{choose, grouped};
use crate::data::{DataSpec, SplitScheme};
use crate::random::{Purpose, shuffled};
use crate::words::counted;

/// The images that are divided, by row.
#[derive(Clone, Copy, Debug)]
pub struct Divisible<'a> {
    /// Their labels.
    pub labels: &'a [u16],
    /// How many of the last ones the set itself gives for validation.
    pub given: u32,
    /// Those that are used for training only, ascending.
    pub training_only: &'a [u32],
}

impl<'a> Divisible<'a> {
    /// Images of which the set gives none for validation.
    pub fn new(labels: &'a [u16]) -> Divisible<'a> {
        Divisible {
            labels,
            given: 0,
            training_only: &[],
        }
    }

    fn only_trains(&self, row: u32) -> bool {
        self.training_only.binary_search(&row).is_ok()
    }

    /// Rows that may validate, and those that only train.
    fn separated(&self, rows: Vec<u32>) -> (Vec<u32>, Vec<u32>) {
        rows.into_iter().partition(|row| !self.only_trains(*row))
    }
}

/// Rows that train and rows that validate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Divided {
    /// Those that the network learns from, ascending.
    pub train: Vec<u32>,
    /// Those that decisions are based on, ascending.
    pub validation: Vec<u32>,
}

/// Divides images into those that train and those that validate: a pure function of its arguments.
///
/// `limit` takes its stratified subset first. Shares are rounded to whole images; with `stratify`
/// every class gets its share to within one image. Folds are disjoint, contain every image
/// together, and differ by one image at most.
///
/// # Errors
/// If a subset would be empty, or `fold` is missing, superfluous or too large; in words for the
/// user.
pub fn divide(
    images: Divisible<'_>,
    spec: &DataSpec,
    fold: Option<u32>,
) -> Result<Divided, String> {
    if images.given > 0 && spec.split.scheme != SplitScheme::Given {
        return Err("the set gives validation images of its own".into());
    }
    let rows = limited(images, spec)?;
    let count = rows.len();
    let mut divided = match (&spec.split.scheme, fold) {
        (&SplitScheme::Validation(share), None) => by_share(images, spec, rows, share)?,
        (&SplitScheme::Folds(folds), Some(fold)) => by_fold(images, spec, rows, folds, fold)?,
        (SplitScheme::Listed(listed), None) => by_list(images, rows, listed)?,
        (SplitScheme::Given, None) => as_given(images, rows)?,
        (SplitScheme::Validation(_) | SplitScheme::Listed(_) | SplitScheme::Given, Some(fold)) => {
            return invalid(format!("fold {fold} of a split without folds"));
        }
        (SplitScheme::Folds(folds), None) => {
            return invalid(format!("which of the {folds} folds?"));
        }
    };
    if divided.train.is_empty() {
        return invalid(format!(
            "of {} none is left to train on",
            counted(count as u64, "image")
        ));
    }
    divided.train.sort_unstable();
    divided.validation.sort_unstable();
    Ok(divided)
}

/// The rows that `limit` keeps: a stratified sample, or all.
/// Validation images that the set gives are not counted.
fn limited(images: Divisible<'_>, spec: &DataSpec) -> Result<Vec<u32>, String> {
    let labels = images.labels;
    let all: Vec<u32> = (0..labels.len() as u32 - images.given).collect();
    let Some(limit) = spec.limit else {
        return Ok(all);
    };
    if limit as usize > all.len() {
        return invalid(format!(
            "data.limit is {limit}, but there are {} training images",
            all.len()
        ));
    }
    let shuffle = |rows| shuffled(Purpose::Limit, &[spec.split.seed], rows);
    let groups = grouped(labels, all, true);
    let most: Vec<usize> = groups.iter().map(Vec::len).collect();
    let (kept, _) = choose(groups, limit as usize, &most, shuffle);
    Ok(kept)
}

fn by_share(
    images: Divisible<'_>,
    spec: &DataSpec,
    rows: Vec<u32>,
    share: f64,
) -> Result<Divided, String> {
    if !(0.0..1.0).contains(&share) {
        return invalid(format!(
            "split.validation is {share}: 0 ≤ share < 1 expected"
        ));
    }
    let count = rows.len();
    let wanted = (share * count as f64).round() as usize;
    if share > 0.0 && wanted == 0 {
        return invalid(format!(
            "split.validation = {share} of {} is not even one",
            counted(count as u64, "image")
        ));
    }
    let (rows, only_train) = images.separated(rows);
    let groups = grouped(images.labels, rows, spec.split.stratify);
    let keeps_one = spec.split.keeps_classes && spec.split.stratify;
    let most = |group: &Vec<u32>| match group.first() {
        Some(row) if keeps_one && !has_class_of(images, &only_train, *row) => group.len() - 1,
        _ => group.len(),
    };
    let most: Vec<usize> = groups.iter().map(most).collect();
    let (validation, mut train) = choose(groups, wanted, &most, |rows| split_order(spec, rows));
    if share > 0.0 && validation.is_empty() {
        return invalid(
            "no image is left for validation, since every class keeps one for training".into(),
        );
    }
    train.extend(only_train);
    Ok(Divided { train, validation })
}

/// Whether one of `rows` has the class of `row`.
fn has_class_of(images: Divisible<'_>, rows: &[u32], row: u32) -> bool {
    let label = |row: u32| images.labels[row as usize];
    rows.iter().any(|other| label(*other) == label(row))
}

/// The set's own validation images, and all others.
fn as_given(images: Divisible<'_>, rows: Vec<u32>) -> Result<Divided, String> {
    let first = images.labels.len() as u32 - images.given;
    let (validation, only_train) = images.separated((first..images.labels.len() as u32).collect());
    if validation.is_empty() {
        return invalid("the set gives no validation images".into());
    }
    let train = [rows, only_train].concat();
    Ok(Divided { train, validation })
}

fn by_fold(
    images: Divisible<'_>,
    spec: &DataSpec,
    rows: Vec<u32>,
    folds: u32,
    fold: u32,
) -> Result<Divided, String> {
    let count = rows.len();
    if folds < 2 || folds as usize > count {
        return invalid(format!(
            "split.folds is {folds}: 2 to {count} (the number of images) expected"
        ));
    }
    if fold >= folds {
        return invalid(format!(
            "there is no fold {fold}: the {folds} folds count from 0"
        ));
    }
    let (rows, mut train) = images.separated(rows);
    let mut validation = Vec::new();
    let mut next_fold = 0;
    // Rows are dealt out like cards, class after class, so that every fold gets its share of each.
    for group in grouped(images.labels, rows, spec.split.stratify) {
        for row in split_order(spec, group) {
            if next_fold == fold {
                validation.push(row);
            } else {
                train.push(row);
            }
            next_fold = (next_fold + 1) % folds;
        }
    }
    Ok(Divided { train, validation })
}

fn by_list(images: Divisible<'_>, rows: Vec<u32>, listed: &str) -> Result<Divided, String> {
    let labels = images.labels;
    let Some(listed) = SplitScheme::rows(listed) else {
        return invalid("split.file: the recorded rows are damaged".into());
    };
    if let Some(row) = listed.iter().find(|row| **row as usize >= labels.len()) {
        return invalid(format!(
            "split.file names row {row}, but there are {} training images",
            labels.len()
        ));
    }
    let is_listed = |row: &u32| listed.binary_search(row).is_ok() && !images.only_trains(*row);
    let (validation, train): (Vec<u32>, Vec<u32>) = rows.into_iter().partition(is_listed);
    if validation.is_empty() {
        return invalid(
            "none of the images that split.file names is among those that data.limit leaves".into(),
        );
    }
    Ok(Divided { train, validation })
}

/// The random order in which rows are assigned to subsets.
fn split_order(spec: &DataSpec, rows: Vec<u32>) -> Vec<u32> {
    shuffled(Purpose::Split, &[spec.split.seed], rows)
}

fn invalid<T>(message: String) -> Result<T, String> {
    Err(message)
}
