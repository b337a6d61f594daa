//! Two configurations compared image by image.

use super::{RankedConfiguration, RankedRun};
use convsweep_answers::{ImageRelation, image_relation};
use convsweep_statistics::mcnemar::{McNemar, mcnemar};
use convsweep_store::{ConfigurationRow, JobRow};

/// McNemar's test for each run with a result that both configurations have, over the validation
/// images that both classified. It is made when it is asked for: the tests of all pairs of a
/// thousand configurations would fill the memory.
pub(super) fn image_tests(a: &RankedConfiguration, b: &RankedConfiguration) -> Vec<McNemar> {
    let mut tests = Vec::new();
    if same_images(a.row, b.row) {
        for (first, second) in shared_runs(a, b) {
            if first.value.is_some() && second.value.is_some() {
                tests.extend(compare_images(first.job, second.job));
            }
        }
    }
    tests
}

/// Runs of the same seed and fold, in the order of `a`.
fn shared_runs<'r, 'a>(
    a: &'r RankedConfiguration<'a>,
    b: &'r RankedConfiguration<'a>,
) -> Vec<(&'r RankedRun<'a>, &'r RankedRun<'a>)> {
    let mut shared = Vec::new();
    for run in &a.runs {
        if let Some(partner) = b.runs.iter().find(|r| r.pair_key() == run.pair_key()) {
            shared.push((run, partner));
        }
    }
    shared
}

/// Whether two configurations validate on the same images: size and channels may differ, choice and
/// order may not.
fn same_images(a: &ConfigurationRow, b: &ConfigurationRow) -> bool {
    let (a, b) = (&a.member, &b.member);
    let first = (&a.resolved.data, a.data_hash.as_str());
    let second = (&b.resolved.data, b.data_hash.as_str());
    image_relation(first, second) == ImageRelation::Same
}

/// McNemar's test of two jobs; `None` unless both recorded which validation images were correct.
fn compare_images(a: &JobRow, b: &JobRow) -> Option<McNemar> {
    let (a, b) = (a.validation.as_ref()?, b.validation.as_ref()?);
    if a.images != b.images || a.correct.len() != b.correct.len() || a.correct.is_empty() {
        return None;
    }
    let (mut only_first, mut only_second) = (0, 0);
    for (x, y) in a.correct.iter().zip(&b.correct) {
        only_first += u64::from((x & !y).count_ones());
        only_second += u64::from((y & !x).count_ones());
    }
    Some(mcnemar(only_first, only_second))
}
