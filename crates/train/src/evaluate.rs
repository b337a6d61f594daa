//! Classifies a part of the images with the network as it is.

use crate::attempt::Session;
use crate::error::End;
use convsweep_nn::Network;
use convsweep_nn::loss::{judge, judge_both};
use convsweep_spec::event::{Evaluation, Part};
use convsweep_spec::metric::Number;

/// How every image of a part was classified, in the order of the part's rows.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Judged {
    /// True classes.
    pub labels: Vec<u16>,
    /// Most probable classes.
    pub predicted: Vec<u16>,
    /// `[images, classes]`
    pub probabilities: Vec<f32>,
    /// Sum of the cross-entropies.
    pub loss_sum: f64,
}

/// Classifies all images of `part` by `network`; passes `failpoint` after each batch.
pub(crate) fn judge_rows(
    session: &mut Session,
    network: &Network,
    part: Part,
    failpoint: &str,
) -> Result<Judged, End> {
    let rows = match part {
        Part::Validation => session.images.parts.validation.clone(),
        Part::Test => session.images.parts.test.clone(),
    };
    let classes = network.classes();
    // Large enough to be fast, small enough to need no more memory than training does.
    let train = &session.attempt.job.question.configuration.train;
    let batch = train.batch_size.clamp(64, 256) as usize;
    let mut judged = Judged::default();
    for rows in rows.chunks(batch) {
        session.heed()?;
        let (mut pixels, mut labels) = (Vec::new(), Vec::new());
        session
            .images
            .batcher
            .evaluation(part.into(), rows, &mut pixels)?;
        session
            .images
            .batcher
            .labels(part.into(), rows, &mut labels);
        let shape = session.images.batch_shape(rows.len());
        let mirrored = train.tta_flip.then(|| {
            let mut mirrored = pixels.clone();
            session.images.batcher.mirror(&mut mirrored);
            network.classify(mirrored, shape)
        });
        let logits = network.classify(pixels, shape);
        for (i, (logits, &label)) in logits.chunks_exact(classes).zip(&labels).enumerate() {
            let mirrored = mirrored.as_ref().map(|all| &all[i * classes..][..classes]);
            judged.add(logits, mirrored, label);
        }
        session.attempt.failpoints.hit(failpoint);
    }
    Ok(judged)
}

impl Judged {
    /// Takes in an image by its logits, and those of its mirror image where that is looked at too.
    fn add(&mut self, logits: &[f32], mirrored: Option<&[f32]>, label: u16) {
        let start = self.probabilities.len();
        self.probabilities.resize(start + logits.len(), 0.0);
        let probabilities = &mut self.probabilities[start..];
        let judgement = match mirrored {
            Some(mirrored) => judge_both([logits, mirrored], label, probabilities),
            None => judge(logits, label, probabilities),
        };
        self.labels.push(label);
        self.predicted.push(judgement.predicted);
        self.loss_sum += judgement.loss;
    }

    /// Whether each image was right.
    pub(crate) fn correct(&self) -> Vec<bool> {
        self.labels
            .iter()
            .zip(&self.predicted)
            .map(|(a, b)| a == b)
            .collect()
    }

    /// Mean cross-entropy.
    pub(crate) fn loss(&self) -> f64 {
        self.loss_sum / self.labels.len() as f64
    }

    /// Share of images that were right.
    pub(crate) fn accuracy(&self) -> f64 {
        self.correct().iter().filter(|&&c| c).count() as f64 / self.labels.len() as f64
    }

    /// The event's content.
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
    fn counts_what_was_judged() {
        let mut judged = Judged::default();
        for (logits, label) in [([3.0, 0.0], 0), ([0.0, 3.0], 0), ([0.0, 3.0], 1)] {
            judged.add(&logits, None, label);
        }
        let evaluation = judged.evaluation(Part::Test, 2);
        assert_eq!(evaluation.confusion, [[1, 1], [0, 1]]);
        assert_eq!((evaluation.images, evaluation.correct.as_str()), (3, "05"));
        let right = (1.0 + (-3f64).exp()).ln();
        assert!((evaluation.loss.0 - (2.0 * right + right + 3.0) / 3.0).abs() < 1e-12);
        assert!((evaluation.accuracy.0 - 2.0 / 3.0).abs() < 1e-12);
    }
}
