//! The planes that class activation maps look at.

use crate::error::InferenceError;
use crate::images::image_shape;
use crate::loaded::LoadedNetwork;
use convsweep_nn::{SplitNetwork, build_split, device};
use convsweep_spec::data::ImagePreparation;
use convsweep_spec::device::DeviceName;
use convsweep_spec::layer_names::LayerNames;
use convsweep_spec::shape::{Shape, summarize};
use std::collections::HashMap;

/// A network that is divided where its planes are looked at.
pub(super) struct FeaturePlanes {
    pub(super) network: SplitNetwork,
}

impl FeaturePlanes {
    /// Divides the network behind its first `layers` layers, or behind the last layer with planes of
    /// more than one pixel.
    pub(super) fn of(
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
        let device = device(DeviceName::CPU)?;
        let mut network = build_split(model, input, classes, &device, *count)?;
        let values = loaded.network.values_by_name();
        let restored = network.restore(&|name| values.get(name).cloned());
        restored.map_err(|error| InferenceError::OtherNetwork {
            path: loaded.trained.weights.clone(),
            error,
        })?;
        Ok(FeaturePlanes { network })
    }
}
