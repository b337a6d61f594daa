//! The filters of a network's first layer, from the file of its weights.

use super::whole_file;
use convsweep_spec::layer_names::{LayerNames, part, role};
use convsweep_spec::layout::MODEL;
use convsweep_spec::model::{Layer, ModelSpec};
use safetensors::{Dtype, SafeTensors};
use std::path::Path;

/// The filters of a first convolution.
#[derive(Clone, Debug, PartialEq)]
pub struct FirstFilters {
    /// Name of the layer.
    pub layer: String,
    /// Seed of the network.
    pub seed: u64,
    /// Channels of the images: 1 or 3.
    pub channels: usize,
    /// Height of a filter.
    pub height: usize,
    /// Width of a filter.
    pub width: usize,
    /// The weights: `[filters, channels, height, width]`.
    pub weights: Vec<f32>,
}

impl FirstFilters {
    /// Reads the filters of `model` from the weights in the job's folder, whose file must have the
    /// `hash` of the job's log; `None` if its first layer with weights is no plain convolution over
    /// 1 or 3 channels, or if it is 1×1.
    ///
    /// # Errors
    /// Why the file cannot be used.
    pub fn read(
        folder: &Path,
        hash: Option<&str>,
        model: &ModelSpec,
        seed: u64,
    ) -> Result<Option<FirstFilters>, String> {
        let Some(layer) = first_convolution(model) else {
            return Ok(None);
        };
        let bytes = whole_file::read(&folder.join(MODEL), hash).map_err(|e| e.to_string())?;
        let file = SafeTensors::deserialize(&bytes).map_err(|e| e.to_string())?;
        let name = part(&layer, role::WEIGHT);
        let tensor = file.tensor(&name).map_err(|e| e.to_string())?;
        let (&[_, channels, height, width], Dtype::F32) = (tensor.shape(), tensor.dtype()) else {
            return Err(format!(
                "{name} is not f32 [filters, channels, height, width]"
            ));
        };
        if !matches!(channels, 1 | 3) || height * width < 2 {
            return Ok(None);
        }
        let (numbers, _) = tensor.data().as_chunks();
        Ok(Some(FirstFilters {
            layer,
            seed,
            channels,
            height,
            width,
            weights: numbers.iter().map(|b| f32::from_le_bytes(*b)).collect(),
        }))
    }

    /// Number of filters.
    pub fn count(&self) -> usize {
        self.weights.len() / self.size()
    }

    /// Weights of filter `i`: `[channels, height, width]`.
    pub fn filter(&self, i: usize) -> &[f32] {
        &self.weights[i * self.size()..(i + 1) * self.size()]
    }

    fn size(&self) -> usize {
        self.channels * self.height * self.width
    }
}

/// Name of the first layer with weights, if it is a convolution over all channels.
fn first_convolution(model: &ModelSpec) -> Option<String> {
    let mut names = LayerNames::of_model();
    for layer in &model.layers {
        let name = names.next(layer.kind());
        match layer {
            Layer::Conv(conv) => return (conv.groups == 1).then_some(name),
            Layer::Pool(_) | Layer::Norm { .. } | Layer::Activation { .. } | Layer::Pad(_) => {}
            Layer::Dropout { .. } | Layer::SpatialDropout { .. } | Layer::Upsample(_) => {}
            _ => return None,
        }
    }
    None
}
