//! Whether the maps of a method are worth more than chance, over all images.

use convsweep_spec::inference::{AttributionMethod, DeletionCurves, ExplainedImage};
use convsweep_spec::words::counted;
use std::collections::BTreeMap;

/// What the maps of each method were worth.
#[derive(Default)]
pub struct Worth(BTreeMap<AttributionMethod, MethodWorth>);

#[derive(Clone, Copy, Default)]
struct MethodWorth {
    images: u32,
    /// Images whose probability fell faster than at random.
    better: u32,
    sum: DeletionCurves,
    random: DeletionCurves,
}

impl Worth {
    /// Counts the maps of an image.
    pub fn count(&mut self, image: &ExplainedImage) {
        for map in &image.maps {
            let worth = self.0.entry(map.method).or_default();
            worth.images += 1;
            worth.better += u32::from(map.curves.deletion < image.random.deletion);
            worth.sum.deletion += map.curves.deletion;
            worth.sum.insertion += map.curves.insertion;
            worth.random.deletion += image.random.deletion;
            worth.random.insertion += image.random.insertion;
        }
    }

    /// A sentence for each method.
    pub fn in_words(&self) -> Vec<String> {
        let sentences = self.0.iter();
        sentences
            .map(|(method, worth)| worth.in_words(*method))
            .collect()
    }
}

impl MethodWorth {
    fn in_words(&self, method: AttributionMethod) -> String {
        let mean = |sum: f32| sum / self.images.max(1) as f32;
        let (deletion, at_random) = (mean(self.sum.deletion), mean(self.random.deletion));
        let judgement = match deletion < at_random && 2 * self.better > self.images {
            true => "taking away what it marks hurts more than taking away pixels at random",
            false => "it marks nothing that matters more than pixels at random: do not believe it",
        };
        format!(
            "{}: {judgement} (in {} of {}; mean probability {deletion:.2} against {at_random:.2} \
            while pixels go, {:.2} against {:.2} while they come)",
            method.name(),
            self.better,
            counted(self.images.into(), "image"),
            mean(self.sum.insertion),
            mean(self.random.insertion),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use convsweep_spec::inference::AttributionMap;

    fn image(deletion: f32) -> ExplainedImage {
        let curves = |deletion| DeletionCurves {
            deletion,
            insertion: 0.5,
        };
        ExplainedImage {
            probabilities: vec![],
            class: 0,
            pixels: vec![],
            maps: vec![AttributionMap {
                method: AttributionMethod::GradCam,
                values: vec![],
                curves: curves(deletion),
            }],
            random: curves(0.5),
        }
    }

    #[test]
    fn maps_that_are_no_better_than_chance_are_called_so() {
        let mut worth = Worth::default();
        worth.count(&image(0.25));
        worth.count(&image(0.75));
        worth.count(&image(0.25));
        let words = worth.in_words().pop().expect("one");
        assert!(words.contains("hurts more than"), "{words}");
        assert!(words.contains("in 2 of 3 images; mean probability 0.42 against 0.50"));
        worth.count(&image(0.75));
        let words = worth.in_words().pop().expect("one");
        assert!(words.contains("do not believe it"), "{words}");
    }
}
