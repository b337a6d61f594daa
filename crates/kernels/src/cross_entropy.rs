//! Softmax and cross-entropy with its gradient, in f64.

/// The softmax of a row of logits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Softmax {
    /// The largest logit.
    pub largest: f64,
    /// Sum of exp(logit − largest).
    pub total: f64,
    /// Its logarithm.
    pub logarithm: f64,
    /// Most probable class; the lowest of equals.
    pub predicted: u16,
}

impl Softmax {
    /// Of `logits`, one for each class.
    pub fn of(logits: &[f32]) -> Self {
        let largest = logits
            .iter()
            .fold(f64::NEG_INFINITY, |a, &b| a.max(f64::from(b)));
        let total: f64 = logits.iter().map(|&z| (f64::from(z) - largest).exp()).sum();
        let predicted =
            (1..logits.len()).fold(0, |best, i| if logits[i] > logits[best] { i } else { best });
        Softmax {
            largest,
            total,
            logarithm: total.ln(),
            predicted: predicted as u16,
        }
    }

    /// Probability of the class with this logit.
    pub fn probability(&self, logit: f32) -> f64 {
        (f64::from(logit) - self.largest).exp() / self.total
    }

    /// Its logarithm, which is finite where the probability is too small to be one.
    pub fn log_probability(&self, logit: f32) -> f64 {
        f64::from(logit) - self.largest - self.logarithm
    }
}

/// What a batch's logits cost.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BatchLoss {
    /// Sum of the rows' losses.
    pub loss_sum: f64,
    /// Most probable class of each row; the lowest of equals.
    pub predicted: Vec<u16>,
    /// Gradient of the mean loss by the logits, `[rows, classes]`.
    pub gradient: Vec<f32>,
}

/// Loss of `logits` `[rows, classes]`: `−Σ target · (1 − p)^focal · ln p` over the classes of a
/// row, `p` its softmax. Targets are any weights: one class, shares of several, smoothed. `focal`
/// (Lin et al. 2017) is 0 for the plain cross-entropy.
///
/// # Panics
/// Where the lengths differ or have no whole rows.
pub fn cross_entropy(logits: &[f32], targets: &[f32], classes: usize, focal: f64) -> BatchLoss {
    assert!(
        classes > 0 && logits.len().is_multiple_of(classes),
        "{} logits of {classes} classes",
        logits.len()
    );
    assert_eq!(logits.len(), targets.len(), "targets");
    let rows = logits.len() / classes;
    let mut charge = BatchLoss {
        gradient: Vec::with_capacity(logits.len()),
        ..BatchLoss::default()
    };
    let (mut p, mut slopes) = (vec![0.0f64; classes], vec![0.0f64; classes]);
    for (logits, targets) in logits
        .chunks_exact(classes)
        .zip(targets.chunks_exact(classes))
    {
        let softmax = Softmax::of(logits);
        charge.predicted.push(softmax.predicted);
        // Slope: minus the loss's derivative by each ln p.
        let mut slope_sum = 0.0;
        for (c, &target) in targets.iter().enumerate() {
            p[c] = softmax.probability(logits[c]);
            let (target, log_p) = (f64::from(target), softmax.log_probability(logits[c]));
            let (weight, slope) = focus(p[c], log_p, focal);
            if target != 0.0 {
                charge.loss_sum -= target * weight * log_p;
            }
            slopes[c] = if target == 0.0 { 0.0 } else { target * slope };
            slope_sum += slopes[c];
        }
        let gradient = |(&p, &slope): (&f64, &f64)| ((p * slope_sum - slope) / rows as f64) as f32;
        charge.gradient.extend(p.iter().zip(&slopes).map(gradient));
    }
    charge
}

/// `(1 − p)^focal` and the derivative of `(1 − p)^focal · ln p` by `ln p`.
fn focus(p: f64, log_p: f64, focal: f64) -> (f64, f64) {
    if focal == 0.0 {
        return (1.0, 1.0);
    }
    let rest = (1.0 - p).max(0.0);
    let weight = rest.powf(focal);
    // At p = 1 the second term's limit is 0 for every focal > 0, as ln p falls as fast as 1 − p.
    let bend = if rest > 0.0 {
        focal * weight / rest * p * log_p
    } else {
        0.0
    };
    (weight, weight - bend)
}
