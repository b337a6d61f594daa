//! Classifies a part of the images with the network as it is.

use crate::attempt::Session;
use crate::error::End;
use convsweep_nn::loss::judge;
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

/// Classifies all images of `part`; passes `failpoint` after each batch.
pub(crate) fn judge_rows(session: &mut Session, part: Part, failpoint: &str) -> Result<Judged, End> {
    let rows = match part {
        Part::Validation => session.images.parts.validation.clone(),
        Part::Test => session.images.parts.test.clone(),
    };
    let network = session.state.evaluated().into_owned();
    let classes = network.classes();
    // Large enough to be fast, small enough to need no more memory than training does.
    let batch = session.attempt.job.question.configuration.train.batch_size.clamp(64, 256) as usize;
    let mut judged = Judged::default();
    for rows in rows.chunks(batch) {
        session.heed()?;
        let (mut pixels, mut labels) = (Vec::new(), Vec::new());
        session.images.batcher.evaluation(part, rows, &mut pixels);
        session.images.batcher.labels(part, rows, &mut labels);
        let logits = network.classify(pixels, session.images.batch_shape(rows.len()));
        for (logits, &label) in logits.chunks_exact(classes).zip(&labels) {
            judged.add(logits, label);
        }
        session.attempt.failpoints.hit(failpoint);
    }
    Ok(judged)
}

impl Judged {
    fn add(&mut self, logits: &[f32], label: u16) {
        let start = self.probabilities.len();
        self.probabilities.resize(start + logits.len(), 0.0);
        let judgement = judge(logits, label, &mut self.probabilities[start..]);
        self.labels.push(label);
        self.predicted.push(judgement.predicted);
        self.loss_sum += judgement.loss;
    }

    /// Whether each image was right.
    pub(crate) fn correct(&self) -> Vec<bool> {
        self.labels.iter().zip(&self.predicted).map(|(a, b)| a == b).collect()
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
            judged.add(&logits, label);
        }
        let evaluation = judged.evaluation(Part::Test, 2);
        assert_eq!(evaluation.confusion, [[1, 1], [0, 1]]);
        assert_eq!((evaluation.images, evaluation.correct.as_str()), (3, "05"));
        let right = (1.0 + (-3f64).exp()).ln();
        assert!((evaluation.loss.0 - (2.0 * right + right + 3.0) / 3.0).abs() < 1e-12);
        assert!((evaluation.accuracy.0 - 2.0 / 3.0).abs() < 1e-12);
    }
}
