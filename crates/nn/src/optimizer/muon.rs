//! Muon's approximate orthogonalisation of a matrix (Jordan et al. 2024).

use burn::tensor::Tensor;

/// Coefficients of the quintic iteration, which its author chose for the steepest slope at zero.
const QUINTIC: [f64; 3] = [3.4445, -4.7750, 2.0315];

/// `matrix` with its singular values moved near 1 (between about 0.7 and 1.2) by Newton-Schulz
/// iterations.
///
/// Computed in f32 throughout, where PyTorch's `Muon` rounds to bfloat16.
pub(super) fn orthogonal(matrix: Tensor<2>, iterations: u32) -> Tensor<2> {
    let [rows, columns] = matrix.dims();
    let [a, b, c] = QUINTIC;
    let mut x = if rows > columns {
        matrix.transpose()
    } else {
        matrix
    };
    let norm = (x.clone() * x.clone()).sum().sqrt().clamp_min(1e-7);
    x = x / norm.reshape([1, 1]);
    for _ in 0..iterations {
        let square = x.clone().matmul(x.clone().transpose());
        let polynomial = square.clone().mul_scalar(b) + square.clone().matmul(square).mul_scalar(c);
        x = x.clone().mul_scalar(a) + polynomial.matmul(x);
    }
    if rows > columns { x.transpose() } else { x }
}
