//! Which rows train, validate and test, and in which order they train.

use crate::{DataError, ImageSet};
use convsweep_spec::data::{DataSpec, SplitScheme};
use convsweep_spec::event::Part;
use convsweep_spec::random::{Purpose, shuffled};

/// What images of a set are used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subset {
    /// Images that the network learns from; their rows count among the set's training images.
    Training,
    /// Images that choices are made by; their rows count among the set's training images too.
    Validation,
    /// Images that are evaluated once, after training; their rows count among the set's test
    /// images.
    Test,
}

impl From<Part> for Subset {
    fn from(part: Part) -> Subset {
        match part {
            Part::Validation => Subset::Validation,
            Part::Test => Subset::Test,
        }
    }
}

/// Rows of an image set by their use, each list in ascending order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subsets {
    /// Rows of the set's training images that train.
    pub train: Vec<u32>,
    /// Rows of the set's training images that validate.
    pub validation: Vec<u32>,
    /// Rows of the set's test images: all of them.
    pub test: Vec<u32>,
}

/// Divides the training images as `spec` says; a pure function of the labels, `spec` and `fold`.
///
/// `limit` takes its stratified subset first. Shares are rounded to whole images; with `stratify`
/// every class gets its share to within one image. Folds are disjoint, together hold every image,
/// and differ by one image at most.
///
/// # Errors
/// `Invalid` where a part would be empty, or `fold` is missing, too many, or too large.
pub fn split(set: &ImageSet, spec: &DataSpec, fold: Option<u32>) -> Result<Subsets, DataError> {
    let (train, validation) = divide(set.train().labels(), spec, fold)?;
    Ok(Subsets {
        train,
        validation,
        test: (0..set.test().len() as u32).collect(),
    })
}

/// Order of an epoch's `count` images: a permutation of `0..count`, a pure function of the three
/// numbers.
pub fn epoch_order(seed: u64, epoch: u32, count: usize) -> Vec<u32> {
    shuffled(Purpose::Order, &[seed, u64::from(epoch)], 0..count as u32)
}

fn divide(
    labels: &[u16],
    spec: &DataSpec,
    fold: Option<u32>,
) -> Result<(Vec<u32>, Vec<u32>), DataError> {
    let invalid = |message: String| Err(DataError::Invalid(message));
    let split = &spec.split;
    let rows: Vec<u32> = match spec.limit {
        None => (0..labels.len() as u32).collect(),
        Some(limit) if limit as usize > labels.len() => {
            return invalid(format!(
                "data.limit is {limit}, but there are {} training images",
                labels.len()
            ));
        }
        Some(limit) => {
            let groups = groups(labels, 0..labels.len() as u32, true);
            take(groups, limit as usize, |rows| {
                shuffled(Purpose::Limit, &[split.seed], rows)
            })
            .0
        }
    };
    let count = rows.len();
    let shuffle = |rows| shuffled(Purpose::Split, &[split.seed], rows);
    let (mut validation, mut train) = match (&split.scheme, fold) {
        (&SplitScheme::Validation(share), None) => {
            if !(0.0..1.0).contains(&share) {
                return invalid(format!(
                    "split.validation is {share}: 0 ≤ share < 1 expected"
                ));
            }
            let wanted = (share * count as f64).round() as usize;
            if share > 0.0 && wanted == 0 {
                return invalid(format!(
                    "split.validation = {share} of {count} images is not even one"
                ));
            }
            take(groups(labels, rows, split.stratify), wanted, shuffle)
        }
        (&SplitScheme::Folds(folds), Some(fold)) => {
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
            let order: Vec<u32> = groups(labels, rows, split.stratify)
                .into_iter()
                .flat_map(shuffle)
                .collect();
            let keyed = order.into_iter().enumerate();
            let (mine, others): (Vec<_>, Vec<_>) =
                keyed.partition(|(i, _)| (i % folds as usize) as u32 == fold);
            let rows = |part: Vec<(usize, u32)>| part.into_iter().map(|(_, row)| row).collect();
            (rows(mine), rows(others))
        }
        (SplitScheme::Listed(listed), None) => {
            let Some(listed) = SplitScheme::rows(listed) else {
                return invalid("split.file: the recorded rows are damaged".into());
            };
            if let Some(row) = listed.iter().find(|row| **row as usize >= labels.len()) {
                return invalid(format!(
                    "split.file names row {row}, but there are {} training images",
                    labels.len()
                ));
            }
            let (validation, train): (Vec<_>, Vec<_>) = rows
                .into_iter()
                .partition(|row| listed.binary_search(row).is_ok());
            if validation.is_empty() {
                return invalid(
                    "none of the images that split.file names is among those that data.limit leaves".into(),
                );
            }
            (validation, train)
        }
        (SplitScheme::Validation(_) | SplitScheme::Listed(_), Some(fold)) => {
            return invalid(format!("fold {fold} of a split without folds"));
        }
        (SplitScheme::Folds(folds), None) => {
            return invalid(format!("which of the {folds} folds?"));
        }
    };
    if train.is_empty() {
        return invalid(format!("of {count} images none is left to train on"));
    }
    train.sort_unstable();
    validation.sort_unstable();
    Ok((train, validation))
}

