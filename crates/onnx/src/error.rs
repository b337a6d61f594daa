//! Why a network cannot be written.

use std::fmt;

/// Largest file in bytes, a limit of protocol buffers.
pub(crate) const LARGEST: usize = 2_000_000_000;

/// Why a network cannot be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OnnxError {
    /// A tensor is missing.
    MissingTensor(String),
    /// The layers do not fit together.
    Shape(String),
    /// The file would be larger than the format allows; its size in bytes.
    TooLarge(usize),
}

impl fmt::Display for OnnxError {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            OnnxError::MissingTensor(name) => write!(f, "the weights have no tensor \"{name}\""),
            OnnxError::Shape(problem) => f.write_str(problem),
            OnnxError::TooLarge(bytes) => write!(
                f,
                "the network would take {bytes} bytes, and ONNX files have at most {LARGEST}: \
                 locally connected layers have weights of their own at each position"
            ),
        }
    }
}

impl std::error::Error for OnnxError {}
