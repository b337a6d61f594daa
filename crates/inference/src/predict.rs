//! Class probabilities of images.

use crate::images::{PreparedImages, image_sides};
use crate::loaded::LoadedNetwork;
use convsweep_nn::loss::{score_image, score_two_views};
use convsweep_spec::data::ImagePreparation;
use convsweep_spec::inference::Prediction;

/// The probabilities of the classes for each file, the mean over the networks.
pub(crate) fn predict(
    networks: &[LoadedNetwork],
    images: PreparedImages,
    preparation: &ImagePreparation,
) -> Vec<Prediction> {
    let classes = networks.first().map_or(0, |first| first.network.classes());
    let mut means = vec![0.0; images.pixels.len() / preparation.values() * classes];
    for network in networks {
        let found = probabilities(network, &images.pixels, preparation);
        for (mean, probability) in means.iter_mut().zip(found) {
            *mean += f64::from(probability);
        }
    }
    let count = networks.len() as f64;
    let mut of_images = means.chunks(classes.max(1));
    let mut predictions = Vec::with_capacity(images.problems.len());
    for problem in images.problems {
        predictions.push(match problem {
            Some(problem) => Prediction::Unreadable(problem),
            None => {
                let sums = of_images.next().unwrap_or_default();
                Prediction::Classified(sums.iter().map(|sum| (sum / count) as f32).collect())
            }
        });
    }
    predictions
}

/// `[images, classes]` for `pixels` `[images, channels, height, width]`, as a job evaluates its
/// images.
pub(crate) fn probabilities(
    loaded: &LoadedNetwork,
    pixels: &[u8],
    preparation: &ImagePreparation,
) -> Vec<f32> {
    let values = preparation.values();
    let images = pixels.len() / values;
    if images == 0 {
        return Vec::new();
    }
    let mut inputs = vec![0.0; pixels.len()];
    for (input, image) in inputs.chunks_mut(values).zip(pixels.chunks(values)) {
        loaded.normalizer.apply(image, input);
    }
    let [channels, height, width] = image_sides(preparation);
    let shape = [images, channels, height, width];
    let network = &loaded.network;
    let mirrored = loaded.trained.mirrors.then(|| {
        let mut mirrored = inputs.clone();
        loaded.normalizer.mirror(&mut mirrored);
        network.classify(mirrored, shape)
    });
    let logits = network.classify(inputs, shape);
    let classes = network.classes();
    let mut probabilities = vec![0.0; logits.len()];
    for (i, out) in probabilities.chunks_mut(classes).enumerate() {
        let of_image = i * classes..(i + 1) * classes;
        let logits = &logits[of_image.clone()];
        // The label matters to the loss alone, which nobody asks for.
        match &mirrored {
            Some(mirrored) => score_two_views([logits, &mirrored[of_image]], 0, out),
            None => score_image(logits, 0, out),
        };
    }
    probabilities
}