/// Rows by class, or all in one group.
fn groups(labels: &[u16], rows: impl IntoIterator<Item = u32>, by_class: bool) -> Vec<Vec<u32>> {
    if !by_class {
        return vec![rows.into_iter().collect()];
    }
    let classes = labels
        .iter()
        .max()
        .map_or(0, |&label| usize::from(label) + 1);
    let mut groups = vec![Vec::new(); classes];
    rows.into_iter()
        .for_each(|row| groups[usize::from(labels[row as usize])].push(row));
    groups
}

/// Takes `wanted` rows, from every group in proportion to its size (largest remainders first), and
/// returns them and the rest.
fn take(
    groups: Vec<Vec<u32>>,
    wanted: usize,
    shuffle: impl Fn(Vec<u32>) -> Vec<u32>,
) -> (Vec<u32>, Vec<u32>) {
    let all: usize = groups.iter().map(Vec::len).sum();
    let share = |size: usize| (size * wanted).checked_div(all).unwrap_or(0);
    let mut quotas: Vec<usize> = groups.iter().map(|group| share(group.len())).collect();
    let mut by_remainder: Vec<usize> = (0..groups.len()).collect();
    by_remainder.sort_by_key(|&i| std::cmp::Reverse(groups[i].len() * wanted - quotas[i] * all));
    let missing = wanted - quotas.iter().sum::<usize>();
    by_remainder
        .into_iter()
        .take(missing)
        .for_each(|i| quotas[i] += 1);
    let (mut taken, mut rest) = (Vec::new(), Vec::new());
    for (group, quota) in groups.into_iter().zip(quotas) {
        let mut order = shuffle(group);
        rest.extend(order.split_off(quota));
        taken.extend(order);
    }
    (taken, rest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use convsweep_spec::data::{Damaged, Shapes, Source, Split};

    fn spec(scheme: SplitScheme, stratify: bool, limit: Option<u32>) -> DataSpec {
        let split = Split {
            scheme,
            seed: 42,
            stratify,
            test: None,
        };
        let source = Source::Shapes(Shapes::default());
        DataSpec {
            source,
            split,
            limit,
            resize: None,
            channels: None,
            damaged: Damaged::Refuse,
        }
    }

    #[test]
    fn listed_rows_validate() {
        let listed = SplitScheme::listed(&[3, 9, 100]);
        assert_eq!(
            listed,
            SplitScheme::Listed("08020000000000000000000010".into())
        );
        let (train, validation) =
            divide(&labels(), &spec(listed, true, None), None).expect("divides");
        assert_eq!((validation, train.len()), (vec![3, 9, 100], 100));
        let all = SplitScheme::listed(&(0..103).collect::<Vec<_>>());
        divide(&labels(), &spec(all, true, None), None).expect_err("nothing left");
        divide(
            &labels(),
            &spec(SplitScheme::listed(&[103]), true, None),
            None,
        )
        .expect_err("no such row");
        divide(
            &labels(),
            &spec(SplitScheme::Listed("zz".into()), true, None),
            None,
        )
        .expect_err("damaged");
        divide(
            &labels(),
            &spec(SplitScheme::listed(&[0]), true, None),
            Some(0),
        )
        .expect_err("no folds");
    }

    /// 103 rows of three classes, 50, 30 and 23 of each, mixed.
    fn labels() -> Vec<u16> {
        let labels: Vec<u16> = [(0, 50), (1, 30), (2, 23)]
            .into_iter()
            .flat_map(|(c, n)| vec![c; n])
            .collect();
        epoch_order(5, 0, 103)
            .into_iter()
            .map(|i| labels[i as usize])
            .collect()
    }

    fn per_class(labels: &[u16], rows: &[u32]) -> [usize; 3] {
        [0, 1, 2].map(|c| {
            rows.iter()
                .filter(|row| labels[**row as usize] == c)
                .count()
        })
    }

    fn all(parts: &[&[u32]]) -> Vec<u32> {
        let mut rows = parts.concat();
        rows.sort_unstable();
        rows
    }

    #[test]
    fn validation_share() {
        let labels = labels();
        let asked = spec(SplitScheme::Validation(0.2), true, None);
        let (train, validation) = divide(&labels, &asked, None).unwrap();
        assert_eq!(all(&[&train, &validation]), (0..103).collect::<Vec<_>>());
        assert_eq!(per_class(&labels, &validation), [10, 6, 5]);
        assert!(train.is_sorted() && validation.is_sorted());
        assert_eq!(
            divide(&labels, &asked, None).unwrap(),
            (train, validation.clone())
        );
        let mut other = asked.clone();
        other.split.seed = 43;
        assert_ne!(divide(&labels, &other, None).unwrap().1, validation);
        let none = spec(SplitScheme::Validation(0.0), true, None);
        assert_eq!(divide(&labels, &none, None).unwrap().1, [0; 0]);
        let mixed = divide(
            &labels,
            &spec(SplitScheme::Validation(0.2), false, None),
            None,
        )
        .unwrap()
        .1;
        assert_eq!(mixed.len(), 21);
        assert_ne!(mixed, validation);
    }

    #[test]
    fn folds_are_disjoint_and_hold_everything() {
        let labels = labels();
        for stratify in [true, false] {
            for (k, limit) in [(2, None), (5, None), (7, Some(60)), (103, None)] {
                let asked = spec(SplitScheme::Folds(k), stratify, limit);
                let folds: Vec<_> = (0..k)
                    .map(|fold| divide(&labels, &asked, Some(fold)).unwrap())
                    .collect();
                let everything = all(&[&folds[0].0, &folds[0].1]);
                assert_eq!(everything.len(), limit.map_or(103, |n| n as usize));
                let held_out: Vec<&[u32]> = folds
                    .iter()
                    .map(|(_, validation)| validation.as_slice())
                    .collect();
                assert_eq!(
                    all(&held_out),
                    everything,
                    "{k} folds: each image validates once"
                );
                for (train, validation) in &folds {
                    assert_eq!(all(&[train, validation]), everything);
                    assert!(validation.len().abs_diff(everything.len() / k as usize) <= 1);
                    if stratify && limit.is_none() {
                        let expect = [50, 30, 23].map(|n| n / k as usize);
                        let found = per_class(&labels, validation);
                        assert!(
                            found.iter().zip(expect).all(|(f, e)| f.abs_diff(e) <= 1),
                            "{found:?} {expect:?}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn limit_is_stratified_and_comes_first() {
        let labels = labels();
        let (train, validation) = divide(
            &labels,
            &spec(SplitScheme::Validation(0.5), true, Some(51)),
            None,
        )
        .unwrap();
        assert_eq!(train.len() + validation.len(), 51);
        assert_eq!(
            per_class(&labels, &all(&[&train, &validation])),
            [25, 15, 11]
        );
        let (smaller, _) = divide(
            &labels,
            &spec(SplitScheme::Validation(0.0), true, Some(20)),
            None,
        )
        .unwrap();
        let (larger, _) = divide(
            &labels,
            &spec(SplitScheme::Validation(0.0), true, Some(60)),
            None,
        )
        .unwrap();
        assert!(
            smaller.iter().all(|row| larger.contains(row)),
            "a larger limit keeps what a smaller one has"
        );
    }

    #[test]
    fn what_cannot_be() {
        let check = |scheme, limit, fold, expect: &str| {
            let error = divide(&labels(), &spec(scheme, true, limit), fold).unwrap_err();
            assert_eq!(
                (error.kind(), error.to_string().as_str()),
                (crate::Kind::Invalid, expect)
            );
        };
        use SplitScheme::{Folds, Validation};
        check(
            Validation(0.2),
            Some(104),
            None,
            "data.limit is 104, but there are 103 training images",
        );
        check(
            Validation(0.001),
            None,
            None,
            "split.validation = 0.001 of 103 images is not even one",
        );
        check(
            Validation(0.999),
            None,
            None,
            "of 103 images none is left to train on",
        );
        check(
            Validation(1.0),
            None,
            None,
            "split.validation is 1: 0 ≤ share < 1 expected",
        );
        check(
            Validation(0.2),
            None,
            Some(0),
            "fold 0 of a split without folds",
        );
        check(Folds(5), None, None, "which of the 5 folds?");
        check(
            Folds(5),
            None,
            Some(5),
            "there is no fold 5: the 5 folds count from 0",
        );
        check(
            Folds(104),
            None,
            Some(0),
            "split.folds is 104: 2 to 103 (the number of images) expected",
        );
    }

    #[test]
    fn epochs_have_orders_of_their_own() {
        let order = epoch_order(1, 2, 1000);
        assert_eq!(all(&[&order]), (0..1000).collect::<Vec<_>>());
        assert_eq!(order, epoch_order(1, 2, 1000));
        assert_ne!(order, epoch_order(1, 3, 1000));
        assert_ne!(order, epoch_order(2, 2, 1000));
        assert_eq!(epoch_order(0, 0, 0), [0; 0]);
    }
}
