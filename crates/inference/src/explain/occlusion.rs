//! Occlusion (Zeiler and Fergus 2014).

use super::subject::Subject;

/// A patch covers this share of the height and of the width.
const PATCH: usize = 8;

/// How much the class's logit falls when a pixel is covered: the mean over all patches over it,
/// which are of the mean colour and move by half their size, `[height, width]`.
pub(super) fn attributions(subject: &Subject) -> Vec<f32> {
    let size = |side: usize| (side / PATCH).max(1);
    let (rows, columns) = (size(subject.height), size(subject.width));
    let places = places(subject.height, rows);
    let mut patches = Vec::new();
    for top in places {
        for left in self::places(subject.width, columns) {
            patches.push((top, left));
        }
    }
    let covered = |(top, left): &(usize, usize)| {
        let mut image = subject.input.clone();
        for channel in image.chunks_mut(subject.plane()) {
            for row in channel.chunks_mut(subject.width).skip(*top).take(rows) {
                row[*left..*left + columns].fill(0.0);
            }
        }
        image
    };
    let images: Vec<Vec<f32>> = patches.iter().map(covered).collect();
    let whole = subject.logits(std::slice::from_ref(&subject.input))[0];
    let mut sums = vec![0.0; subject.plane()];
    let mut counts = vec![0.0; subject.plane()];
    for ((top, left), logit) in patches.iter().zip(subject.logits(&images)) {
        for row in *top..top + rows {
            for column in *left..left + columns {
                sums[row * subject.width + column] += whole - logit;
                counts[row * subject.width + column] += 1.0f32;
            }
        }
    }
    sums.iter()
        .zip(counts)
        .map(|(sum, n)| sum / n.max(1.0))
        .collect()
}

/// First rows or columns of patches that cover all of `side` between them.
fn places(side: usize, patch: usize) -> Vec<usize> {
    let step = (patch / 2).max(1);
    let mut places: Vec<usize> = (0..=side - patch).step_by(step).collect();
    if places.last() != Some(&(side - patch)) {
        places.push(side - patch);
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patches_cover_everything() {
        assert_eq!(places(10, 4), [0, 2, 4, 6]);
        assert_eq!(places(11, 4), [0, 2, 4, 6, 7]);
        assert_eq!(places(3, 1), [0, 1, 2]);
        assert_eq!(places(4, 4), [0]);
    }
}
