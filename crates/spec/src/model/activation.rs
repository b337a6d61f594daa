//! Element-wise activations.

use serde::{Deserialize, Serialize};

/// Element-wise activation.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Activation {
    /// max(x, 0).
    Relu,
    /// x above 0, 0.01·x below.
    LeakyRelu,
    /// x above 0, exp(x) − 1 below.
    Elu,
    /// x·Φ(x), exact.
    Gelu,
    /// x·sigmoid(x).
    Silu,
    /// 1 / (1 + exp(−x)).
    Sigmoid,
    /// Hyperbolic tangent.
    Tanh,
    /// x above 0, a·x below, with `a` learned for each channel and 0.25 initially (He et al. 2015).
    Prelu,
    /// min(max(x, 0), 6).
    Relu6,
    /// min(max(x + 3, 0), 6) / 6.
    HardSigmoid,
    /// x·hard-sigmoid(x) (Howard et al. 2019).
    HardSwish,
    /// x·tanh(softplus(x)) (Misra 2019).
    Mish,
    /// 1.0507·(x above 0, 1.6733·(exp(x) − 1) below) (Klambauer et al. 2017).
    Selu,
    /// ln(1 + exp(x)).
    Softplus,
}
