//! Which published network a file of weights holds, by the names and shapes of its tensors, and how
//! an experiment file asks for that network.

mod families;
mod layers;
#[cfg(test)]
mod tests;

use crate::file_tensor::FileTensor;
use layers::Layers;

/// A published network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownNetwork {
    /// Its name in torchvision, such as `resnet18`.
    pub name: &'static str,
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

/// The published network that a file with these tensors holds, if it is one of torchvision's (or
/// timm's, where they have the same names).
pub fn recognise(tensors: &[FileTensor]) -> Option<KnownNetwork> {
    let layers = Layers::of(tensors);
    let families = [
        families::resnet,
        families::vgg,
        families::mobilenet,
        families::squeezenet,
        families::densenet,
        families::googlenet,
    ];
    families.iter().find_map(|family| family(&layers))
}
