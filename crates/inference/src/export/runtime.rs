//! Computes an ONNX file by the operators of another program.

use convsweep_onnx::OnnxFile;
use rten::{Model, NodeId, Value};
use rten_tensor::prelude::*;
use rten_tensor::{NdTensor, Tensor};

/// An ONNX file that was loaded.
pub(super) struct OnnxRuntime {
    model: Model,
    input: NodeId,
    output: NodeId,
}

/// A batch of images as the file reads them.
pub(super) enum OnnxInput {
    /// `[images, height, width, channels]`.
    Bytes(Vec<u8>, [usize; 4]),
    /// `[images, channels, height, width]`.
    Floats(Vec<f32>, [usize; 4]),
}

impl OnnxRuntime {
    /// Loads the content of a file; an error says why it cannot be.
    pub(super) fn load(file: &OnnxFile) -> Result<OnnxRuntime, String> {
        let model = Model::load(file.bytes.clone()).map_err(|error| error.to_string())?;
        let node = |name: &str| model.node_id(name).map_err(|error| error.to_string());
        let (input, output) = (node(&file.input)?, node(&file.output)?);
        Ok(OnnxRuntime {
            model,
            input,
            output,
        })
    }

    /// The output for a batch, `[images, classes]`.
    pub(super) fn run(&self, input: OnnxInput) -> Result<Vec<f32>, String> {
        let value: Value = match input {
            OnnxInput::Bytes(values, shape) => NdTensor::from_data(shape, values).into(),
            OnnxInput::Floats(values, shape) => NdTensor::from_data(shape, values).into(),
        };
        let inputs = vec![(self.input, value.into())];
        let outputs = self.model.run(inputs, &[self.output], None);
        let mut outputs = outputs.map_err(|error| error.to_string())?;
        let output = outputs.pop().ok_or("it has no output")?;
        let output: Tensor<f32> = output
            .try_into()
            .map_err(|_| "its output is not of floats")?;
        Ok(output.to_vec())
    }
}
