//! The tensors of a file of PyTorch in the words of this crate, and limits on what they take.

use crate::file_tensor::FileTensor;
use pytorch_reader::{DType, Tensor};

/// Most dimensions of a tensor; those of a three-dimensional convolution are five.
const MOST_DIMENSIONS: usize = 8;
/// Most bytes that the tensors may take together, as a multiple of the file's. Tensors may share
/// values, as the two ends of a language model do.
const MOST_SHARING: usize = 4;

/// Checks what the tensors take in memory against the file's length: a view that repeats values
/// could be of any size.
///
/// # Errors
/// Phrased to follow the file's name.
pub(super) fn check_sizes(tensors: &[Tensor], length: usize) -> Result<(), String> {
    let mut sum = 0usize;
    for tensor in tensors {
        let (name, dimensions) = (&tensor.name, tensor.shape().len());
        if dimensions > MOST_DIMENSIONS {
            return Err(format!(
                "has \"{name}\" with {dimensions} dimensions, more than {MOST_DIMENSIONS}"
            ));
        }
        if tensor.byte_len() > length {
            return Err(format!(
                "has \"{name}\" in the shape {:?}, which takes more bytes than the file has",
                tensor.shape()
            ));
        }
        sum = sum.saturating_add(tensor.byte_len());
    }
    if sum / MOST_SHARING > length {
        return Err(format!(
            "has tensors that take {sum} bytes together, where the file has {length}"
        ));
    }
    Ok(())
}

/// A tensor as the file describes it; whether its values are finite is not looked at.
pub(crate) fn listed(tensor: &Tensor) -> Result<FileTensor, String> {
    let mut shape = Vec::with_capacity(tensor.shape().len());
    for &size in tensor.shape() {
        let too_large = || format!("has \"{}\" in the shape {:?}", tensor.name, tensor.shape());
        shape.push(u32::try_from(size).map_err(|_| too_large())?);
    }
    Ok(FileTensor {
        name: tensor.name.clone(),
        dtype: dtype_name(tensor.dtype()).to_string(),
        shape,
        not_finite: None,
    })
}

/// The name of a data type in safetensors files.
fn dtype_name(dtype: DType) -> &'static str {
    match dtype {
        DType::F64 => "F64",
        DType::F32 => "F32",
        DType::F16 => "F16",
        DType::BF16 => "BF16",
        DType::I64 => "I64",
        DType::I32 => "I32",
        DType::I16 => "I16",
        DType::I8 => "I8",
        DType::U64 => "U64",
        DType::U32 => "U32",
        DType::U16 => "U16",
        DType::U8 => "U8",
        DType::Bool => "BOOL",
    }
}
