//! The networks that are loaded, and the answers to requests.

use crate::error::InferenceError;
use crate::explain::explain;
use crate::export::export;
use crate::images::PreparedImages;
use crate::loaded::LoadedNetwork;
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
}

impl LoadedEnsemble {
    /// The one network that is loaded.
    fn only(&self) -> Result<&LoadedNetwork, InferenceError> {
        match self.networks.as_slice() {
            [network] => Ok(network),
            several => Err(InferenceError::Several(several.len())),
        }
    }
}

impl Inference {
    /// Carries out a request.
    pub fn answer(&mut self, request: &InferenceRequest) -> InferenceReply {
        let reply = match request {
            InferenceRequest::Load(ensemble) => self.load(ensemble),
            InferenceRequest::Predict { number, images } => {
                self.loaded().map(|loaded| InferenceReply::Predicted {
                    number: *number,
                    images: predict(
                        &loaded.networks,
                        PreparedImages::read(images, &loaded.preparation),
                        &loaded.preparation,
                    ),
                })
            }
            InferenceRequest::Explain(request) => self.loaded().and_then(|loaded| {
                let images = explain(loaded.only()?, &loaded.preparation, request)?;
                let number = request.number;
                Ok(InferenceReply::Explained { number, images })
            }),
            InferenceRequest::Export(request) => self.loaded().and_then(|loaded| {
                let exported = export(loaded.only()?, &loaded.preparation, request)?;
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
        });
        Ok(InferenceReply::Loaded)
    }

    fn loaded(&self) -> Result<&LoadedEnsemble, InferenceError> {
        self.loaded.as_ref().ok_or(InferenceError::NothingLoaded)
    }
}
