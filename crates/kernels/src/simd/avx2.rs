//! AVX2 with FMA: 16 registers of 8 floats.

use super::vector::{Kernel, Vector};
use std::arch::x86_64::*;

/// # Safety
/// As for the kernel, on a processor with AVX2 and FMA.
#[target_feature(enable = "avx2,fma")]
pub(super) unsafe fn run<K: Kernel>(kernel: K) -> K::Output {
    kernel.run::<Avx2Floats>()
}

#[inline(never)]
#[target_feature(enable = "avx2,fma")]
unsafe fn outlined<K: Kernel>(kernel: K) -> K::Output {
    kernel.run::<Avx2Floats>()
}

#[derive(Clone, Copy)]
pub(super) struct Avx2Floats(__m256);

/// The 8 words from index `8 - n` on are a mask of the first `n` lanes.
static LANE_MASK: [i32; 16] = [-1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0];

#[inline(always)]
unsafe fn first_lanes(n: usize) -> __m256i {
    _mm256_loadu_si256(LANE_MASK.as_ptr().add(8 - n).cast())
}

impl Vector for Avx2Floats {
    const LANES: usize = 8;
    const ROWS: [usize; 2] = [6, 6];
    type Mask = __m256;

    #[inline(always)]
    unsafe fn outlined<K: Kernel>(kernel: K) -> K::Output {
        outlined(kernel)
    }

    #[inline(always)]
    unsafe fn splat(value: f32) -> Self {
        Avx2Floats(_mm256_set1_ps(value))
    }

    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        Avx2Floats(_mm256_loadu_ps(from))
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        _mm256_storeu_ps(to, self.0);
    }

    #[inline(always)]
    unsafe fn stream(self, to: *mut f32) {
        _mm256_stream_ps(to, self.0);
    }

    #[inline(always)]
    unsafe fn stream_fence() {
        _mm_sfence();
    }

    #[inline(always)]
    unsafe fn load_partial(from: *const f32, n: usize) -> Self {
        Avx2Floats(_mm256_maskload_ps(from, first_lanes(n)))
    }

    #[inline(always)]
    unsafe fn store_partial(self, mut to: *mut f32, n: usize) {
        // Masked stores take a dozen cycles on AMD processors.
        if n >= Self::LANES {
            return self.store(to);
        }
        let mut left = _mm256_castps256_ps128(self.0);
        if n & 4 != 0 {
            _mm_storeu_ps(to, left);
            left = _mm256_extractf128_ps::<1>(self.0);
            to = to.add(4);
        }
        if n & 2 != 0 {
            _mm_storel_pd(to.cast(), _mm_castps_pd(left));
            left = _mm_movehl_ps(left, left);
            to = to.add(2);
        }
        if n & 1 != 0 {
            _mm_store_ss(to, left);
        }
    }

    #[inline(always)]
    unsafe fn transpose(from: *const f32, step: usize, to: *mut f32, to_step: usize) {
        // Interleave pairs of rows, then groups of four, then swap the halves of the registers.
        macro_rules! pair {
            ($i:expr) => {{
                let (a, b) = (
                    _mm256_loadu_ps(from.add($i * step)),
                    _mm256_loadu_ps(from.add(($i + 1) * step)),
                );
                (_mm256_unpacklo_ps(a, b), _mm256_unpackhi_ps(a, b))
            }};
        }
        macro_rules! four {
            ($i:expr) => {{
                let ((a, b), (c, d)) = (pair!($i), pair!($i + 2));
                [
                    _mm256_shuffle_ps::<0x44>(a, c),
                    _mm256_shuffle_ps::<0xee>(a, c),
                    _mm256_shuffle_ps::<0x44>(b, d),
                    _mm256_shuffle_ps::<0xee>(b, d),
                ]
            }};
        }
        let (upper, lower) = (four!(0), four!(4));
        for i in 0..4 {
            let (a, b) = (upper[i], lower[i]);
            _mm256_storeu_ps(to.add(i * to_step), _mm256_permute2f128_ps::<0x20>(a, b));
            _mm256_storeu_ps(
                to.add((i + 4) * to_step),
                _mm256_permute2f128_ps::<0x31>(a, b),
            );
        }
    }

    #[inline(always)]
    unsafe fn add(self, other: Self) -> Self {
        Avx2Floats(_mm256_add_ps(self.0, other.0))
    }

    #[inline(always)]
    unsafe fn sub(self, other: Self) -> Self {
        Avx2Floats(_mm256_sub_ps(self.0, other.0))
    }

    #[inline(always)]
    unsafe fn mul(self, other: Self) -> Self {
        Avx2Floats(_mm256_mul_ps(self.0, other.0))
    }

    #[inline(always)]
    unsafe fn div(self, other: Self) -> Self {
        Avx2Floats(_mm256_div_ps(self.0, other.0))
    }

    #[inline(always)]
    unsafe fn sqrt(self) -> Self {
        Avx2Floats(_mm256_sqrt_ps(self.0))
    }

    #[inline(always)]
    unsafe fn fma(self, factor: Self, term: Self) -> Self {
        Avx2Floats(_mm256_fmadd_ps(self.0, factor.0, term.0))
    }

    #[inline(always)]
    unsafe fn at_least(self, least: Self) -> Self {
        // If one operand is NaN, the instruction returns the second one.
        Avx2Floats(_mm256_max_ps(least.0, self.0))
    }

    #[inline(always)]
    unsafe fn greater(self, other: Self) -> __m256 {
        _mm256_cmp_ps::<_CMP_GT_OQ>(self.0, other.0)
    }

    #[inline(always)]
    unsafe fn equal(self, other: Self) -> __m256 {
        _mm256_cmp_ps::<_CMP_EQ_OQ>(self.0, other.0)
    }

    #[inline(always)]
    unsafe fn greater_or_nan(self, best: Self) -> __m256 {
        _mm256_or_ps(
            self.greater(best),
            _mm256_cmp_ps::<_CMP_UNORD_Q>(self.0, self.0),
        )
    }

    #[inline(always)]
    unsafe fn select(self, mask: __m256, other: Self) -> Self {
        Avx2Floats(_mm256_blendv_ps(other.0, self.0, mask))
    }

    #[inline(always)]
    unsafe fn keep(self, mask: __m256) -> Self {
        Avx2Floats(_mm256_and_ps(self.0, mask))
    }

    #[inline(always)]
    unsafe fn load_bytes(from: *const u8) -> Self {
        Avx2Floats(_mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(_mm_loadl_epi64(
            from.cast(),
        ))))
    }

    #[inline(always)]
    unsafe fn store_bytes(self, to: *mut u8) {
        let words = _mm256_cvttps_epi32(self.0);
        let halves = _mm_packus_epi32(
            _mm256_castsi256_si128(words),
            _mm256_extracti128_si256::<1>(words),
        );
        _mm_storel_epi64(to.cast(), _mm_packus_epi16(halves, halves));
    }
}
