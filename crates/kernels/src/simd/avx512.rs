//! AVX-512: 32 registers of 16 floats, and separate mask registers.

use super::vector::{Kernel, Vector};
use std::arch::x86_64::*;

/// # Safety
/// As for the kernel, on a processor with AVX-512 F, BW, DQ and VL, AVX2 and FMA.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")]
pub(super) unsafe fn run<K: Kernel>(kernel: K) -> K::Output {
    kernel.run::<Avx512Floats>()
}

#[inline(never)]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")]
unsafe fn outlined<K: Kernel>(kernel: K) -> K::Output {
    kernel.run::<Avx512Floats>()
}

#[derive(Clone, Copy)]
pub(super) struct Avx512Floats(__m512);

/// A mask of the first `n` lanes.
#[inline(always)]
unsafe fn first_lanes(n: usize) -> __mmask16 {
    // Shifted as a wider type, because `n` may be 16.
    ((1u32 << n) - 1) as __mmask16
}

impl Vector for Avx512Floats {
    const LANES: usize = 16;
    const ROWS: [usize; 2] = [12, 10];
    type Mask = __mmask16;

    #[inline(always)]
    unsafe fn outlined<K: Kernel>(kernel: K) -> K::Output {
        outlined(kernel)
    }

    #[inline(always)]
    unsafe fn splat(value: f32) -> Self {
        Avx512Floats(_mm512_set1_ps(value))
    }

    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        Avx512Floats(_mm512_loadu_ps(from))
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        _mm512_storeu_ps(to, self.0);
    }

    #[inline(always)]
    unsafe fn stream(self, to: *mut f32) {
        _mm512_stream_ps(to, self.0);
    }

    #[inline(always)]
    unsafe fn stream_fence() {
        _mm_sfence();
    }

    #[inline(always)]
    unsafe fn load_partial(from: *const f32, n: usize) -> Self {
        Avx512Floats(_mm512_maskz_loadu_ps(first_lanes(n), from))
    }

    #[inline(always)]
    unsafe fn store_partial(self, to: *mut f32, n: usize) {
        _mm512_mask_storeu_ps(to, first_lanes(n), self.0);
    }

    #[inline(always)]
    unsafe fn transpose(from: *const f32, step: usize, to: *mut f32, to_step: usize) {
        // Interleave pairs of rows, then groups of four, after which each quarter of a register
        // holds four rows of one column; then exchange the quarters.
        macro_rules! pair {
            ($i:expr) => {{
                let (a, b) = (
                    _mm512_loadu_ps(from.add($i * step)),
                    _mm512_loadu_ps(from.add(($i + 1) * step)),
                );
                (_mm512_unpacklo_ps(a, b), _mm512_unpackhi_ps(a, b))
            }};
        }
        macro_rules! four {
            ($i:expr) => {{
                let ((a, b), (c, d)) = (pair!($i), pair!($i + 2));
                [
                    _mm512_shuffle_ps::<0x44>(a, c),
                    _mm512_shuffle_ps::<0xee>(a, c),
                    _mm512_shuffle_ps::<0x44>(b, d),
                    _mm512_shuffle_ps::<0xee>(b, d),
                ]
            }};
        }
        let rows = [four!(0), four!(4), four!(8), four!(12)];
        for i in 0..4 {
            let (even, odd) = (
                _mm512_shuffle_f32x4::<0x88>(rows[0][i], rows[1][i]),
                _mm512_shuffle_f32x4::<0xdd>(rows[0][i], rows[1][i]),
            );
            let (even_low, odd_low) = (
                _mm512_shuffle_f32x4::<0x88>(rows[2][i], rows[3][i]),
                _mm512_shuffle_f32x4::<0xdd>(rows[2][i], rows[3][i]),
            );
            _mm512_storeu_ps(
                to.add(i * to_step),
                _mm512_shuffle_f32x4::<0x88>(even, even_low),
            );
            _mm512_storeu_ps(
                to.add((i + 4) * to_step),
                _mm512_shuffle_f32x4::<0x88>(odd, odd_low),
            );
            _mm512_storeu_ps(
                to.add((i + 8) * to_step),
                _mm512_shuffle_f32x4::<0xdd>(even, even_low),
            );
            _mm512_storeu_ps(
                to.add((i + 12) * to_step),
                _mm512_shuffle_f32x4::<0xdd>(odd, odd_low),
            );
        }
    }

    #[inline(always)]
    unsafe fn add(self, other: Self) -> Self {
        Avx512Floats(_mm512_add_ps(self.0, other.0))
    }

    #[inline(always)]
    unsafe fn sub(self, other: Self) -> Self {
        Avx512Floats(_mm512_sub_ps(self.0, other.0))
    }

    #[inline(always)]
    unsafe fn mul(self, other: Self) -> Self {
        Avx512Floats(_mm512_mul_ps(self.0, other.0))
    }

    #[inline(always)]
    unsafe fn div(self, other: Self) -> Self {
        Avx512Floats(_mm512_div_ps(self.0, other.0))
    }

    #[inline(always)]
    unsafe fn sqrt(self) -> Self {
        Avx512Floats(_mm512_sqrt_ps(self.0))
    }

    #[inline(always)]
    unsafe fn fma(self, factor: Self, term: Self) -> Self {
        Avx512Floats(_mm512_fmadd_ps(self.0, factor.0, term.0))
    }

    #[inline(always)]
    unsafe fn at_least(self, least: Self) -> Self {
        // If one operand is NaN, the instruction returns the second one.
        Avx512Floats(_mm512_max_ps(least.0, self.0))
    }

    #[inline(always)]
    unsafe fn greater(self, other: Self) -> __mmask16 {
        _mm512_cmp_ps_mask::<_CMP_GT_OQ>(self.0, other.0)
    }

    #[inline(always)]
    unsafe fn equal(self, other: Self) -> __mmask16 {
        _mm512_cmp_ps_mask::<_CMP_EQ_OQ>(self.0, other.0)
    }

    #[inline(always)]
    unsafe fn greater_or_nan(self, best: Self) -> __mmask16 {
        self.greater(best) | _mm512_cmp_ps_mask::<_CMP_UNORD_Q>(self.0, self.0)
    }

    #[inline(always)]
    unsafe fn select(self, mask: __mmask16, other: Self) -> Self {
        Avx512Floats(_mm512_mask_blend_ps(mask, other.0, self.0))
    }

    #[inline(always)]
    unsafe fn keep(self, mask: __mmask16) -> Self {
        Avx512Floats(_mm512_maskz_mov_ps(mask, self.0))
    }

    #[inline(always)]
    unsafe fn load_bytes(from: *const u8) -> Self {
        Avx512Floats(_mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(_mm_loadu_si128(
            from.cast(),
        ))))
    }

    #[inline(always)]
    unsafe fn store_bytes(self, to: *mut u8) {
        _mm_storeu_si128(to.cast(), _mm512_cvtepi32_epi8(_mm512_cvttps_epi32(self.0)));
    }
}
