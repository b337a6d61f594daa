//! A file of weights: what it lists, and the values of each tensor on demand.

use crate::file_tensor::FileTensor;
use crate::pytorch::{self, Container};
use crate::safetensors;
use convsweep_spec::weights::ModelDescription;
use pytorch_reader::Tensor;
use std::ops::Range;

/// How a file of weights is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WeightFormat {
    /// A safetensors file.
    Safetensors,
    /// A zip archive of PyTorch, since 1.6.
    PytorchZip,
    /// A stream of pickles of PyTorch, 0.1.10 to 1.5.
    PytorchStream,
    /// A tar archive of PyTorch before 0.1.10.
    PytorchTar,
}

/// The tensors of a file of weights.
pub struct WeightFile<'a> {
    /// All tensors, sorted by name.
    pub tensors: Vec<FileTensor>,
    /// How it is written.
    pub format: WeightFormat,
    /// Keys of the dictionaries around the model in a file of PyTorch, such as `state_dict`; names
    /// of tensors are without them.
    pub wrapper: Vec<String>,
    values: TensorValues<'a>,
}

/// Where the values of the tensors are, in their order.
enum TensorValues<'a> {
    InFile(&'a [u8], Vec<Range<usize>>),
    Pytorch(Vec<Tensor>),
}

/// Lists the tensors of a file of weights and looks at all values.
///
/// # Errors
/// The reason why it is not a valid one, phrased to follow the file's name.
pub fn read(file: &[u8]) -> Result<Vec<FileTensor>, String> {
    WeightFile::read(file).map(|file| file.tensors)
}

impl<'a> WeightFile<'a> {
    /// Lists the tensors of a file of weights and looks at all values.
    ///
    /// # Errors
    /// The reason why it is not a valid one, phrased to follow the file's name.
    pub fn read(file: &'a [u8]) -> Result<WeightFile<'a>, String> {
        let mut found = match pytorch::container(file) {
            Some(container) => WeightFile::of_pytorch(file, container)?,
            None => WeightFile::of_safetensors(file)?,
        };
        for i in 0..found.tensors.len() {
            if found.tensors[i].is_floating() {
                let values = found.values(i)?;
                found.tensors[i].not_finite = values.iter().position(|value| !value.is_finite());
            }
        }
        Ok(found)
    }

    /// Reads the values of the tensor with this index, converted to f32, in row-major order.
    ///
    /// # Errors
    /// If they are not floating-point numbers, or their number does not match the shape.
    pub fn values(&self, index: usize) -> Result<Vec<f32>, String> {
        let tensor = self.tensors.get(index);
        let tensor = tensor.ok_or_else(|| format!("has no tensor {index}"))?;
        if !tensor.is_floating() {
            return Err(tensor.not_floating());
        }
        match &self.values {
            TensorValues::InFile(file, ranges) => {
                let bytes = ranges.get(index).and_then(|range| file.get(range.clone()));
                tensor.convert(bytes.unwrap_or_default())
            }
            TensorValues::Pytorch(tensors) => {
                let bytes = tensors.get(index).map(pytorch::value_bytes);
                tensor.convert(&bytes.transpose()?.unwrap_or_default())
            }
        }
    }

    /// What a file that this program wrote says of itself.
    pub fn description(&self) -> Option<ModelDescription> {
        match &self.values {
            TensorValues::InFile(file, _) => ModelDescription::read(file),
            TensorValues::Pytorch(_) => None,
        }
    }

    fn of_safetensors(file: &'a [u8]) -> Result<WeightFile<'a>, String> {
        let (mut tensors, mut ranges) = (Vec::new(), Vec::new());
        for (tensor, range) in safetensors::read(file)? {
            tensors.push(tensor);
            ranges.push(range);
        }
        Ok(WeightFile {
            tensors,
            format: WeightFormat::Safetensors,
            wrapper: vec![],
            values: TensorValues::InFile(file, ranges),
        })
    }

    fn of_pytorch(file: &[u8], container: Container) -> Result<WeightFile<'a>, String> {
        let read = pytorch::read(file, container)?;
        let tensors: Result<_, _> = read.tensors.iter().map(pytorch::listed).collect();
        Ok(WeightFile {
            tensors: tensors?,
            format: match read.container {
                Container::Zip => WeightFormat::PytorchZip,
                Container::Tar => WeightFormat::PytorchTar,
                Container::Stream => WeightFormat::PytorchStream,
            },
            wrapper: read.wrapper,
            values: TensorValues::Pytorch(read.tensors),
        })
    }
}
