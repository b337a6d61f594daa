//! Optimiser steps over the values of a parameter, in one pass.

use crate::simd::{Kernel, Vector, dispatch, load, store};
use crate::threads;
use std::ops::Range;

/// Settings of one step of Adam (Kingma and Ba 2015).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Adam {
    /// Learning rate.
    pub lr: f64,
    /// Decay of the moving average of the gradients.
    pub beta1: f64,
    /// Decay of the moving average of the squared gradients.
    pub beta2: f64,
    /// Added to the square root in the denominator.
    pub epsilon: f64,
    /// L2 penalty: this multiple of the weight is added to the gradient.
    pub weight_decay: f64,
    /// Factor that the weight is multiplied by first: 1 without decoupled weight decay (Loshchilov
    /// and Hutter 2019).
    pub shrink: f64,
    /// Number of this step, counted from 1.
    pub step: u64,
}

/// Settings of one step of stochastic gradient descent, as PyTorch defines it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sgd {
    /// Learning rate.
    pub lr: f64,
    /// Decay of the velocity.
    pub momentum: f64,
    /// Whether Nesterov momentum is used.
    pub nesterov: bool,
    /// L2 penalty: this multiple of the weight is added to the gradient.
    pub weight_decay: f64,
    /// Factor that the weight is multiplied by first: 1 without decoupled weight decay (Loshchilov
    /// and Hutter 2019).
    pub shrink: f64,
}

impl Adam {
    /// Updates `weight` and its moving averages `mean` and `square`.
    ///
    /// # Panics
    /// If the slices differ in length.
    pub fn step(&self, weight: &mut [f32], gradient: &[f32], mean: &mut [f32], square: &mut [f32]) {
        let n = weight.len();
        assert!(
            gradient.len() == n && mean.len() == n && square.len() == n,
            "slices of {n} values"
        );
        let [weight, mean, square] = [weight, mean, square].map(|values| values.as_mut_ptr());
        // SAFETY: the lengths were checked above and the ranges do not overlap; `dispatch` only
        // uses instructions that this CPU supports.
        unsafe {
            threads::run_ranges(n, n, |at| {
                let [weight, mean, square] =
                    [weight, mean, square].map(|values| range_of(values, &at));
                dispatch(AdamStep {
                    settings: self,
                    weight,
                    gradient: &gradient[at],
                    mean,
                    square,
                });
            });
        }
    }
}

impl Sgd {
    /// Updates `weight` and its `velocity`, which is empty without momentum.
    ///
    /// # Panics
    /// If the slices differ in length.
    pub fn step(&self, weight: &mut [f32], gradient: &[f32], velocity: &mut [f32]) {
        let n = weight.len();
        assert!(
            gradient.len() == n && (velocity.len() == n || velocity.is_empty()),
            "slices of {n} values"
        );
        let (weight, has_velocity, velocity) = (
            weight.as_mut_ptr(),
            !velocity.is_empty(),
            velocity.as_mut_ptr(),
        );
        // SAFETY: the lengths were checked above and the ranges do not overlap; `dispatch` only
        // uses instructions that this CPU supports.
        unsafe {
            threads::run_ranges(n, n, |at| {
                let velocity = if has_velocity {
                    range_of(velocity, &at)
                } else {
                    &mut []
                };
                let weight = range_of(weight, &at);
                dispatch(SgdStep {
                    settings: self,
                    weight,
                    gradient: &gradient[at],
                    velocity,
                });
            });
        }
    }
}

/// # Safety
/// The values must exist, and nothing else may use them while the slice lives.
unsafe fn range_of<'a>(values: *mut f32, at: &Range<usize>) -> &'a mut [f32] {
    std::slice::from_raw_parts_mut(values.add(at.start), at.len())
}

struct AdamStep<'a> {
    settings: &'a Adam,
    weight: &'a mut [f32],
    gradient: &'a [f32],
    mean: &'a mut [f32],
    square: &'a mut [f32],
}

