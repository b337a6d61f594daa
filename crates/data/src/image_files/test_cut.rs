//! Sets test images aside if a set has none.

use super::listing::ListedFile;
use super::scan::FileScan;
use std::collections::BTreeSet;

/// A listed file and its scan.
pub(super) type ScannedFile = (ListedFile, FileScan);

/// Divides files into test and training images: a share of every class becomes test images, in the
/// order of content hashes.
///
/// The split's seed has no influence, so that no other split makes a training image of a test
/// image. Files with equal content stay together, whatever their classes.
pub(super) fn cut_test_images(
    files: Vec<ScannedFile>,
    share: f64,
    classes: usize,
) -> (Vec<ScannedFile>, Vec<ScannedFile>) {
    let mut wanted = wanted_per_class(&files, share, classes);
    let mut by_content: Vec<(&str, usize)> = files
        .iter()
        .map(|(file, scan)| (scan.content.as_str(), usize::from(file.class)))
        .collect();
    by_content.sort_unstable();
    let mut chosen: BTreeSet<String> = BTreeSet::new();
    for equal in by_content.chunk_by(|a, b| a.0 == b.0) {
        if equal.iter().all(|(_, class)| wanted[*class] > 0) {
            for (_, class) in equal {
                wanted[*class] -= 1;
            }
            chosen.insert(equal[0].0.to_string());
        }
    }
    files
        .into_iter()
        .partition(|(_, scan)| chosen.contains(&scan.content))
}

/// How many test images each class should have. Duplicates may bring a class below 0.
fn wanted_per_class(files: &[ScannedFile], share: f64, classes: usize) -> Vec<i64> {
    let mut shares = vec![0.0f64; classes];
    for (file, _) in files {
        // Added up one by one: the rounding of this sum decides which images existing jobs test on.
        shares[usize::from(file.class)] += share;
    }
    shares.into_iter().map(|n| n.round() as i64).collect()
}
