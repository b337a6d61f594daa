//! The image and the class that are explained.

use crate::images::image_sides;
use crate::loaded::LoadedNetwork;
use convsweep_nn::loss::score_image;
use convsweep_spec::data::ImagePreparation;

/// Images that are computed together at most.
const BATCH: usize = 16;

/// The image and the class that are explained, and the network that classified it.
pub(super) struct Subject<'a> {
    pub(super) loaded: &'a LoadedNetwork,
    /// The normalised image, `[channels, height, width]`. Zero is the mean colour of the training
    /// images where the job standardised them.
    pub(super) input: Vec<f32>,
    pub(super) channels: usize,
    pub(super) height: usize,
    pub(super) width: usize,
    pub(super) class: usize,
}

impl<'a> Subject<'a> {
    pub(super) fn new(
        loaded: &'a LoadedNetwork,
        preparation: &ImagePreparation,
        pixels: &[u8],
        class: usize,
    ) -> Subject<'a> {
        let mut input = vec![0.0; pixels.len()];
        loaded.normalizer.apply(pixels, &mut input);
        let [channels, height, width] = image_sides(preparation);
        Subject {
            loaded,
            input,
            channels,
            height,
            width,
            class,
        }
    }

    /// Number of pixels.
    pub(super) fn plane(&self) -> usize {
        self.height * self.width
    }

    /// Shape of so many such images.
    pub(super) fn shape(&self, images: usize) -> [usize; 4] {
        [images, self.channels, self.height, self.width]
    }

    /// The logits of the class for images like this one.
    pub(super) fn logits(&self, images: &[Vec<f32>]) -> Vec<f32> {
        self.of_class(images, |logits| logits[self.class])
    }

    /// The probabilities of the class for images like this one.
    pub(super) fn probabilities(&self, images: &[Vec<f32>]) -> Vec<f32> {
        self.of_class(images, |logits| {
            let mut probabilities = vec![0.0; logits.len()];
            score_image(logits, 0, &mut probabilities);
            probabilities[self.class]
        })
    }

    fn of_class(&self, images: &[Vec<f32>], value: impl Fn(&[f32]) -> f32) -> Vec<f32> {
        let network = &self.loaded.network;
        let mut values = Vec::with_capacity(images.len());
        for batch in images.chunks(BATCH) {
            let logits = network.classify(batch.concat(), self.shape(batch.len()));
            values.extend(logits.chunks(network.classes()).map(&value));
        }
        values
    }

    /// The gradients of the class's logit with respect to images like this one.
    pub(super) fn gradients(&self, images: &[Vec<f32>]) -> Vec<Vec<f32>> {
        let network = &self.loaded.network;
        let mut gradients = Vec::with_capacity(images.len());
        for batch in images.chunks(BATCH) {
            let weights = self.one_hot(batch.len());
            let shape = self.shape(batch.len());
            let found = network.image_gradients(batch.concat(), shape, weights);
            let images = found.gradients.chunks(self.input.len());
            gradients.extend(images.map(<[f32]>::to_vec));
        }
        gradients
    }

    /// `[images, classes]`: 1 at the class.
    pub(super) fn one_hot(&self, images: usize) -> Vec<f32> {
        let classes = self.loaded.network.classes();
        let mut weights = vec![0.0; images * classes];
        for of_image in weights.chunks_mut(classes) {
            of_image[self.class] = 1.0;
        }
        weights
    }

    /// The sum over the channels for each pixel.
    pub(super) fn over_channels(&self, values: &[f32]) -> Vec<f32> {
        let mut sums = vec![0.0; self.plane()];
        for channel in values.chunks(self.plane()) {
            for (sum, value) in sums.iter_mut().zip(channel) {
                *sum += value;
            }
        }
        sums
    }
}
