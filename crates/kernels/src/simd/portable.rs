//! Arrays of 8 floats, which the compiler vectorises as it can.

use super::vector::{Kernel, Vector};
use std::array::from_fn;

#[derive(Clone, Copy)]
pub(super) struct PortableFloats([f32; 8]);

impl Vector for PortableFloats {
    const LANES: usize = 8;
    const ROWS: [usize; 2] = [4, 4];
    type Mask = [bool; 8];

    #[inline(never)]
    unsafe fn outlined<K: Kernel>(kernel: K) -> K::Output {
        kernel.run::<Self>()
    }

    #[inline(always)]
    unsafe fn splat(value: f32) -> Self {
        PortableFloats([value; 8])
    }

    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        PortableFloats(from.cast::<[f32; 8]>().read_unaligned())
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        to.cast::<[f32; 8]>().write_unaligned(self.0);
    }

    #[inline(always)]
    unsafe fn stream(self, to: *mut f32) {
        self.store(to);
    }

    #[inline(always)]
    unsafe fn stream_fence() {}

    #[inline(always)]
    unsafe fn load_partial(from: *const f32, n: usize) -> Self {
        let mut values = [0.0; 8];
        for (i, value) in values.iter_mut().enumerate().take(n) {
            *value = *from.add(i);
        }
        PortableFloats(values)
    }

    #[inline(always)]
    unsafe fn store_partial(self, to: *mut f32, n: usize) {
        for (i, value) in self.0.iter().enumerate().take(n) {
            *to.add(i) = *value;
        }
    }

    #[inline(always)]
    unsafe fn transpose(from: *const f32, step: usize, to: *mut f32, to_step: usize) {
        for i in 0..8 {
            for j in 0..8 {
                *to.add(j * to_step + i) = *from.add(i * step + j);
            }
        }
    }

    #[inline(always)]
    unsafe fn add(self, other: Self) -> Self {
        PortableFloats(from_fn(|i| self.0[i] + other.0[i]))
    }

    #[inline(always)]
    unsafe fn sub(self, other: Self) -> Self {
        PortableFloats(from_fn(|i| self.0[i] - other.0[i]))
    }

    #[inline(always)]
    unsafe fn mul(self, other: Self) -> Self {
        PortableFloats(from_fn(|i| self.0[i] * other.0[i]))
    }

    #[inline(always)]
    unsafe fn div(self, other: Self) -> Self {
        PortableFloats(from_fn(|i| self.0[i] / other.0[i]))
    }

    #[inline(always)]
    unsafe fn sqrt(self) -> Self {
        PortableFloats(from_fn(|i| self.0[i].sqrt()))
    }

    #[inline(always)]
    unsafe fn fma(self, factor: Self, term: Self) -> Self {
        // Not `mul_add`, which calls a slow library function on processors without the instruction.
        PortableFloats(from_fn(|i| self.0[i] * factor.0[i] + term.0[i]))
    }

    #[inline(always)]
    unsafe fn at_least(self, least: Self) -> Self {
        PortableFloats(from_fn(|i| {
            if self.0[i] < least.0[i] {
                least.0[i]
            } else {
                self.0[i]
            }
        }))
    }

    #[inline(always)]
    unsafe fn greater(self, other: Self) -> [bool; 8] {
        from_fn(|i| self.0[i] > other.0[i])
    }

    #[inline(always)]
    unsafe fn equal(self, other: Self) -> [bool; 8] {
        from_fn(|i| self.0[i] == other.0[i])
    }

    #[inline(always)]
    unsafe fn greater_or_nan(self, best: Self) -> [bool; 8] {
        from_fn(|i| self.0[i] > best.0[i] || self.0[i].is_nan())
    }

    #[inline(always)]
    unsafe fn select(self, mask: [bool; 8], other: Self) -> Self {
        PortableFloats(from_fn(|i| if mask[i] { self.0[i] } else { other.0[i] }))
    }

    #[inline(always)]
    unsafe fn keep(self, mask: [bool; 8]) -> Self {
        PortableFloats(from_fn(|i| if mask[i] { self.0[i] } else { 0.0 }))
    }

    #[inline(always)]
    unsafe fn load_bytes(from: *const u8) -> Self {
        let bytes = from.cast::<[u8; 8]>().read_unaligned();
        PortableFloats(bytes.map(f32::from))
    }

    #[inline(always)]
    unsafe fn store_bytes(self, to: *mut u8) {
        to.cast::<[u8; 8]>()
            .write_unaligned(self.0.map(|v| v as u8));
    }
}
