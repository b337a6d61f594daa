//! How weights are initialised.

use serde::{Deserialize, Serialize};

/// How weights are initialised. Biases are initialised to zero, except by `Torch`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Init {
    /// Uniform in ±sqrt(6 / (fan_in + fan_out)) (Glorot and Bengio 2010): the default, as in Keras.
    GlorotUniform,
    /// Normal with standard deviation sqrt(2 / fan_in) (He et al. 2015).
    KaimingNormal,
    /// Uniform in ±sqrt(6 / fan_in) (He et al. 2015).
    KaimingUniform,
    /// PyTorch's default: weights and biases uniform in ±1 / sqrt(fan_in).
    Torch,
}
