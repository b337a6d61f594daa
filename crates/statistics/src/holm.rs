//! Holm's correction for several tests (Holm 1979, "A simple sequentially rejective multiple test
//! procedure", Scandinavian Journal of Statistics 6).

/// Holm's step-down correction (1979) of p-values, in their order.
pub fn holm(p: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|&a, &b| p[a].total_cmp(&p[b]));
    let mut corrected = vec![0.0; p.len()];
    let mut least = 0.0f64;
    for (rank, &i) in order.iter().enumerate() {
        least = least.max((p[i] * (p.len() - rank) as f64).min(1.0));
        corrected[i] = least;
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
