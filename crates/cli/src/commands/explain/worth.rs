//! Whether the maps of a method are worth more than chance, over all images.

use convsweep_answers::Credibility;
use convsweep_spec::inference::{AttributionMethod, DeletionCurves, ExplainedImage, MapWorth};
use convsweep_spec::words::counted;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What the maps of each method were worth.
#[derive(Default)]
pub struct Worth(BTreeMap<AttributionMethod, MethodWorth>);

#[derive(Clone, Copy, Default)]
struct MethodWorth {
    images: u64,
    /// Images whose map is better than when it is moved elsewhere.
    better: u64,
    /// Images whose map marks nothing.
    empty: u64,
    own: DeletionCurves,
    moved: DeletionCurves,
}

impl Worth {
    /// Counts the maps of an image.
    pub fn count(&mut self, image: &ExplainedImage) {
        for map in &image.maps {
            let worth = self.0.entry(map.method).or_default();
            worth.images += 1;
            worth.better += u64::from(map.is_better());
            worth.empty += u64::from(map.is_empty());
            let MapWorth { own, moved } = map.worth.unwrap_or_default();
            worth.own = sum(worth.own, own);
            worth.moved = sum(worth.moved, moved);
        }
    }

    /// What each method was worth as JSON, and the numbers of images that were and were not
    /// explained.
    pub fn object(&self, (explained, unreadable): (u64, u64)) -> Value {
        let methods = self.0.iter().map(|(method, worth)| worth.object(*method));
        json!({
            "explained": explained,
            "unreadable": unreadable,
            "methods": methods.collect::<Vec<_>>(),
        })
    }

    /// A sentence for each method.
    pub fn in_words(&self) -> Vec<String> {
        let sentences = self.0.iter();
        sentences
            .map(|(method, worth)| worth.in_words(*method))
            .collect()
    }
}

fn sum(a: DeletionCurves, b: DeletionCurves) -> DeletionCurves {
    DeletionCurves {
        deletion: a.deletion + b.deletion,
        insertion: a.insertion + b.insertion,
    }
}

impl MethodWorth {
    /// Whether its maps can be believed.
    fn credibility(&self) -> Credibility {
        let worth = MapWorth {
            own: self.own,
            moved: self.moved,
        };
        let effect = f64::from(worth.effect()) / self.images.max(1) as f64;
        Credibility::of(self.better, self.images, effect)
    }

    /// The mean over the images of a sum over them.
    fn mean(&self, sum: f32) -> f32 {
        sum / self.images.max(1) as f32
    }

    fn object(&self, method: AttributionMethod) -> Value {
        let judgement = match self.credibility() {
            Credibility::Credible => "credible",
            Credibility::Slight => "slight",
            Credibility::TooFew => "too-few-images",
            Credibility::NotCredible => "not-credible",
        };
        let curves = |sums: DeletionCurves| {
            json!({
                "deletion": self.mean(sums.deletion),
                "insertion": self.mean(sums.insertion),
            })
        };
        json!({
            "method": method.name(),
            "images": self.images,
            "better": self.better,
            "empty": self.empty,
            "own": curves(self.own),
            "moved": curves(self.moved),
            "judgement": judgement,
        })
    }

    fn in_words(&self, method: AttributionMethod) -> String {
        let judgement = match self.credibility() {
            Credibility::Credible => "what it marks matters more than the same shape elsewhere",
            Credibility::Slight => {
                "what it marks hardly matters: more than the same shape elsewhere, but it is not \
                what decides, as with an untrained network"
            }
            Credibility::TooFew => {
                "too few images to say whether what it marks matters; name five or more"
            }
            Credibility::NotCredible => {
                "not known to mark what matters: do not believe it, for the same shape elsewhere \
                does as well"
            }
        };
        let empty = match self.empty {
            0 => String::new(),
            n => format!("; {} of its maps mark nothing", n),
        };
        format!(
            "{}: {judgement} (better in {} of {}; while pixels go, the probability is {:.2} on \
            average, moved {:.2}; while they come {:.2}, moved {:.2}{empty})",
            method.name(),
            self.better,
            counted(self.images, "image"),
            self.mean(self.own.deletion),
            self.mean(self.moved.deletion),
            self.mean(self.own.insertion),
            self.mean(self.moved.insertion),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use convsweep_spec::inference::AttributionMap;

    fn image(deletion: f32, values: Vec<f32>) -> ExplainedImage {
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
                values,
                worth: Some(MapWorth {
                    own: curves(deletion),
                    moved: curves(0.5),
                }),
            }],
        }
    }

    fn words(images: &[ExplainedImage]) -> String {
        let mut worth = Worth::default();
        images.iter().for_each(|image| worth.count(image));
        worth.in_words().pop().expect("one method")
    }

    #[test]
    fn a_method_is_believed_where_chance_is_rarely_as_good() {
        let good = || image(0.25, vec![1.0]);
        let bad = || image(0.75, vec![1.0]);
        let few = words(&[good(), good()]);
        assert!(few.contains("too few images to say"), "{few}");
        let believed = words(&[good(), good(), good(), good(), good()]);
        assert!(
            believed.contains("matters more than the same shape"),
            "{believed}"
        );
        assert!(believed.contains("better in 5 of 5 images; while pixels go"));
        let mixed = words(&[good(), bad(), good(), bad(), good(), good()]);
        assert!(mixed.contains("do not believe it"), "{mixed}");
    }

    #[test]
    fn a_map_that_marks_nothing_is_no_evidence() {
        let empty = || image(0.1, vec![0.0, -1.0]);
        let words = words(&[empty(), empty(), empty(), empty(), empty()]);
        assert!(words.contains("better in 0 of 5"), "{words}");
        assert!(words.contains("5 of its maps mark nothing"), "{words}");
    }
}
