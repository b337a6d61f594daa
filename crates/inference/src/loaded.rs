//! A trained network in memory.

use crate::error::InferenceError;
use crate::images::{image_shape, image_sides};
use convsweep_data::Normalizer;
use convsweep_files::read_regular;
use convsweep_nn::{Device, Network, build};
use convsweep_spec::inference::{Ensemble, TrainedNetwork};
use convsweep_weights::{LARGEST_FILE, WeightFile};
use std::collections::HashMap;
use std::path::Path;

/// A trained network, and how its inputs are made of images.
pub(crate) struct LoadedNetwork {
    pub(crate) trained: TrainedNetwork,
    pub(crate) network: Network,
    pub(crate) normalizer: Normalizer,
}

impl LoadedNetwork {
    /// Builds the network and reads its weights.
    pub(crate) fn load(
        trained: &TrainedNetwork,
        ensemble: &Ensemble,
        device: &Device,
    ) -> Result<LoadedNetwork, InferenceError> {
        let preparation = &ensemble.preparation;
        let shape = image_shape(preparation);
        let mut network = build(&trained.architecture, shape, ensemble.classes, 0, device)?;
        let path = trained.weights.as_path();
        let values = read_values(path)?;
        let restored = network.restore(&|name| values.get(name).cloned());
        restored.map_err(|error| InferenceError::OtherNetwork {
            path: path.to_owned(),
            error,
        })?;
        let sides = image_sides(preparation);
        Ok(LoadedNetwork {
            trained: trained.clone(),
            network,
            normalizer: Normalizer::new(&trained.normalization, sides),
        })
    }
}

/// The values of all tensors of a file of weights, by name.
fn read_values(path: &Path) -> Result<HashMap<String, Vec<f32>>, InferenceError> {
    let wrong = |problem| InferenceError::Weights {
        path: path.to_owned(),
        problem,
    };
    let bytes = read_regular(path, LARGEST_FILE)?;
    let file = WeightFile::read(&bytes).map_err(wrong)?;
    let mut values = HashMap::new();
    for (i, tensor) in file.tensors.iter().enumerate() {
        if let Some(problem) = tensor.finiteness_problem() {
            return Err(wrong(problem));
        }
        let found = file.values(i).map_err(wrong)?;
        values.insert(tensor.name.clone(), found);
    }
    Ok(values)
}
