//! Splits of a small set of labels.

use super::{Divided, Divisible, divide};
use crate::data::SplitScheme::{Folds, Given, Listed, Validation};
use crate::data::{DataSpec, Shapes, Source, Split, SplitScheme};
use crate::random::{Purpose, shuffled};

const IMAGES: u32 = 103;

fn spec(scheme: SplitScheme, stratify: bool, limit: Option<u32>) -> DataSpec {
    let split = Split {
        stratify,
        ..Split::new(scheme, 42)
    };
    DataSpec {
        limit,
        ..DataSpec::new(Source::Shapes(Shapes::default()), split)
    }
}

/// Labels of 103 rows of three classes, 50, 30 and 23 of each, mixed.
fn labels() -> Vec<u16> {
    let sorted = [vec![0; 50], vec![1; 30], vec![2; 23]].concat();
    let order = shuffled(Purpose::Order, &[5, 0], 0..sorted.len() as u32);
    order.into_iter().map(|i| sorted[i as usize]).collect()
}

fn try_divide(spec: &DataSpec, fold: Option<u32>) -> Result<Divided, String> {
    divide(Divisible::new(&labels()), spec, fold)
}

fn per_class(rows: &[u32]) -> [usize; 3] {
    let labels = labels();
    let mut counts = [0; 3];
    for row in rows {
        counts[usize::from(labels[*row as usize])] += 1;
    }
    counts
}

fn sorted(parts: &[&[u32]]) -> Vec<u32> {
    let mut rows = parts.concat();
    rows.sort_unstable();
    rows
}

fn everything() -> Vec<u32> {
    (0..IMAGES).collect()
}

#[test]
fn a_share_of_each_class_validates() {
    let asked = spec(Validation(0.2), true, None);
    let divided = try_divide(&asked, None).unwrap();
    let Divided { train, validation } = &divided;
    assert_eq!(sorted(&[train, validation]), everything());
    assert_eq!(per_class(validation), [10, 6, 5]);
    assert!(train.is_sorted() && validation.is_sorted());
    assert_eq!(try_divide(&asked, None).unwrap(), divided);
}

#[test]
fn seed_share_and_stratification_matter() {
    let validation = |spec: &DataSpec| try_divide(spec, None).unwrap().validation;
    let asked = spec(Validation(0.2), true, None);
    let mut other_seed = asked.clone();
    other_seed.split.seed = 43;
    assert_ne!(validation(&other_seed), validation(&asked));
    assert_eq!(validation(&spec(Validation(0.0), true, None)), [0; 0]);
    let unstratified = validation(&spec(Validation(0.2), false, None));
    assert_eq!(unstratified.len(), 21);
    assert_ne!(unstratified, validation(&asked));
}

#[test]
fn listed_rows_validate() {
    let listed = SplitScheme::listed(&[3, 9, 100]);
    assert_eq!(listed, Listed("08020000000000000000000010".into()));
    let divided = try_divide(&spec(listed, true, None), None).expect("divides");
    assert_eq!(divided.validation, [3, 9, 100]);
    assert_eq!(divided.train.len(), 100);
    let check_refused = |scheme, fold, why: &str| {
        try_divide(&spec(scheme, true, None), fold).expect_err(why);
    };
    let all = SplitScheme::listed(&everything());
    check_refused(all, None, "nothing is left to train on");
    let beyond = SplitScheme::listed(&[IMAGES]);
    check_refused(beyond, None, "there is no such row");
    check_refused(Listed("zz".into()), None, "the list is damaged");
    let one = SplitScheme::listed(&[0]);
    check_refused(one, Some(0), "a list has no folds");
}

#[test]
fn folds_are_disjoint_and_contain_everything() {
    for stratify in [true, false] {
        for (folds, limit) in [(2, None), (5, None), (7, Some(60)), (IMAGES, None)] {
            check_folds(folds, stratify, limit);
        }
    }
}

fn check_folds(count: u32, stratify: bool, limit: Option<u32>) {
    let asked = spec(Folds(count), stratify, limit);
    let mut folds = Vec::new();
    for fold in 0..count {
        folds.push(try_divide(&asked, Some(fold)).unwrap());
    }
    let all = sorted(&[&folds[0].train, &folds[0].validation]);
    assert_eq!(all.len(), limit.unwrap_or(IMAGES) as usize);
    let validation: Vec<&[u32]> = folds.iter().map(|f| f.validation.as_slice()).collect();
    assert_eq!(
        sorted(&validation),
        all,
        "{count} folds: each image validates once"
    );
    for Divided { train, validation } in &folds {
        assert_eq!(sorted(&[train, validation]), all);
        let expected = all.len() / count as usize;
        assert!(validation.len().abs_diff(expected) <= 1);
        if stratify && limit.is_none() {
            for (found, all_of_class) in per_class(validation).into_iter().zip([50, 30, 23]) {
                let expected = all_of_class / count as usize;
                assert!(found.abs_diff(expected) <= 1, "{found} {expected}");
            }
        }
    }
}

