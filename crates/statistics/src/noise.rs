//! How much of the spread between runs is the finite set of images, and how much the networks
//! themselves (Jordan 2023, "Calibrated Chaos: Variance Between Runs of Neural Network Training is
//! Harmless and Inevitable", arXiv 2304.01910).
//!
//! Let C(θ, x) be 1 if the network of run θ classifies the image x correctly, else 0; A(θ) = E_x C
//! the accuracy on the distribution of images; A_S(θ) that on a set S of n independent images. Over
//! runs,
//!
//! > Var_θ A_S = n⁻² Σ_j Σ_l Cov_θ(C_j, C_l).
//!
//! The n terms with j = l are Var_θ C_j = p_j (1 − p_j), where p_j is the share of runs that
//! classify the image j correctly. Each of the n (n − 1) others has over the choice of S the mean
//! E_x,x' Cov_θ(C(θ, x), C(θ, x')) = Var_θ A, the variance sought. Hence
//!
//! > E_S Var_θ A_S = (1 − 1/n) Var_θ A + E_x p (1 − p) / n.
//!
//! With s² the sample variance of A_S over the runs, and q the mean over the images of the sample
//! variance r p̂ (1 − p̂) / (r − 1) of C over the r runs, both unbiased,
//!
//! > Var_θ A ≈ (n s² − q) / (n − 1),
//!
//! unbiased as well. The rest of s² is that different networks are right on different images, which
//! averages out on a larger set: s² = Var_θ A + (q − Var_θ A) / n.
//!
//! That all runs are measured on the *same* finite set moves all of them together. It is no part of
//! s², and of no difference between configurations that are measured on the same images.

/// The variance of the accuracy between runs, as a share squared, and its two parts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RunVariance {
    /// The sample variance over the runs on the set.
    pub total: f64,
    /// The part that would remain on infinitely many images; unbiased, and so below zero at times.
    pub networks: f64,
    /// The part of the finite set, `total` − `networks`.
    pub finite_set: f64,
}

/// The variance between runs from what each run classified correctly: one row for each run, with
/// the images of the set in the same order. `None` below two runs or images, or if rows differ in
/// length.
pub fn run_variance(correct: &[Vec<bool>]) -> Option<RunVariance> {
    let (runs, images) = (correct.len(), correct.first()?.len());
    if runs < 2 || images < 2 || correct.iter().any(|row| row.len() != images) {
        return None;
    }
    let (r, n) = (runs as f64, images as f64);
    let right = |row: &Vec<bool>| row.iter().filter(|is_right| **is_right).count() as f64;
    let accuracies: Vec<f64> = correct.iter().map(|row| right(row) / n).collect();
    let mean = accuracies.iter().sum::<f64>() / r;
    let squares: f64 = accuracies.iter().map(|a| (a - mean) * (a - mean)).sum();
    let total = squares / (r - 1.0);
    let per_image: f64 = (0..images)
        .map(|image| image_variance(correct, image))
        .sum();
    let networks = (n * total - per_image / n) / (n - 1.0);
    Some(RunVariance {
        total,
        networks,
        finite_set: total - networks,
    })
}

/// The sample variance over the runs of being right on one image.
fn image_variance(correct: &[Vec<bool>], image: usize) -> f64 {
    let r = correct.len() as f64;
    let right = correct.iter().filter(|row| row[image]).count() as f64;
    right * (r - right) / (r * (r - 1.0))
}
