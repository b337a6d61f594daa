//! Ranks with ties, the nonparametric common scale of figures from different data sets (Demšar
//! 2006, "Statistical Comparisons of Classifiers over Multiple Data Sets", Journal of Machine
//! Learning Research 7).

/// The ranks of `values`, 1 for the least; equal ones share the mean of their ranks. `None` if one
/// is NaN.
pub fn ranks(values: &[f64]) -> Option<Vec<f64>> {
    if values.iter().any(|value| value.is_nan()) {
        return None;
    }
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    let mut ranks = vec![0.0; values.len()];
    let mut below = 0;
    for tie in order.chunk_by(|&a, &b| values[a] == values[b]) {
        let rank = below as f64 + (tie.len() + 1) as f64 / 2.0;
        tie.iter().for_each(|&i| ranks[i] = rank);
        below += tie.len();
    }
    Some(ranks)
}
