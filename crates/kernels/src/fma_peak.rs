//! The peak arithmetic speed of a core, which benchmarks compare with.

use crate::simd::{Kernel, Vector, dispatch};
use std::hint::black_box;
use std::time::Instant;

/// Independent multiply-adds in flight: more than the latency times the number of FMA units of any
/// supported processor.
const CHAINS: usize = 10;

/// GFLOP/s of independent fused multiply-adds on the calling core, measured for a few milliseconds.
pub fn fma_peak() -> f64 {
    // SAFETY: the kernel touches no memory; `dispatch` only uses instructions that this CPU
    // supports.
    let once = || unsafe { dispatch(Peak { rounds: 200_000 }) };
    (0..5).map(|_| once()).fold(0.0, f64::max)
}

struct Peak {
    rounds: usize,
}

impl Kernel for Peak {
    type Output = f64;

    #[inline(always)]
    unsafe fn run<V: Vector>(self) -> f64 {
        let (factor, term) = (V::splat(black_box(0.999)), V::splat(black_box(1e-4)));
        let mut chains = [V::splat(1.0); CHAINS];
        let start = Instant::now();
        for _ in 0..self.rounds {
            for chain in &mut chains {
                *chain = chain.fma(factor, term);
            }
        }
        let seconds = start.elapsed().as_secs_f64();
        let mut last = [0.0f32; 64];
        for chain in chains {
            chain.store(last.as_mut_ptr());
            black_box(&last);
        }
        2.0 * (self.rounds * CHAINS * V::LANES) as f64 / seconds / 1e9
    }
}
