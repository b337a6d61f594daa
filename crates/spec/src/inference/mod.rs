//! What a worker is asked about trained networks, and what it answers.

mod ensemble;
mod explain;
mod reply;
mod request;

pub use ensemble::{Ensemble, TrainedNetwork};
pub use explain::{
    AttributionMap, AttributionMethod, DeletionCurves, ExplainRequest, ExplainedImage, Explanation,
    MapWorth, RequestedImages,
};
pub use reply::{ActivationPlanes, Exported, InferenceReply, LayerActivations, Prediction};
pub use request::{Export, ExportCheck, InferenceRequest, RecordedPrediction};
