//! Softmax, and the cross-entropy with its gradient, computed in f64.

/// The softmax of a row of logits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Softmax {
    /// The largest logit.
    pub max_logit: f64,
    /// Sum of exp(logit − largest logit) over the classes.
    pub exp_sum: f64,
    /// Natural logarithm of that sum.
    pub log_exp_sum: f64,
    /// Most probable class; the lowest index in a tie.
    pub predicted: u16,
}

impl Softmax {
    /// The softmax of `logits`, which hold one value for each class.
    pub fn of(logits: &[f32]) -> Self {
        let max_logit = logits
            .iter()
            .fold(f64::NEG_INFINITY, |a, &b| a.max(f64::from(b)));
        let exp_sum: f64 = logits
            .iter()
            .map(|&z| (f64::from(z) - max_logit).exp())
            .sum();
        let predicted =
            (1..logits.len()).fold(0, |best, i| if logits[i] > logits[best] { i } else { best });
        Softmax {
            max_logit,
            exp_sum,
            log_exp_sum: exp_sum.ln(),
            predicted: predicted as u16,
        }
    }

    /// Probability of the class with this logit.
    pub fn probability(&self, logit: f32) -> f64 {
        (f64::from(logit) - self.max_logit).exp() / self.exp_sum
    }

    /// Natural logarithm of that probability. It stays finite when the probability underflows to
    /// zero.
    pub fn log_probability(&self, logit: f32) -> f64 {
        f64::from(logit) - self.max_logit - self.log_exp_sum
    }
}

/// Loss, predictions and gradient of a batch.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BatchLoss {
    /// Sum of the rows' losses.
    pub loss_sum: f64,
    /// Most probable class of each row; the lowest index in a tie.
    pub predicted: Vec<u16>,
    /// Gradient of the mean loss with respect to the logits, `[rows, classes]`.
    pub gradient: Vec<f32>,
}

/// Loss of `logits` (`[rows, classes]`): `−Σ target · (1 − p)^focal · ln p` over the classes of a
/// row, where `p` is the row's softmax. Targets may be any weights: one-hot, mixed or smoothed.
/// `focal` is the focusing parameter of the focal loss (Lin et al. 2017); 0 gives the plain
/// cross-entropy.
///
/// # Panics
/// If `logits` and `targets` differ in length, or that length is not a whole number of rows.
pub fn cross_entropy(logits: &[f32], targets: &[f32], classes: usize, focal: f64) -> BatchLoss {
    assert!(
        classes > 0 && logits.len().is_multiple_of(classes),
        "{} logits of {classes} classes",
        logits.len()
    );
    assert_eq!(logits.len(), targets.len(), "targets");
    let rows = logits.len() / classes;
    let mut loss = BatchLoss {
        gradient: Vec::with_capacity(logits.len()),
        ..BatchLoss::default()
    };
    let (mut p, mut slopes) = (vec![0.0f64; classes], vec![0.0f64; classes]);
    for (logits, targets) in logits
        .chunks_exact(classes)
        .zip(targets.chunks_exact(classes))
    {
        let softmax = Softmax::of(logits);
        loss.predicted.push(softmax.predicted);
        // `slopes[c]` is the negative derivative of the loss with respect to `ln p[c]`.
        let mut slope_sum = 0.0;
        for (c, &target) in targets.iter().enumerate() {
            p[c] = softmax.probability(logits[c]);
            let (target, log_p) = (f64::from(target), softmax.log_probability(logits[c]));
            let (weight, slope) = focal_weight(p[c], log_p, focal);
            if target != 0.0 {
                loss.loss_sum -= target * weight * log_p;
            }
            slopes[c] = if target == 0.0 { 0.0 } else { target * slope };
            slope_sum += slopes[c];
        }
        let gradient = |(&p, &slope): (&f64, &f64)| ((p * slope_sum - slope) / rows as f64) as f32;
        loss.gradient.extend(p.iter().zip(&slopes).map(gradient));
    }
    loss
}

/// `(1 − p)^focal`, and the derivative of `(1 − p)^focal · ln p` with respect to `ln p`.
fn focal_weight(p: f64, log_p: f64, focal: f64) -> (f64, f64) {
    if focal == 0.0 {
        return (1.0, 1.0);
    }
    let complement = (1.0 - p).max(0.0);
    let weight = complement.powf(focal);
    // At p = 1 the second term tends to 0 for every focal > 0, because ln p vanishes as fast as 1 −
    // p.
    let correction = if complement > 0.0 {
        focal * weight / complement * p * log_p
    } else {
        0.0
    };
    (weight, weight - correction)
}
