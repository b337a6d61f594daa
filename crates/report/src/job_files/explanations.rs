//! Which pixels decide the predictions that the report shows, by the networks themselves.

use super::predictions::{KeptImage, Predictions};
use crate::ranking::Ranking;
use convsweep_spec::id::JobId;
use convsweep_spec::inference::AttributionMap;
use std::collections::BTreeSet;

/// Images of the sample, and mistakes, that are explained.
const IMAGES_OF_A_KIND: usize = 12;
/// Networks that are asked at most.
const MAX_NETWORKS: usize = 8;
/// Images of the sample that workers keep.
const KEPT_SAMPLE: usize = 24;

/// What the report wants to know of trained networks.
#[derive(Clone, Debug, PartialEq)]
pub struct ImagesToExplain {
    /// The finished jobs of the chosen configuration, the one whose images are shown first.
    pub jobs: Vec<JobId>,
    /// The images, each with the class that is explained: the one that the first job predicted.
    pub images: Vec<KeptImage>,
    /// How many of them are of the sample; the others are the surest mistakes.
    pub sampled: usize,
}

/// The maps of one network, one for each image; those of the first network may be judged.
pub type NetworkMaps = Vec<AttributionMap>;

/// Which pixels decide.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanations {
    /// The images that were explained.
    pub asked: ImagesToExplain,
    /// How many networks were asked.
    pub networks: usize,
    /// For each image what they say.
    pub maps: Vec<MeanMap>,
}

/// What several networks say of an image.
#[derive(Clone, Debug, PartialEq)]
pub struct MeanMap {
    /// The mean of the maps, each divided by its highest value: `[height, width]`, from 0 to 1.
    pub values: Vec<f32>,
    /// The mean correlation of the maps of two networks; `None` of one network, or where a map is
    /// the same everywhere.
    pub agreement: Option<f64>,
    /// Whether the first network's map marks what matters more than the same shape elsewhere, and
    /// by how much of the probability; `None` if that was not looked at.
    pub judgement: Option<(bool, f64)>,
}

impl ImagesToExplain {
    /// The images and networks; `None` without any.
    pub fn of(ranking: &Ranking, shown: &Predictions) -> Option<ImagesToExplain> {
        let finished = ranking.best()?.finished().take(MAX_NETWORKS);
        let jobs: Vec<JobId> = finished.map(|run| run.job.job.clone()).collect();
        // Every second one of the sample, since it is in the order of the set.
        let sample = shown.images.iter().take(KEPT_SAMPLE).step_by(2);
        let mut images: Vec<&KeptImage> = sample.take(IMAGES_OF_A_KIND).collect();
        let sampled = images.len();
        let mut seen: BTreeSet<u32> = images.iter().map(|kept| kept.index).collect();
        let mut mistakes: Vec<&KeptImage> = shown.images.iter().collect();
        mistakes.retain(|kept| !kept.is_correct() && seen.insert(kept.index));
        mistakes.sort_by(|a, b| b.probability.total_cmp(&a.probability));
        images.extend(mistakes.into_iter().take(IMAGES_OF_A_KIND));
        (!images.is_empty()).then(|| ImagesToExplain {
            jobs,
            images: images.into_iter().cloned().collect(),
            sampled,
        })
    }
}

impl Explanations {
    /// What the networks say together of the images; `None` if none says anything, or not of
    /// each image.
    pub fn new(asked: ImagesToExplain, networks: &[NetworkMaps]) -> Option<Explanations> {
        let count = asked.images.len();
        let is_whole = networks.iter().all(|maps| maps.len() == count);
        if networks.is_empty() || !is_whole {
            return None;
        }
        let maps = (0..count).map(|image| MeanMap::of(networks, image));
        Some(Explanations {
            networks: networks.len(),
            maps: maps.collect(),
            asked,
        })
    }

    /// How many maps were judged, how many of them are better than elsewhere, and by how much on
    /// average.
    pub fn judged(&self) -> (u64, u64, f64) {
        let judged = self.maps.iter().filter_map(|map| map.judgement);
        let better = judged.clone().filter(|(is_better, _)| *is_better).count();
        let effect = mean(judged.clone().map(|(_, effect)| effect));
        (judged.count() as u64, better as u64, effect.unwrap_or(0.0))
    }