#[test]
fn limit_is_stratified_and_comes_first() {
    let half = try_divide(&spec(Validation(0.5), true, Some(51)), None).unwrap();
    assert_eq!(half.train.len() + half.validation.len(), 51);
    let rows = sorted(&[&half.train, &half.validation]);
    assert_eq!(per_class(&rows), [25, 15, 11]);
    let train = |limit| {
        let asked = spec(Validation(0.0), true, Some(limit));
        try_divide(&asked, None).unwrap().train
    };
    let (smaller, larger) = (train(20), train(60));
    assert!(
        smaller.iter().all(|row| larger.contains(row)),
        "a larger limit keeps what a smaller one keeps"
    );
}

#[test]
fn impossible_splits_are_refused() {
    let check = |scheme, limit, fold, expected: &str| {
        let error = try_divide(&spec(scheme, true, limit), fold).unwrap_err();
        assert_eq!(error, expected);
    };
    let limit = "data.limit is 104, but there are 103 training images";
    check(Validation(0.2), Some(104), None, limit);
    let too_small = "split.validation = 0.001 of 103 images is not even one";
    check(Validation(0.001), None, None, too_small);
    let too_large = "of 103 images none is left to train on";
    check(Validation(0.999), None, None, too_large);
    let all = "split.validation is 1: 0 ≤ share < 1 expected";
    check(Validation(1.0), None, None, all);
    let superfluous = "fold 0 of a split without folds";
    check(Validation(0.2), None, Some(0), superfluous);
    check(Folds(5), None, None, "which of the 5 folds?");
    let beyond = "there is no fold 5: the 5 folds count from 0";
    check(Folds(5), None, Some(5), beyond);
    let too_many = "split.folds is 104: 2 to 103 (the number of images) expected";
    check(Folds(104), None, Some(0), too_many);
}

fn divided(images: Divisible<'_>, spec: &DataSpec, fold: Option<u32>) -> Divided {
    divide(images, spec, fold).expect("divides")
}

#[test]
fn images_given_for_validation_validate() {
    let labels = labels();
    let images = Divisible {
        given: 23,
        ..Divisible::new(&labels)
    };
    let found = divided(images, &spec(Given, true, None), None);
    assert_eq!(found.train, (0..80).collect::<Vec<_>>());
    assert_eq!(found.validation, (80..103).collect::<Vec<_>>());
    let limited = divided(images, &spec(Given, true, Some(20)), None);
    assert_eq!((limited.train.len(), limited.validation.len()), (20, 23));
    let refused = |images, scheme, fold| {
        divide(images, &spec(scheme, true, None), fold).expect_err("refused");
    };
    refused(images, Validation(0.2), None);
    refused(images, Given, Some(0));
    refused(Divisible::new(&labels), Given, None);
}

#[test]
fn images_that_only_train_never_validate() {
    let labels = labels();
    let images = Divisible {
        training_only: &[1, 2, 90, 102],
        ..Divisible::new(&labels)
    };
    let listed = SplitScheme::listed(&[1, 3, 90]);
    let mut found = vec![
        divided(images, &spec(Validation(0.9), true, None), None),
        divided(images, &spec(listed, true, None), None),
    ];
    for fold in 0..4 {
        found.push(divided(images, &spec(Folds(4), true, None), Some(fold)));
    }
    for divided in found {
        let Divided { train, validation } = &divided;
        assert_eq!(sorted(&[train, validation]), everything());
        assert!(images.training_only.iter().all(|row| train.contains(row)));
    }
    let given = Divisible {
        given: 20,
        ..images
    };
    let found = divided(given, &spec(Given, true, None), None);
    assert_eq!((found.train.len(), found.validation.len()), (85, 18));
}

#[test]
fn a_class_keeps_a_training_image_where_that_is_asked_for() {
    // Two images of the last class, and a share that would take both.
    let labels = [[0; 8].as_slice(), &[1; 8], &[2; 2]].concat();
    let mut asked = spec(Validation(0.8), true, None);
    let training = |spec: &DataSpec| divided(Divisible::new(&labels), spec, None).train;
    let of_the_last = |rows: &[u32]| rows.iter().filter(|row| **row >= 16).count();
    let without = training(&asked);
    assert_eq!((without.len(), of_the_last(&without)), (4, 0));
    asked.split.keeps_classes = true;
    let with = training(&asked);
    assert_eq!((with.len(), of_the_last(&with)), (4, 1));
}
