//! The layer whose planes are looked at.

use crate::error::InferenceError;
use crate::images::image_shape;
use crate::loaded::LoadedNetwork;
use convsweep_nn::ObservedNetwork;
use convsweep_spec::data::ImagePreparation;
use convsweep_spec::shape::{Shape, summarize};

/// A network and the layer in it whose planes are looked at.
pub(crate) struct FeaturePlanes {
    pub(crate) network: ObservedNetwork,
    /// Name of the layer.
    pub(crate) layer: String,
    /// The layer that the request wanted.
    wanted: Option<String>,
}

impl FeaturePlanes {
    /// Those of the layer that a request wants. `kept` are those of the last request, and then of
    /// this one.
    pub(crate) fn keep<'a>(
        kept: &'a mut Option<FeaturePlanes>,
        loaded: &LoadedNetwork,
        preparation: &ImagePreparation,
        wanted: &Option<String>,
    ) -> Result<&'a FeaturePlanes, InferenceError> {
        let planes = match kept.take() {
            Some(planes) if planes.wanted == *wanted => planes,
            _ => FeaturePlanes::of(loaded, preparation, wanted)?,
        };
        Ok(kept.insert(planes))
    }

    /// Those of the layer with this name, or of the last one of the model's own list that has planes
    /// of more than one pixel.
    fn of(
        loaded: &LoadedNetwork,
        preparation: &ImagePreparation,
        wanted: &Option<String>,
    ) -> Result<FeaturePlanes, InferenceError> {
        let model = &loaded.trained.architecture;
        let input = image_shape(preparation);
        let summary = summarize(model, input, loaded.network.classes() as u32)?;
        let has_planes = |output: Shape| match output {
            Shape::Image { height, width, .. } => height * width > 1,
            Shape::Flat(_) => false,
        };
        let layers = summary.layers.iter();
        let layers = layers.filter(|layer| has_planes(layer.output));
        let mut names: Vec<&str> = layers.map(|layer| layer.name.as_str()).collect();
        let found = match wanted {
            None => names.iter().rfind(|name| !name.contains('.')),
            Some(wanted) => names.iter().find(|name| *name == wanted),
        };
        let Some(&layer) = found else {
            if names.is_empty() {
                names.push("none");
            }
            return Err(InferenceError::NoPlanes(format!(
                "a layer with planes of several pixels is needed; this network has {}",
                names.join(", ")
            )));
        };
        Ok(FeaturePlanes {
            network: loaded.network.observed(model, input, layer)?,
            layer: layer.to_string(),
            wanted: wanted.clone(),
        })
    }
}
