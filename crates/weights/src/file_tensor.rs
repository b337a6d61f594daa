//! A tensor of a file of weights, and its values as floating-point numbers.

use half::{bf16, f16};

/// A tensor of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileTensor {
    /// The tensor's name.
    pub name: String,
    /// Its data type, such as `F32` or `F16`.
    pub dtype: String,
    /// Its dimensions.
    pub shape: Vec<u32>,
    /// Index of its first value that is infinite or not a number, as f32.
    pub not_finite: Option<usize>,
}

/// What is said of a tensor whose value `index` is infinite or not a number, phrased to follow the
/// file's name.
pub fn not_finite(tensor: &str, index: usize) -> String {
    format!(
        "has \"{tensor}\" with a value that is not finite (number {index}, counted from 0): the \
         training that wrote it diverged, or the file is damaged"
    )
}

impl FileTensor {
    /// Number of its values; `None` if that is no number of this machine.
    pub fn count(&self) -> Option<usize> {
        let mut dimensions = self.shape.iter();
        dimensions.try_fold(1usize, |n, &d| n.checked_mul(d as usize))
    }

    /// Whether its values are floating-point numbers, which networks are made of.
    pub fn is_floating(&self) -> bool {
        matches!(self.dtype.as_str(), "F32" | "F64" | "BF16" | "F16")
    }

    /// The problem of a tensor with a value that is no number to train from, phrased to follow the
    /// file's name.
    pub fn finiteness_problem(&self) -> Option<String> {
        self.not_finite.map(|index| not_finite(&self.name, index))
    }

    /// The problem of a tensor that holds other numbers than floating-point ones.
    pub(crate) fn not_floating(&self) -> String {
        format!(
            "has \"{}\" in {}, which is not a floating-point type",
            self.name, self.dtype
        )
    }

    /// Converts the bytes of its values, little-endian and in row-major order, to f32.
    ///
    /// # Errors
    /// If they are not floating-point numbers, or their number does not match the shape.
    pub(crate) fn convert(&self, bytes: &[u8]) -> Result<Vec<f32>, String> {
        let values = match self.dtype.as_str() {
            "F32" => numbers(bytes, f32::from_le_bytes),
            "F64" => numbers(bytes, |b| f64::from_le_bytes(b) as f32),
            "BF16" => numbers(bytes, |b| bf16::from_le_bytes(b).to_f32()),
            "F16" => numbers(bytes, |b| f16::from_le_bytes(b).to_f32()),
            _ => return Err(self.not_floating()),
        };
        if self.count() == Some(values.len()) {
            return Ok(values);
        }
        Err(format!(
            "has {} values in \"{}\" of shape {:?}",
            values.len(),
            self.name,
            self.shape
        ))
    }
}

/// Each `N` bytes as a number; what is left over at the end is ignored.
fn numbers<const N: usize>(bytes: &[u8], number: impl Fn([u8; N]) -> f32) -> Vec<f32> {
    let (chunks, _) = bytes.as_chunks();
    chunks.iter().map(|chunk| number(*chunk)).collect()
}
