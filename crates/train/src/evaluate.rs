//! Classifies a part of the images with a network as it is.

use crate::error::{End, TrainError};
use crate::features::FeatureImages;
use crate::session::Session;
use convsweep_nn::loss::{score_image, score_two_views};
use convsweep_nn::{Device, Logits, Network, works_apart};
use convsweep_spec::event::{Evaluation, Part};
use convsweep_spec::metric::Number;

/// Batches after which logits are read from a device that works apart.
const BATCHES_UNREAD: usize = 16;

/// How every image of a part was classified, in the order of the part's rows.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Classified {
    /// True classes.
    pub labels: Vec<u16>,
    /// Most probable classes.
    pub predicted: Vec<u16>,
    /// `[images, classes]`
    pub probabilities: Vec<f32>,
    /// Sum of the cross-entropies.
    pub loss_sum: f64,
}

/// Classifies the validation images by the network in training, averaged if the job has a moving
/// average of the weights.
pub(crate) fn validate(session: &mut Session) -> Result<Classified, End> {
    // The average of equal weights may differ from them in the last bit.
    let has_features = session.state.average.is_none() && session.features.operations().is_some();
    let network = session.state.evaluated_network().into_owned();
    let (part, failpoint) = (Part::Validation, "validation");
    classify(session, &network, part, failpoint, has_features)
}

/// Classifies all images of `part` by `network`; passes the failpoint after each batch.
pub(crate) fn classify_part(
    session: &mut Session,
    network: &Network,
    part: Part,
    failpoint: &str,
) -> Result<Classified, End> {
    let has_features = session.features.are_of(network);
    classify(session, network, part, failpoint, has_features)
}

/// `has_features` says whether the features that are kept are those that the network makes.
fn classify(
    session: &mut Session,
    network: &Network,
    part: Part,
    failpoint: &str,
    has_features: bool,
) -> Result<Classified, End> {
    // Large enough to be fast, small enough to need no more memory than training does.
    let batch_size = session.training().batch_size.clamp(64, 256) as usize;
    let rows = session.data.rows(part).to_vec();
    let mut views = vec![FeatureImages::Part(part)];
    if session.training().tta_flip {
        views.push(FeatureImages::Mirrored(part));
    }
    let classes = network.classes();
    let mut classified = Classified::default();
    let all = views_of(&views, rows.chunks(batch_size));
    let mut images = session.batches.evaluation_batches(all)?;
    let mut unread = Unread::new(views.len(), network.device());
    for batch in rows.chunks(batch_size) {
        session.obey_directive()?;
        let labels = session.data.labels(part, batch);
        if has_features {
            let mut logits = Vec::with_capacity(views.len());
            for &view in &views {
                logits.push(logits_from_features(session, network, view, batch)?);
            }
            classified.add_batch(&labels, classes, &logits);
        } else {
            let mut logits = Vec::with_capacity(views.len());
            for &view in &views {
                let images = images.take((view, batch.to_vec()))?;
                logits.push(network.logits(images.on(network.device())));
            }
            unread.push(labels, logits);
            unread.add_if_due(&mut classified, classes);
        }
        session.attempt.failpoints.hit(failpoint);
    }
    unread.add_all(&mut classified, classes);
    if has_features {
        for view in views {
            session.share_features(view)?;
        }
    }
    Ok(classified)
}

/// Each batch of rows, once for each view.
fn views_of<'a>(
    views: &[FeatureImages],
    batches: impl Iterator<Item = &'a [u32]>,
) -> impl Iterator<Item = (FeatureImages, Vec<u32>)> {
    batches.flat_map(move |rows| views.iter().map(move |view| (*view, rows.to_vec())))
}

/// Batches whose logits have not been read from the device yet.
struct Unread {
    labels: Vec<Vec<u16>>,
    /// One for each batch and view.
    logits: Vec<Logits>,
    views: usize,
    /// Number of batches after which they are read.
    every: usize,
}

impl Unread {
    fn new(views: usize, device: &Device) -> Self {
        Unread {
            labels: vec![],
            logits: vec![],
            views,
            every: if works_apart(device) {
                BATCHES_UNREAD
            } else {
                1
            },
        }
    }

    /// A batch with these labels and the logits of its views.
    fn push(&mut self, labels: Vec<u16>, logits: Vec<Logits>) {
        self.labels.push(labels);
        self.logits.extend(logits);
    }

