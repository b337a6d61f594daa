//! Which pixels decide a prediction.

use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Images whose predictions are to be explained.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExplainRequest {
    /// The images.
    pub images: RequestedImages,
    /// For each image the class that is explained; the predicted one if `None`.
    pub classes: Vec<Option<u16>>,
    /// The methods.
    pub methods: Vec<AttributionMethod>,
    /// Whether each map is judged, which costs as much as classifying
    /// [`ExplainRequest::IMAGES_OF_JUDGEMENT`] images.
    pub judged: bool,
    /// Name of the layer whose planes class activation maps look at ([`crate::layer_names`]), which
    /// may be in a structure; `None` for the last one of the model's own list with planes of several
    /// pixels.
    pub layer: Option<String>,
}

impl ExplainRequest {
    /// Images that are classified to judge a map: 21 steps, there and back, for the map and for it
    /// in three other places.
    pub const IMAGES_OF_JUDGEMENT: u64 = 21 * 2 * 4;
}

/// Images of a request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RequestedImages {
    /// Files, which are read and prepared.
    Files(Vec<PathBuf>),
    /// Images as the network reads them, before normalisation: `[channels, height, width]` each.
    Pixels(Vec<Vec<u8>>),
}

/// A method that says how much each pixel matters for a class.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AttributionMethod {
    /// Planes weighted by their mean gradients (Selvaraju et al. 2017).
    GradCam,
    /// Planes multiplied by their gradients (Draelos and Carin 2020).
    HiResCam,
    /// Gradients along the way from a mean-coloured image, times the difference (Sundararajan et
    /// al. 2017).
    IntegratedGradients,
    /// Mean of the gradients' sizes over images with noise (Smilkov et al. 2017).
    SmoothGrad,
    /// How much the logit falls where a patch is covered (Zeiler and Fergus 2014).
    Occlusion,
}

impl AttributionMethod {
    /// All methods.
    pub const ALL: [AttributionMethod; 5] = [
        AttributionMethod::GradCam,
        AttributionMethod::HiResCam,
        AttributionMethod::IntegratedGradients,
        AttributionMethod::SmoothGrad,
        AttributionMethod::Occlusion,
    ];

    /// The name that a user writes.
    pub fn name(self) -> &'static str {
        match self {
            AttributionMethod::GradCam => "grad-cam",
            AttributionMethod::HiResCam => "hires-cam",
            AttributionMethod::IntegratedGradients => "integrated-gradients",
            AttributionMethod::SmoothGrad => "smooth-grad",
            AttributionMethod::Occlusion => "occlusion",
        }
    }
}

/// The explanations of one image.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Explanation {
    /// What the methods say.
    Explained(Box<ExplainedImage>),
    /// The file is no image that can be read; why, phrased to follow its name.
    Unreadable(String),
}

/// What methods say of one image.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExplainedImage {
    /// The probability of each class.
    pub probabilities: Vec<f32>,
    /// The class that is explained.
    pub class: u16,
    /// The image as the network reads it, before normalisation: `[channels, height, width]`.
    pub pixels: Vec<u8>,
    /// One map for each method.
    pub maps: Vec<AttributionMap>,
}

/// How much each pixel matters, by one method.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AttributionMap {
    /// The method.
    pub method: AttributionMethod,
    /// `[height, width]`; what speaks for the class is above 0.
    pub values: Vec<f32>,
    /// What it is worth, if the request asked for a judgement.
    pub worth: Option<MapWorth>,
}

/// What a map is worth.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MapWorth {
    /// What happens to the prediction if pixels go or come in the order of the map.
    pub own: DeletionCurves,
    /// The mean of the same for the map moved to other places, where it means nothing: pixels of
    /// the same shape.
    pub moved: DeletionCurves,
}

impl MapWorth {
    /// How much more the probability changes by the map's pixels than by the same shape elsewhere:
    /// the mean over both curves.
    pub fn effect(&self) -> f32 {
        (self.own.gain() - self.moved.gain()) / 2.0
    }
}

impl AttributionMap {
    /// Whether nothing in it speaks for the class.
    pub fn is_empty(&self) -> bool {
        self.values.iter().all(|value| *value <= 0.0)
    }

    /// Whether its pixels matter more than the same shape elsewhere, by both curves together; not
    /// if it was not judged.
    pub fn is_better(&self) -> bool {
        let is_better = |worth: &MapWorth| worth.own.gain() > worth.moved.gain() + SMALLEST_GAIN;
        !self.is_empty() && self.worth.as_ref().is_some_and(is_better)
    }
}

/// Differences of areas below this are rounding.
const SMALLEST_GAIN: f32 = 1e-4;

/// Areas under the curves of the class's probability while pixels are taken away from the image,
/// or put into an image of the mean colour (Petsiuk et al. 2018). A good map has a low first and a
/// high second area.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DeletionCurves {
    /// Mean probability while the pixels that matter most are taken away first.
    pub deletion: f32,
    /// Mean probability while the pixels that matter most are put in first.
    pub insertion: f32,
}

impl DeletionCurves {
    /// Insertion less deletion: the higher, the more the pixels that come first matter.
    pub fn gain(&self) -> f32 {
        self.insertion - self.deletion
    }
}