    /// The mean agreement of two networks over the images.
    pub fn agreement(&self) -> Option<f64> {
        mean(self.maps.iter().filter_map(|map| map.agreement))
    }
}

impl MeanMap {
    fn of(networks: &[NetworkMaps], image: usize) -> MeanMap {
        let maps: Vec<&AttributionMap> = networks.iter().map(|maps| &maps[image]).collect();
        let mut values = vec![0.0; maps[0].values.len()];
        for map in &maps {
            let highest = map.values.iter().copied().fold(0.0, f32::max);
            if highest > 0.0 {
                for (sum, value) in values.iter_mut().zip(&map.values) {
                    *sum += value.max(0.0) / highest / maps.len() as f32;
                }
            }
        }
        let mut correlations = Vec::new();
        for (i, a) in maps.iter().enumerate() {
            let others = maps[i + 1..].iter();
            correlations.extend(others.filter_map(|b| correlation(&a.values, &b.values)));
        }
        MeanMap {
            values,
            agreement: mean(correlations.into_iter()),
            judgement: maps[0]
                .worth
                .map(|worth| (maps[0].is_better(), f64::from(worth.effect()))),
        }
    }
}

/// Pearson's correlation; `None` if either is the same everywhere.
fn correlation(a: &[f32], b: &[f32]) -> Option<f64> {
    let mean_of = |values: &[f32]| mean(values.iter().map(|value| f64::from(*value)));
    let (mean_a, mean_b) = (mean_of(a)?, mean_of(b)?);
    let (mut both, mut of_a, mut of_b) = (0.0, 0.0, 0.0);
    for (a, b) in a.iter().zip(b) {
        let (a, b) = (f64::from(*a) - mean_a, f64::from(*b) - mean_b);
        both += a * b;
        of_a += a * a;
        of_b += b * b;
    }
    (of_a > 0.0 && of_b > 0.0).then(|| both / (of_a * of_b).sqrt())
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (mut sum, mut count) = (0.0, 0.0);
    for value in values {
        sum += value;
        count += 1.0;
    }
    (count > 0.0).then(|| sum / count)
}

#[cfg(test)]
mod tests {
    use super::*;
    use convsweep_spec::inference::{AttributionMethod, DeletionCurves, MapWorth};

    fn map(values: [f32; 4], gain: f32) -> AttributionMap {
        let curves = |insertion| DeletionCurves {
            deletion: 0.5,
            insertion,
        };
        AttributionMap {
            method: AttributionMethod::GradCam,
            values: values.to_vec(),
            worth: Some(MapWorth {
                own: curves(0.5 + gain),
                moved: curves(0.5),
            }),
        }
    }

    #[test]
    fn maps_of_several_networks_are_averaged_and_compared() {
        let networks = [
            vec![map([0.0, 2.0, 0.0, 2.0], 0.1)],
            vec![map([0.0, 0.0, 0.0, 1.0], -0.1)],
        ];
        let mean = MeanMap::of(&networks, 0);
        assert_eq!(mean.values, [0.0, 0.5, 0.0, 1.0]);
        let (is_better, effect) = mean.judgement.expect("the first network's is judged");
        assert!(is_better && (effect - 0.05).abs() < 1e-6, "{effect}");
        // 0.5 of each at 2 and 4 against 0.25 at 4: 1/√3.
        let agreement = mean.agreement.expect("two maps");
        assert!(
            (agreement - 1.0 / 3.0f64.sqrt()).abs() < 1e-12,
            "{agreement}"
        );
        let alone = MeanMap::of(&networks[..1], 0);
        assert_eq!(
            (alone.agreement, alone.values),
            (None, vec![0.0, 1.0, 0.0, 1.0])
        );
        let even = MeanMap::of(&[vec![map([0.0; 4], 0.1)]], 0);
        assert!(!even.judgement.expect("is judged").0);
        assert_eq!(even.values, [0.0; 4]);
    }
}