impl Kernel for AdamStep<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        let AdamStep {
            settings,
            weight,
            gradient,
            mean,
            square,
        } = self;
        let &Adam {
            lr,
            beta1,
            beta2,
            epsilon,
            weight_decay,
            shrink,
            step,
        } = settings;
        let [c1, c2] = [beta1, beta2].map(|beta| 1.0 - beta.powf(step as f64));
        let splat = |v: f64| v as f32;
        let (b1, b2) = (V::splat(splat(beta1)), V::splat(splat(beta2)));
        let (r1, r2) = (V::splat(splat(1.0 - beta1)), V::splat(splat(1.0 - beta2)));
        let (rate, root, eps) = (
            V::splat(splat(-lr / c1)),
            V::splat(splat(1.0 / c2.sqrt())),
            V::splat(splat(epsilon)),
        );
        let (decay, shrink) = (V::splat(splat(weight_decay)), V::splat(splat(shrink)));
        for i in (0..weight.len()).step_by(V::LANES) {
            let n = (weight.len() - i).min(V::LANES);
            let w = load::<V>(weight.as_ptr().add(i), n);
            let g = decay.fma(w, load::<V>(gradient.as_ptr().add(i), n));
            let m = load::<V>(mean.as_ptr().add(i), n).mul(b1).add(r1.mul(g));
            let v = load::<V>(square.as_ptr().add(i), n)
                .mul(b2)
                .add(r2.mul(g.mul(g)));
            store::<V>(m, mean.as_mut_ptr().add(i), n);
            store::<V>(v, square.as_mut_ptr().add(i), n);
            let denominator = v.sqrt().fma(root, eps);
            store::<V>(
                rate.mul(m).div(denominator).add(w.mul(shrink)),
                weight.as_mut_ptr().add(i),
                n,
            );
        }
    }
}

struct SgdStep<'a> {
    settings: &'a Sgd,
    weight: &'a mut [f32],
    gradient: &'a [f32],
    velocity: &'a mut [f32],
}

impl Kernel for SgdStep<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        let SgdStep {
            settings,
            weight,
            gradient,
            velocity,
        } = self;
        let &Sgd {
            lr,
            momentum,
            nesterov,
            weight_decay,
            shrink,
        } = settings;
        let (rate, decay) = (V::splat(-lr as f32), V::splat(weight_decay as f32));
        let (momentum, shrink) = (V::splat(momentum as f32), V::splat(shrink as f32));
        for i in (0..weight.len()).step_by(V::LANES) {
            let n = (weight.len() - i).min(V::LANES);
            let w = load::<V>(weight.as_ptr().add(i), n);
            let g = decay.fma(w, load::<V>(gradient.as_ptr().add(i), n));
            let mut direction = g;
            if !velocity.is_empty() {
                let v = momentum.fma(load::<V>(velocity.as_ptr().add(i), n), g);
                store::<V>(v, velocity.as_mut_ptr().add(i), n);
                direction = if nesterov { momentum.fma(v, g) } else { v };
            }
            store::<V>(
                rate.fma(direction, w.mul(shrink)),
                weight.as_mut_ptr().add(i),
                n,
            );
        }
    }
}

/// Sum of squares, accumulated in f64.
pub fn sum_of_squares(values: &[f32]) -> f64 {
    // Short chunks are summed in f32, which vectorises; adding the chunks in f64 keeps the
    // precision.
    values.chunks(1024).map(sum_of_squares_of_chunk).sum()
}

fn sum_of_squares_of_chunk(values: &[f32]) -> f64 {
    let mut sums = [0.0f32; 16];
    let (vectors, remainder) = values.as_chunks::<16>();
    for vector in vectors {
        for (sum, v) in sums.iter_mut().zip(vector) {
            *sum += v * v;
        }
    }
    let last: f64 = remainder.iter().map(|&v| f64::from(v) * f64::from(v)).sum();
    sums.iter().map(|&s| f64::from(s)).sum::<f64>() + last
}
