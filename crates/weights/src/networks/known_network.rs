//! What is known of a published network.

/// A published network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownNetwork {
    /// Its name in torchvision, such as `resnet18` or `vgg11_bn`.
    pub name: String,
    /// Number of classes; `None` if the file has no head.
    pub classes: Option<u32>,
    /// The shipped architecture that computes the same, if there is one.
    pub preset: Option<&'static str>,
    /// The preset's parameters, as the inside of a TOML table.
    pub parameters: String,
    /// How torchvision's own trained weights of this network expect pixels, as the inside of a TOML
    /// table.
    pub normalize: &'static str,
}
