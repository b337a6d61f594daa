//! Which pixels decide a prediction.
//!
//! Every method gives a map of the image's size. What a map is worth is measured: the pixels that
//! it marks are taken away, or put in first, and the class's probability is followed
//! (`deletion`), beside the same map moved elsewhere. A picture that explains nothing says so.

mod class_activation;
mod deletion;
mod gauss_legendre;
mod integrated_gradients;
mod occlusion;
mod smooth_grad;
mod subject;

use crate::error::InferenceError;
use crate::images::PreparedImages;
use crate::loaded::LoadedNetwork;
use crate::planes::FeaturePlanes;
use crate::predict::probabilities;
use class_activation::{Weighting, class_activation};
use convsweep_spec::data::ImagePreparation;
use convsweep_spec::inference::{
    AttributionMap, AttributionMethod, ExplainRequest, ExplainedImage, Explanation,
};
use deletion::worth;
use subject::Subject;

/// Explains the predictions for some files. The layer that is looked at stays in `planes` for the
/// next request.
pub(crate) fn explain(
    loaded: &LoadedNetwork,
    preparation: &ImagePreparation,
    request: &ExplainRequest,
    planes: &mut Option<FeaturePlanes>,
) -> Result<Vec<Explanation>, InferenceError> {
    let has_cam = request
        .methods
        .iter()
        .any(|method| is_class_activation(*method));
    if has_cam {
        FeaturePlanes::keep(planes, loaded, preparation, &request.layer)?;
    }
    let prepared = PreparedImages::of(&request.images, preparation);
    let mut pixels = prepared.pixels.chunks(preparation.values());
    let mut explanations = Vec::with_capacity(prepared.problems.len());
    for (i, problem) in prepared.problems.iter().enumerate() {
        explanations.push(match problem {
            Some(problem) => Explanation::Unreadable(problem.clone()),
            None => {
                let pixels = pixels.next().unwrap_or_default();
                let class = request.classes.get(i).copied().flatten();
                let explained =
                    explain_image(loaded, preparation, (pixels, class), request, planes);
                Explanation::Explained(Box::new(explained))
            }
        });
    }
    Ok(explanations)
}

fn is_class_activation(method: AttributionMethod) -> bool {
    matches!(
        method,
        AttributionMethod::GradCam | AttributionMethod::HiResCam
    )
}

fn explain_image(
    loaded: &LoadedNetwork,
    preparation: &ImagePreparation,
    (pixels, class): (&[u8], Option<u16>),
    request: &ExplainRequest,
    planes: &Option<FeaturePlanes>,
) -> ExplainedImage {
    let probabilities = probabilities(loaded, pixels, preparation);
    let class = class.map_or_else(|| most_probable(&probabilities), usize::from);
    let subject = Subject::new(loaded, preparation, pixels, class);
    let mut maps = Vec::with_capacity(request.methods.len());
    for method in &request.methods {
        let values = match (method, planes) {
            (AttributionMethod::GradCam, Some(planes)) => {
                class_activation(planes, &subject, Weighting::MeanGradient)
            }
            (AttributionMethod::HiResCam, Some(planes)) => {
                class_activation(planes, &subject, Weighting::Gradient)
            }
            (AttributionMethod::IntegratedGradients, _) => {
                subject.over_channels(&integrated_gradients::attributions(&subject))
            }
            (AttributionMethod::SmoothGrad, _) => {
                subject.over_channels(&smooth_grad::attributions(&subject))
            }
            (AttributionMethod::Occlusion, _) => occlusion::attributions(&subject),
            (AttributionMethod::GradCam | AttributionMethod::HiResCam, None) => continue,
        };
        maps.push(AttributionMap {
            method: *method,
            worth: request.judged.then(|| worth(&subject, &values)),
            values,
        });
    }
    ExplainedImage {
        probabilities,
        class: class as u16,
        pixels: pixels.to_vec(),
        maps,
    }
}

/// The class with the highest probability; of equal ones the first.
fn most_probable(probabilities: &[f32]) -> usize {
    let mut best = 0;
    for (class, probability) in probabilities.iter().enumerate() {
        if *probability > probabilities[best] {
            best = class;
        }
    }
    best
}
