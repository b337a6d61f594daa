//! The tensors of a safetensors file: the position and the values of each.

use half::{bf16, f16};
use serde::Deserialize;
use std::collections::BTreeMap;
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
}

/// A tensor as the file's header describes it.
#[derive(Deserialize)]
struct TensorHeader {
    dtype: String,
    shape: Vec<u32>,
    /// Byte range of its values behind the header.
    data_offsets: [usize; 2],
}

const NOT_SAFETENSORS: &str = "is not a safetensors file";

/// Lists the tensors of a safetensors file.
///
/// # Errors
///
/// The reason why it is not a valid one, phrased to follow the file's name.
pub fn read(file: &[u8]) -> Result<Vec<FileTensor>, String> {
    if is_pickle(file) {
        return Err("is a pickle of PyTorch: write it as safetensors by \
                    safetensors.torch.save_file(model.state_dict(), \"weights.safetensors\")"
            .into());
    }
    let (header, data) = split_header(file).ok_or(NOT_SAFETENSORS)?;
    let data_start = file.len() - data.len();
    let header: BTreeMap<String, serde_json::Value> =
        serde_json::from_slice(header).map_err(|_| NOT_SAFETENSORS)?;
    let mut tensors = Vec::new();
    for (name, value) in header {
        if name == "__metadata__" {
            continue;
        }
        let tensor: TensorHeader = serde_json::from_value(value)
            .map_err(|e| format!("describes its tensor \"{name}\" wrongly: {e}"))?;
        let [start, end] = tensor.data_offsets;
        if start > end || end > data.len() {
            return Err(format!(
                "is cut off: its tensor \"{name}\" ends after the end of the file"
            ));
        }
        tensors.push(FileTensor {
            name,
            dtype: tensor.dtype,
            shape: tensor.shape,
            bytes: data_start + start..data_start + end,
        });
    }
    Ok(tensors)
}

/// Whether `torch.save` wrote the file: as a zip archive, or before PyTorch 1.6 as a bare pickle.
fn is_pickle(file: &[u8]) -> bool {
    let is_bare_pickle = matches!(file, [0x80, version, ..] if *version < 8);
    is_bare_pickle || file.starts_with(b"PK")
}

/// The header, whose length is the file's first eight bytes, and the values behind it.
fn split_header(file: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = file.split_first_chunk::<8>()?;
    let length = usize::try_from(u64::from_le_bytes(*length)).ok()?;
    rest.split_at_checked(length)
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

/// Each `N` bytes as a number; what is left over at the end is ignored.
fn convert<const N: usize>(bytes: &[u8], number: impl Fn([u8; N]) -> f32) -> Vec<f32> {
    let (chunks, _) = bytes.as_chunks();
    chunks.iter().map(|chunk| number(*chunk)).collect()
}
