//! Whether several choices differ at all, over several data sets (Friedman 1937, "The use of ranks
//! to avoid the assumption of normality implicit in the analysis of variance", Journal of the
//! American Statistical Association 32; the F form of Iman and Davenport 1980, "Approximations of
//! the critical region of the Friedman statistic", Communications in Statistics A 9).

use crate::fisher;
use crate::ranks::ranks;
use statrs::distribution::{ChiSquared, ContinuousCDF};

/// Result of Friedman's test.
#[derive(Clone, Debug, PartialEq)]
pub struct Friedman {
    /// Number of data sets.
    pub blocks: usize,
    /// Mean rank of each choice over the data sets; 1 is the least value.
    pub mean_ranks: Vec<f64>,
    /// Friedman's χ², corrected for ties, with one degree of freedom less than there are choices.
    pub chi_square: f64,
    /// Its p-value.
    pub chi_square_p: f64,
    /// The p-value of Iman and Davenport's F, which is less cautious and preferred. Where all data
    /// sets order all choices alike, F is infinite: then the probability of that, (1/k!)ⁿ⁻¹.
    pub p: f64,
}

/// Friedman's test of `blocks`, one for each data set, each with the values of the same choices in
/// the same order. `None` below two blocks or choices, if blocks differ in length, if a value is
/// NaN, or if all values of every block are equal.
pub fn friedman(blocks: &[Vec<f64>]) -> Option<Friedman> {
    let choices = blocks.first()?.len();
    if blocks.len() < 2 || choices < 2 || blocks.iter().any(|block| block.len() != choices) {
        return None;
    }
    let (n, k) = (blocks.len() as f64, choices as f64);
    let mut mean_ranks = vec![0.0; choices];
    // The sum of squared ranks: n k (k + 1) (2 k + 1) / 6 without ties, less with them.
    let mut squares = 0.0;
    for block in blocks {
        for (sum, rank) in mean_ranks.iter_mut().zip(ranks(block)?) {
            *sum += rank / n;
            squares += rank * rank;
        }
    }
    let centre = (k + 1.0) / 2.0;
    let within = squares - n * k * centre * centre;
    let between: f64 = mean_ranks.iter().map(|rank| (rank - centre).powi(2)).sum();
    let chi_square = (within > 1e-9).then(|| n * n * (k - 1.0) * between / within)?;
    Some(Friedman {
        blocks: blocks.len(),
        mean_ranks,
        chi_square,
        chi_square_p: ChiSquared::new(k - 1.0).ok()?.sf(chi_square),
        p: iman_davenport(chi_square, n, k)?,
    })
}

fn iman_davenport(chi_square: f64, n: f64, k: f64) -> Option<f64> {
    let most = n * (k - 1.0);
    if chi_square >= most * (1.0 - 1e-12) {
        let log_orders: f64 = (2..=k as usize).map(|i| (i as f64).ln()).sum();
        return Some((-(n - 1.0) * log_orders).exp());
    }
    let f = (n - 1.0) * chi_square / (most - chi_square);
    fisher::upper_tail(f, k - 1.0, (k - 1.0) * (n - 1.0))
}
