//! The tensors of a safetensors file: the position and the values of each.

use super::file_header;
use half::{bf16, f16};
use std::ops::Range;

/// A tensor of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileTensor {
    /// The tensor's name.
    pub name: String,
    /// Its data type, such as `F32` or `F16`.
    pub dtype: String,
    /// Its dimensions.
    pub shape: Vec<u32>,
    /// Byte range of its values in the file.
    pub bytes: Range<usize>,
    /// Index of its first value that is infinite or not a number, as f32.
    pub not_finite: Option<usize>,
}

/// Lists the tensors of a safetensors file and looks at all values.
///
/// # Errors
///
/// The reason why it is not a valid one, phrased to follow the file's name.
pub fn read(file: &[u8]) -> Result<Vec<FileTensor>, String> {
    let (entries, data_start) = file_header::read(file)?;
    let mut tensors = Vec::with_capacity(entries.len());
    for (name, header) in entries {
        let [start, end] = header.data_offsets;
        let mut tensor = FileTensor {
            name,
            dtype: header.dtype,
            shape: header.shape,
            bytes: data_start + start..data_start + end,
            not_finite: None,
        };
        tensor.check_length(end - start)?;
        if tensor.is_floating() {
            let values = tensor.values(file)?;
            tensor.not_finite = values.iter().position(|value| !value.is_finite());
        }
        tensors.push(tensor);
    }
    Ok(tensors)
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
    /// Reads the values of a tensor that [`read`] listed, converted to f32.
    ///
    /// # Errors
    ///
    /// If they are not floating-point numbers, or their number does not match the shape.
    pub fn values(&self, file: &[u8]) -> Result<Vec<f32>, String> {
        let bytes = file
            .get(self.bytes.clone())
            .ok_or_else(|| format!("has no \"{}\"", self.name))?;
        let values = match self.dtype.as_str() {
            "F32" => convert(bytes, f32::from_le_bytes),
            "F64" => convert(bytes, |b| f64::from_le_bytes(b) as f32),
            "BF16" => convert(bytes, |b| bf16::from_le_bytes(b).to_f32()),
            "F16" => convert(bytes, |b| f16::from_le_bytes(b).to_f32()),
            _ => return Err(self.not_floating()),
        };
        if self.element_count() == Some(values.len()) {
            return Ok(values);
        }
        Err(format!(
            "has {} values in \"{}\" of shape {:?}",
            values.len(),
            self.name,
            self.shape
        ))
    }

    /// Checks that its values take `found` bytes in its type and shape.
    fn check_length(&self, found: usize) -> Result<(), String> {
        let Some(bits) = bits_of(&self.dtype) else {
            return Err(format!(
                "has \"{}\" in {}, which is no type of safetensors files",
                self.name, self.dtype
            ));
        };
        let bits = self.element_count().and_then(|n| n.checked_mul(bits));
        match bits {
            Some(bits) if bits.div_ceil(8) == found => Ok(()),
            _ => Err(format!(
                "has {found} bytes for \"{}\", which does not fit {} of shape {:?}: the file is \
                 damaged or was written wrongly",
                self.name, self.dtype, self.shape
            )),
        }
    }

    /// The problem of a tensor with a value that is no number to train from, phrased to follow the
    /// file's name.
    pub fn finiteness_problem(&self) -> Option<String> {
        self.not_finite.map(|index| not_finite(&self.name, index))
    }

    fn element_count(&self) -> Option<usize> {
        let mut dimensions = self.shape.iter();
        dimensions.try_fold(1usize, |n, &d| n.checked_mul(d as usize))
    }

    /// Whether [`FileTensor::values`] can convert its data type.
    pub(super) fn is_floating(&self) -> bool {
        matches!(self.dtype.as_str(), "F32" | "F64" | "BF16" | "F16")
    }

    /// The problem of a tensor that holds other numbers than floating-point ones.
    pub(super) fn not_floating(&self) -> String {
        format!(
            "has \"{}\" in {}, which is not a floating-point type",
            self.name, self.dtype
        )
    }
}

/// Bits of a value of a data type; `None` if safetensors files have no such type.
fn bits_of(dtype: &str) -> Option<usize> {
    Some(match dtype {
        "F4" => 4,
        "F6_E2M3" | "F6_E3M2" => 6,
        "BOOL" | "U8" | "I8" | "F8_E5M2" | "F8_E4M3" | "F8_E8M0" => 8,
        "I16" | "U16" | "F16" | "BF16" => 16,
        "I32" | "U32" | "F32" => 32,
        "I64" | "U64" | "F64" | "C64" => 64,
        _other => return None,
    })
}

/// Each `N` bytes as a number; what is left over at the end is ignored.
fn convert<const N: usize>(bytes: &[u8], number: impl Fn([u8; N]) -> f32) -> Vec<f32> {
    let (chunks, _) = bytes.as_chunks();
    chunks.iter().map(|chunk| number(*chunk)).collect()
}
