//! Zeros around the input of a convolution or pooling.

use serde::{Deserialize, Serialize};

/// Zeros around the input of a convolution or pooling.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Padding {
    /// None.
    Valid,
    /// As many as make the size of the output ceil(input / stride); an odd one is at the bottom or
    /// right, as in TensorFlow.
    Same,
    /// This many at both ends, `[vertical, horizontal]`.
    Pixels([u32; 2]),
}
