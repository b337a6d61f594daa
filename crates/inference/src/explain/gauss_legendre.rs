//! Gauss–Legendre quadrature over [0, 1].

/// Places and weights; the weights sum to 1.
pub(super) fn gauss_legendre(count: usize) -> Vec<(f64, f64)> {
    let mut nodes = Vec::with_capacity(count);
    for i in 0..count {
        // The roots of the Legendre polynomial by Newton's method, from Tricomi's approximation.
        let n = count as f64;
        let mut x = ((i as f64 + 0.75) / (n + 0.5) * std::f64::consts::PI).cos();
        let mut slope = 1.0;
        for _ in 0..100 {
            let (value, previous) = legendre(count, x);
            slope = n * (x * value - previous) / (x * x - 1.0);
            let step = value / slope;
            x -= step;
            if step.abs() < 1e-15 {
                break;
            }
        }
        nodes.push(((1.0 - x) / 2.0, 1.0 / ((1.0 - x * x) * slope * slope)));
    }
    nodes
}

/// The Legendre polynomials of degrees `n` and `n − 1`.
fn legendre(n: usize, x: f64) -> (f64, f64) {
    let (mut before, mut value) = (1.0, x);
    for k in 2..=n {
        let k = k as f64;
        (before, value) = (
            value,
            ((2.0 * k - 1.0) * x * value - (k - 1.0) * before) / k,
        );
    }
    (value, before)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn polynomials_are_integrated_exactly() {
        for count in [2, 5, 50] {
            let nodes = gauss_legendre(count);
            for degree in 0..4 {
                let terms = nodes.iter().map(|(x, w)| w * x.powi(degree));
                let expected = 1.0 / (f64::from(degree) + 1.0);
                let found: f64 = terms.sum();
                assert!(
                    (found - expected).abs() < 1e-12,
                    "{count} {degree}: {found}"
                );
            }
        }
    }
}
