//! The loss function.

use serde::{Deserialize, Serialize};

/// Softmax cross-entropy with optional modifications; the default has none.
///
/// For target probabilities t, class weights w and predicted probabilities p, the loss is the mean
/// over a batch's images of −Σ w·t·(1 − p)^focal·ln p over the classes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Loss {
    /// Label smoothing (Szegedy et al. 2016): share of each target that is spread evenly over all
    /// classes.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub label_smoothing: f64,
    /// Focal loss (Lin et al. 2017): exponent that lowers the weight of images already classified
    /// well.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub focal: f64,
    /// Weights of the classes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class_weights: Option<ClassWeights>,
}

/// Weights of the classes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClassWeights {
    /// Images / (classes · images of the class), so that the mean weight of a training image is 1.
    Balanced,
    /// These weights, by label, used as they are.
    Given(Vec<f64>),
}

impl Loss {
    /// Whether this is plain cross-entropy.
    pub fn is_plain(&self) -> bool {
        *self == Loss::default()
    }
}

fn is_zero(value: &f64) -> bool {
    *value == 0.0
}
