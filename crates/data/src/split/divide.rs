//! Divides training images into rows that train and rows that validate.

use super::proportional::{choose, grouped};
use crate::DataError;
use convsweep_spec::data::{DataSpec, SplitScheme};
use convsweep_spec::random::{Purpose, shuffled};
use convsweep_spec::words::counted;

/// Rows that train and rows that validate.
#[derive(Debug, PartialEq)]
pub(super) struct Divided {
    pub(super) train: Vec<u32>,
    pub(super) validation: Vec<u32>,
}

/// Divides the images with these labels; both lists ascend.
pub(super) fn divide(
    labels: &[u16],
    spec: &DataSpec,
    fold: Option<u32>,
) -> Result<Divided, DataError> {
    let rows = limited(labels, spec)?;
    let count = rows.len();
    let mut divided = match (&spec.split.scheme, fold) {
        (&SplitScheme::Validation(share), None) => by_share(labels, spec, rows, share)?,
        (&SplitScheme::Folds(folds), Some(fold)) => by_fold(labels, spec, rows, folds, fold)?,
        (SplitScheme::Listed(listed), None) => by_list(labels, rows, listed)?,
        (SplitScheme::Validation(_) | SplitScheme::Listed(_), Some(fold)) => {
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
fn limited(labels: &[u16], spec: &DataSpec) -> Result<Vec<u32>, DataError> {
    let all: Vec<u32> = (0..labels.len() as u32).collect();
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
    let (kept, _) = choose(grouped(labels, all, true), limit as usize, shuffle);
    Ok(kept)
}

fn by_share(
    labels: &[u16],
    spec: &DataSpec,
    rows: Vec<u32>,
    share: f64,
) -> Result<Divided, DataError> {
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
    let groups = grouped(labels, rows, spec.split.stratify);
    let (validation, train) = choose(groups, wanted, |rows| split_order(spec, rows));
    Ok(Divided { train, validation })
}

fn by_fold(
    labels: &[u16],
    spec: &DataSpec,
    rows: Vec<u32>,
    folds: u32,
    fold: u32,
) -> Result<Divided, DataError> {
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
    let (mut train, mut validation) = (Vec::new(), Vec::new());
    let mut next_fold = 0;
    // Rows are dealt out like cards, class after class, so that every fold gets its share of each.
    for group in grouped(labels, rows, spec.split.stratify) {
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

fn by_list(labels: &[u16], rows: Vec<u32>, listed: &str) -> Result<Divided, DataError> {
    let Some(listed) = SplitScheme::rows(listed) else {
        return invalid("split.file: the recorded rows are damaged".into());
    };
    if let Some(row) = listed.iter().find(|row| **row as usize >= labels.len()) {
        return invalid(format!(
            "split.file names row {row}, but there are {} training images",
            labels.len()
        ));
    }
    let is_listed = |row: &u32| listed.binary_search(row).is_ok();
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

fn invalid<T>(message: String) -> Result<T, DataError> {
    Err(DataError::Invalid(message))
}
