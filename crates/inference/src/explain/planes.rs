//! The planes that class activation maps look at.

use crate::error::InferenceError;
use crate::images::image_shape;
use crate::loaded::LoadedNetwork;
use convsweep_nn::SplitNetwork;
use convsweep_spec::data::ImagePreparation;
use convsweep_spec::layer_names::LayerNames;
use convsweep_spec::shape::{Shape, summarize};
use std::collections::HashMap;

/// A network that is divided where its planes are looked at.
pub(crate) struct FeaturePlanes {
    pub(super) network: SplitNetwork,
    /// Where the request wanted it divided.
    layers: Option<usize>,
}

impl FeaturePlanes {
    /// Divides the network where the request wants it, unless `divided` is.
    pub(super) fn keep(
        divided: &mut Option<FeaturePlanes>,
        loaded: &LoadedNetwork,
        preparation: &ImagePreparation,
        layers: Option<usize>,
    ) -> Result<(), InferenceError> {
        if divided
            .as_ref()
            .is_none_or(|planes| planes.layers != layers)
        {
            *divided = Some(FeaturePlanes::of(loaded, preparation, layers)?);
        }
        Ok(())
    }

    /// Divides the network behind its first `layers` layers, or behind the last layer with planes of
    /// more than one pixel.
    fn of(
        loaded: &LoadedNetwork,
        preparation: &ImagePreparation,
        layers: Option<usize>,
    ) -> Result<FeaturePlanes, InferenceError> {
        let model = &loaded.trained.architecture;
        let input = image_shape(preparation);
        let classes = loaded.network.classes() as u32;
        let summary = summarize(model, input, classes)?;
        let outputs: HashMap<&str, Shape> = summary
            .layers
            .iter()
            .map(|layer| (layer.name.as_str(), layer.output))
            .collect();
        let mut names = LayerNames::of_model();
        let mut with_planes = Vec::new();
        for (i, layer) in model.layers.iter().enumerate() {
            let name = names.next(layer.kind());
            let output = outputs.get(name.as_str());
            if let Some(Shape::Image { height, width, .. }) = output
                && height * width > 1
            {
                with_planes.push((i + 1, name));
            }
        }
        let wanted = match layers {
            None => with_planes.last(),
            Some(layers) => with_planes.iter().find(|(count, _)| *count == layers),
        };
        let Some((count, _)) = wanted else {
            let names: Vec<&str> = with_planes.iter().map(|(_, name)| name.as_str()).collect();
            return Err(InferenceError::NoPlanes(format!(
                "a class activation map needs a layer with planes of several pixels; this network \
                 has {}",
                match names.is_empty() {
                    true => "none".to_string(),
                    false => names.join(", "),
                }
            )));
        };
        let network = loaded.network.divided(model, input, *count)?;
        Ok(FeaturePlanes { network, layers })
    }
}
