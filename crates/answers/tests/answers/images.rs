//! Configurations image by image.

use crate::made::{Made, finished, resolved};
use convsweep_answers::{ImageRelation, compare_networks, image_agreement, image_relation};
use convsweep_spec::data::{DataSpec, Shapes, Source, Split, SplitScheme};

#[test]
fn images_are_the_same_only_with_one_set_subset_and_split() {
    let data = resolved(vec![]).data;
    let relation = |other: &DataSpec, hash| image_relation((&data, "a"), (other, hash));
    assert_eq!(relation(&data, "a"), ImageRelation::Same);
    assert_eq!(relation(&data, "b"), ImageRelation::OtherSet);
    let limited = DataSpec {
        limit: Some(5),
        ..data.clone()
    };
    assert_eq!(relation(&limited, "a"), ImageRelation::OtherSubset);
    let split = Split::new(SplitScheme::Validation(0.3), 42);
    let split = DataSpec::new(Source::Shapes(Shapes::default()), split);
    assert_eq!(relation(&split, "a"), ImageRelation::OtherSplit);
}

#[test]
fn agreement_counts_images_by_what_most_runs_say() {
    // Images, bit by bit: 0 is right in 3 of 3 and 1 of 3 runs, 1 in 0 and 2, 2 in all, 3 in none.
    let run = |seed, bits: u8| {
        let mut run = finished(seed, 0.5);
        let validation = run.validation.as_mut().expect("evaluated");
        (validation.images, validation.correct) = (4, vec![bits]);
        run
    };
    let runs = |bits: [u8; 3]| {
        bits.iter()
            .zip(0..)
            .map(|(bits, seed)| run(seed, *bits))
            .collect()
    };
    let made = Made::new(&[("rate", &["1", "2"])])
        .with_runs(&["1"], runs([0b0101, 0b0101, 0b0101]))
        .with_runs(&["2"], runs([0b0101, 0b0110, 0b0110]));
    let [a, b] = made.0.configurations.as_slice() else {
        panic!("two");
    };
    let agreement = image_agreement(a, b).expect("an agreement");
    let found = (
        agreement.only_first,
        agreement.only_second,
        agreement.both,
        agreement.neither,
    );
    assert_eq!(
        (found, agreement.images, agreement.runs),
        ((1, 1, 1, 1), 4, (3, 3))
    );
    let test = compare_networks(&a.runs[0], &b.runs[1]).expect("a test");
    assert_eq!((test.only_first, test.only_second), (1, 1));
    let mut other_fold = b.clone();
    other_fold
        .runs
        .iter_mut()
        .for_each(|run| run.fold = Some(1));
    assert!(image_agreement(a, &other_fold).is_none());
    assert!(compare_networks(&a.runs[0], &other_fold.runs[0]).is_none());
}
