//! Images that look alike.

use super::duplicates::SetImage;
use crate::parallel::in_parallel;
use crate::{DataError, ImageSet};
use image_hasher::{HashAlg, HasherConfig};
use serde::Serialize;

/// Side of the hash: 16 × 16 differences of brightness, 256 bits.
const SIDE: u32 = 16;
/// Its bits, in words.
const WORDS: usize = 4;
/// Pairs that are kept, the closest first.
const MOST_PAIRS: usize = 1000;

/// Two images that look alike.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct NearPair {
    /// How many of the 256 bits of their hashes differ.
    pub distance: u32,
    /// Their names.
    pub images: [String; 2],
    /// Their labels.
    pub labels: [u16; 2],
    /// Whether one is a test image and the other one is not.
    pub crosses_test: bool,
}

/// Images whose hashes differ in at most `distance` of 256 bits, the closest first; also the number
/// of all such pairs. Images with exactly the same pixels are left to
/// [`Duplicates`](super::Duplicates).
///
/// The hash is that of Krawetz (2013, "Kind of like that"): whether the brightness of a shrunken
/// image rises from one pixel to the next along each row. Brightness, contrast, size and compression
/// hardly change it; cropping and turning do.
///
/// # Errors
/// As [`LabelledImages::read`](crate::LabelledImages::read).
pub fn near_duplicates(set: &ImageSet, distance: u32) -> Result<(Vec<NearPair>, u64), DataError> {
    let (train, test) = (set.train(), set.test());
    let images = SetImage::all(&train, false).chain(SetImage::all(&test, true));
    let images: Vec<SetImage> = images.collect();
    let hasher = HasherConfig::new();
    let hasher = hasher.hash_alg(HashAlg::Gradient).hash_size(SIDE, SIDE);
    let hasher = hasher.to_hasher();
    let hashes = in_parallel(images.len(), |i| {
        let SetImage { images, row, .. } = images[i];
        let hash = hasher.hash_image(&images.picture(row)?);
        let mut bits = [0u64; WORDS];
        for (i, byte) in hash.as_bytes().iter().enumerate().take(8 * WORDS) {
            bits[i / 8] |= u64::from(*byte) << (8 * (i % 8));
        }
        Ok((bits, images.checksum(row)))
    });
    let hashes: Vec<([u64; WORDS], u32)> = hashes.into_iter().collect::<Result<_, DataError>>()?;
    let found = in_parallel(images.len(), |i| {
        let (hash, pixels) = hashes[i];
        let others = hashes[i + 1..].iter().enumerate();
        let close = others.filter_map(|(n, (other, other_pixels))| {
            let words = hash.iter().zip(other);
            let differing: u32 = words.map(|(a, b)| (a ^ b).count_ones()).sum();
            let is_near = differing <= distance && *other_pixels != pixels;
            is_near.then_some((differing, i, i + 1 + n))
        });
        close.collect::<Vec<_>>()
    });
    let mut found: Vec<(u32, usize, usize)> = found.into_iter().flatten().collect();
    let all = found.len() as u64;
    found.sort_unstable();
    found.truncate(MOST_PAIRS);
    let pair = |(distance, one, other): (u32, usize, usize)| {
        let [one, other] = [images[one], images[other]];
        NearPair {
            distance,
            images: [one.name(), other.name()],
            labels: [one.label(), other.label()],
            crosses_test: one.is_test != other.is_test,
        }
    };
    Ok((found.into_iter().map(pair).collect(), all))
}
