//! Which published network a file of weights holds, by the names and shapes of its tensors, and how
//! an experiment file asks for that network.

mod families;
mod known_network;
mod layers;
#[cfg(test)]
mod tests;

use crate::file_tensor::FileTensor;
use layers::Layers;

pub use known_network::KnownNetwork;

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
