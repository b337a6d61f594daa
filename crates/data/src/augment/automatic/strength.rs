//! How strong the operations are.

use super::operation::AutoOperation::{self, *};
use convsweep_kernels::Size;

/// Number of strengths in RandAugment and TrivialAugment; 0 is the weakest.
pub(in crate::augment) const LEVELS: u32 = 31;

/// Which range of strengths an augmentation uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum StrengthRange {
    /// The range of RandAugment and AutoAugment.
    Narrow,
    /// The range of TrivialAugment.
    Wide,
}

impl StrengthRange {
    /// The strongest magnitude, of those of both ranges.
    fn maximum(self, narrow: f64, wide: f64) -> f64 {
        match self {
            StrengthRange::Narrow => narrow,
            StrengthRange::Wide => wide,
        }
    }
}

/// An operation's magnitude at `share` of the range. Operations with two directions take the other
/// one if `is_reversed`.
pub(super) fn strength(
    operation: AutoOperation,
    range: StrengthRange,
    share: f64,
    is_reversed: bool,
    size: Size,
) -> f64 {
    let up_to = |narrow, wide| share * range.maximum(narrow, wide);
    let sign = if is_reversed { -1.0 } else { 1.0 };
    match operation {
        ShearX | ShearY => sign * up_to(0.3, 0.99),
        TranslateX => sign * up_to(150.0 / 331.0 * size.width as f64, 32.0).trunc(),
        TranslateY => sign * up_to(150.0 / 331.0 * size.height as f64, 32.0).trunc(),
        Rotate => sign * up_to(30.0, 135.0),
        Brightness | Color | Contrast | Sharpness => sign * up_to(0.9, 0.99),
        // Rounded half to even, as in PyTorch.
        Posterize => 8.0 - up_to(4.0, 6.0).round_ties_even(),
        Solarize => 255.0 * (1.0 - share),
        Identity | AutoContrast | Equalize | Invert => 0.0,
    }
}
