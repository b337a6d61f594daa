//! Holm's correction for several tests (Holm 1979, "A simple sequentially rejective multiple test
//! procedure", Scandinavian Journal of Statistics 6).

/// Holm's step-down correction (1979) of p-values, in their order.
pub fn holm(p: &[f64]) -> Vec<f64> {
    // The values are beside their places, since there may be millions of them; the order of equal
    // ones does not matter.
    let mut order: Vec<(f64, usize)> = p.iter().copied().zip(0..).collect();
    order.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    let mut corrected = vec![0.0; p.len()];
    let mut least = 0.0f64;
    for (rank, (value, place)) in order.into_iter().enumerate() {
        least = least.max((value * (p.len() - rank) as f64).min(1.0));
        corrected[place] = least;
    }
    corrected
}

#[cfg(test)]
mod tests {
    //! Expected numbers: `multipletests(method="holm")` of statsmodels 0.15.0, computed once and
    //! copied.
    use super::*;

    #[test]
    fn holm_agrees_with_statsmodels() {
        let corrected = holm(&[0.01, 0.04, 0.03, 0.005, 0.5]);
        for (found, expected) in corrected.iter().zip([0.04, 0.09, 0.09, 0.025, 0.5]) {
            assert!((found - expected).abs() < 1e-9, "{found}");
        }
        assert!(holm(&[]).is_empty());
    }
}
