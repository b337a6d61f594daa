//! The networks that are loaded, and the answers to requests.

use crate::activations::activations;
use crate::error::InferenceError;
use crate::explain::explain;
use crate::export::export;
use crate::images::PreparedImages;
use crate::loaded::LoadedNetwork;
use crate::planes::FeaturePlanes;
use crate::predict::predict;
use convsweep_nn::{device, use_threads};
use convsweep_spec::data::ImagePreparation;
use convsweep_spec::inference::{Ensemble, InferenceReply, InferenceRequest};

/// Answers requests with the networks that were loaded last.
#[derive(Default)]
pub struct Inference {
    loaded: Option<LoadedEnsemble>,
}

struct LoadedEnsemble {
    networks: Vec<LoadedNetwork>,
    preparation: ImagePreparation,
    /// The layer that the last request for planes looked at.
    planes: Option<FeaturePlanes>,
}

/// The one network that is loaded.
fn only(networks: &[LoadedNetwork]) -> Result<&LoadedNetwork, InferenceError> {
    match networks {
        [network] => Ok(network),
        several => Err(InferenceError::Several(several.len())),
    }
}

impl Inference {
    /// Carries out a request.
    pub fn answer(&mut self, request: &InferenceRequest) -> InferenceReply {
        let reply = match request {
            InferenceRequest::Load(ensemble) => self.load(ensemble),
            InferenceRequest::Predict { images } => {
                self.loaded().map(|loaded| InferenceReply::Predicted {
                    images: predict(
                        &loaded.networks,
                        PreparedImages::read(images, &loaded.preparation),
                        &loaded.preparation,
                    ),
                })
            }
            InferenceRequest::Explain(request) => self.loaded().and_then(|loaded| {
                let network = only(&loaded.networks)?;
                let planes = &mut loaded.planes;
                let images = explain(network, &loaded.preparation, request, planes)?;
                Ok(InferenceReply::Explained { images })
            }),
            InferenceRequest::Activate {
                images,
                layer,
                most,
            } => self.loaded().and_then(|loaded| {
                let network = only(&loaded.networks)?;
                let preparation = &loaded.preparation;
                let kept = &mut loaded.planes;
                let planes = FeaturePlanes::keep(kept, network, preparation, layer)?;
                let prepared = PreparedImages::read(images, preparation);
                Ok(InferenceReply::Activated {
                    layer: planes.layer.clone(),
                    images: activations(network, preparation, prepared, (planes, *most)),
                })
            }),
            InferenceRequest::Export(request) => self.loaded().and_then(|loaded| {
                let exported = export(only(&loaded.networks)?, &loaded.preparation, request)?;
                Ok(InferenceReply::Exported(exported))
            }),
        };
        reply.unwrap_or_else(|error| InferenceReply::Refused {
            reason: error.to_string(),
        })
    }

    fn load(&mut self, ensemble: &Ensemble) -> Result<InferenceReply, InferenceError> {
        self.loaded = None;
        use_threads(ensemble.threads as usize);
        let device = device(ensemble.device)?;
        let mut networks = Vec::with_capacity(ensemble.networks.len());
        for trained in &ensemble.networks {
            networks.push(LoadedNetwork::load(trained, ensemble, &device)?);
        }
        self.loaded = Some(LoadedEnsemble {
            networks,
            preparation: ensemble.preparation.clone(),
            planes: None,
        });
        Ok(InferenceReply::Loaded)
    }

    fn loaded(&mut self) -> Result<&mut LoadedEnsemble, InferenceError> {
        self.loaded.as_mut().ok_or(InferenceError::NothingLoaded)
    }
}
