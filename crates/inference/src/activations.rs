//! What a layer makes of images.

use crate::images::{PreparedImages, image_sides};
use crate::loaded::LoadedNetwork;
use crate::planes::FeaturePlanes;
use convsweep_spec::data::ImagePreparation;
use convsweep_spec::inference::{ActivationPlanes, LayerActivations};

/// The first planes of the layer, at most `most`, for each image.
pub(crate) fn activations(
    loaded: &LoadedNetwork,
    preparation: &ImagePreparation,
    prepared: PreparedImages,
    (planes, most): (&FeaturePlanes, usize),
) -> Vec<LayerActivations> {
    let mut images = prepared.pixels.chunks(preparation.values());
    let mut found = Vec::with_capacity(prepared.problems.len());
    for problem in prepared.problems {
        found.push(match problem {
            Some(problem) => LayerActivations::Unreadable(problem),
            None => {
                let pixels = images.next().unwrap_or_default();
                let computed = of_image(loaded, preparation, pixels, (planes, most));
                LayerActivations::Computed(computed)
            }
        });
    }
    found
}

fn of_image(
    loaded: &LoadedNetwork,
    preparation: &ImagePreparation,
    pixels: &[u8],
    (planes, most): (&FeaturePlanes, usize),
) -> ActivationPlanes {
    let mut input = vec![0.0; pixels.len()];
    loaded.normalizer.apply(pixels, &mut input);
    let [channels, height, width] = image_sides(preparation);
    let found = planes.network.planes(input, [1, channels, height, width]);
    let [_, channels, height, width] = found.shape;
    let mut values = found.values;
    values.truncate(most * height * width);
    ActivationPlanes {
        pixels: pixels.to_vec(),
        channels,
        sides: [height, width],
        values,
    }
}