    fn add_if_due(&mut self, classified: &mut Classified, classes: usize) {
        if self.labels.len() >= self.every {
            self.add_all(classified, classes);
        }
    }

    /// Reads all logits and adds the images to those that are classified.
    fn add_all(&mut self, classified: &mut Classified, classes: usize) {
        let logits = Logits::read(std::mem::take(&mut self.logits));
        let batches = self.labels.drain(..).zip(logits.chunks(self.views));
        for (labels, logits) in batches {
            classified.add_batch(&labels, classes, logits);
        }
    }
}

/// The logits of a batch of images from what the frozen layers of the network make of them.
fn logits_from_features(
    session: &mut Session,
    network: &Network,
    view: FeatureImages,
    rows: &[u32],
) -> Result<Vec<f32>, TrainError> {
    session.open_features(view)?;
    let features = &mut session.features;
    let operations = features.operations().unwrap_or_default();
    let found = match features.kept(view, rows) {
        Some(kept) => kept,
        None => features.compute(network, &session.data, view, rows)?,
    };
    Ok(network.classify_from(operations, &found))
}

impl Classified {
    /// Adds the images of a batch by the logits of their views.
    fn add_batch(&mut self, labels: &[u16], classes: usize, logits: &[Vec<f32>]) {
        for (i, &label) in labels.iter().enumerate() {
            let of_image = i * classes..(i + 1) * classes;
            let mirrored = logits.get(1).map(|all| &all[of_image.clone()]);
            self.add(&logits[0][of_image], mirrored, label);
        }
    }

    /// Adds an image by its logits, and by those of its mirror image where it is evaluated too.
    fn add(&mut self, logits: &[f32], mirrored: Option<&[f32]>, label: u16) {
        let start = self.probabilities.len();
        self.probabilities.resize(start + logits.len(), 0.0);
        let probabilities = &mut self.probabilities[start..];
        let score = match mirrored {
            Some(mirrored) => score_two_views([logits, mirrored], label, probabilities),
            None => score_image(logits, label, probabilities),
        };
        self.labels.push(label);
        self.predicted.push(score.predicted);
        self.loss_sum += score.loss;
    }

    /// For each image whether it was classified correctly.
    pub(crate) fn correct(&self) -> Vec<bool> {
        let pairs = self.labels.iter().zip(&self.predicted);
        pairs.map(|(label, predicted)| label == predicted).collect()
    }

    /// Mean cross-entropy.
    pub(crate) fn loss(&self) -> f64 {
        self.loss_sum / self.labels.len() as f64
    }

    /// Share of images that were classified correctly.
    pub(crate) fn accuracy(&self) -> f64 {
        let correct = self
            .correct()
            .iter()
            .filter(|&&is_correct| is_correct)
            .count();
        correct as f64 / self.labels.len() as f64
    }

    /// The evaluation as it is reported.
    pub(crate) fn evaluation(&self, part: Part, classes: usize) -> Evaluation {
        let mut confusion = vec![vec![0; classes]; classes];
        for (&label, &predicted) in self.labels.iter().zip(&self.predicted) {
            confusion[usize::from(label)][usize::from(predicted)] += 1;
        }
        Evaluation {
            part,
            images: self.labels.len() as u32,
            loss: Number(self.loss()),
            accuracy: Number(self.accuracy()),
            confusion,
            correct: Evaluation::pack(&self.correct()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_evaluation_counts_classes_and_averages_the_loss() {
        let mut classified = Classified::default();
        for (logits, label) in [([3.0, 0.0], 0), ([0.0, 3.0], 0), ([0.0, 3.0], 1)] {
            classified.add(&logits, None, label);
        }
        let evaluation = classified.evaluation(Part::Test, 2);
        assert_eq!(evaluation.confusion, [[1, 1], [0, 1]]);
        assert_eq!((evaluation.images, evaluation.correct.as_str()), (3, "05"));
        let right = (1.0 + (-3f64).exp()).ln();
        assert!((evaluation.loss.0 - (2.0 * right + right + 3.0) / 3.0).abs() < 1e-12);
        assert!((evaluation.accuracy.0 - 2.0 / 3.0).abs() < 1e-12);
    }
}
