//! One source for every instruction set: kernels are generic over [`Vector`] and compiled once for
//! each implementation.
//!
//! [`dispatch`] enters a function that has the instruction set's target features; everything below
//! it is `inline(always)`, so that it is compiled with them. A kernel must therefore never keep a
//! vector across a call that is not inlined.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod portable;

use std::sync::OnceLock;

/// Registers of floats and what the kernels do with them.
///
/// # Safety
/// Every method may only run on a processor that has the instruction set; pointers are those of
/// plain loads and stores, without alignment.
pub(crate) trait Vector: Copy {
    /// PortableFloats in a vector.
    const LANES: usize;
    /// Rows of a register block of one vector a row, and of two.
    const ROWS: [usize; 2];
    /// One bit or word a lane.
    type Mask: Copy;

    /// Runs a kernel in a function of its own: it is compiled once, however often it is called.
    unsafe fn outlined<K: Kernel>(kernel: K) -> K::Output;

    unsafe fn splat(value: f32) -> Self;
    unsafe fn load(from: *const f32) -> Self;
    unsafe fn store(self, to: *mut f32);
    /// Stores past the caches, to an aligned place; what follows on another thread must wait for
    /// [`Vector::streamed`].
    unsafe fn stream(self, to: *mut f32);
    /// Waits until all that was streamed is there for others.
    unsafe fn stream_fence();
    /// The first `n` floats, zero behind them; nothing behind them is read.
    unsafe fn load_partial(from: *const f32, n: usize) -> Self;
    /// Stores the first `n` lanes; nothing behind them is written.
    unsafe fn store_partial(self, to: *mut f32, n: usize);
    /// Transposes a square of `LANES` rows of `LANES` values, the rows so many values apart.
    unsafe fn transpose(from: *const f32, step: usize, to: *mut f32, to_step: usize);
    unsafe fn add(self, other: Self) -> Self;
    unsafe fn sub(self, other: Self) -> Self;
    unsafe fn mul(self, other: Self) -> Self;
    unsafe fn div(self, other: Self) -> Self;
    unsafe fn sqrt(self) -> Self;
    /// `self * factor + term`
    unsafe fn fma(self, factor: Self, term: Self) -> Self;
    /// The larger of both; NaN in `self` stays NaN.
    unsafe fn at_least(self, least: Self) -> Self;
    /// `max(self, 0)`; NaN stays NaN.
    #[inline(always)]
    unsafe fn relu(self) -> Self {
        self.at_least(Self::splat(0.0))
    }
    unsafe fn greater(self, other: Self) -> Self::Mask;
    unsafe fn equal(self, other: Self) -> Self::Mask;
    /// Whether this greater_or_nan `best` as a maximum: it is greater, or NaN.
    unsafe fn greater_or_nan(self, best: Self) -> Self::Mask;
    /// `self` where the mask is set, else `other`.
    unsafe fn select(self, mask: Self::Mask, other: Self) -> Self;
    /// `self` where the mask is set, else zero.
    unsafe fn keep(self, mask: Self::Mask) -> Self;
    /// Bytes as floats.
    unsafe fn load_bytes(from: *const u8) -> Self;
    /// Whole numbers from 0 to 255 as bytes.
    unsafe fn store_bytes(self, to: *mut u8);
}

/// PortableFloats in a row of a panel of packed weights, on every instruction set: one vector or two.
pub(crate) const PANEL: usize = 16;

/// Work that can be compiled for any instruction set.
pub(crate) trait Kernel {
    type Output;

    /// # Safety
    /// As the kernel says, and on a processor that has the instruction set of `V`.
    unsafe fn run<V: Vector>(self) -> Self::Output;
}

/// An instruction set that kernels are compiled for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InstructionSet {
    /// AVX-512 F, BW, DQ and VL: 16 floats.
    Avx512,
    /// AVX2 with FMA: 8 floats.
    Avx2,
    /// Whatever the compiler makes of arrays.
    Portable,
}

impl InstructionSet {
    /// From the widest to the narrowest.
    const ALL: [InstructionSet; 3] = [
        InstructionSet::Avx512,
        InstructionSet::Avx2,
        InstructionSet::Portable,
    ];

    /// The widest that this processor has. `CONVSWEEP_INSTRUCTIONS` (`avx512`, `avx2`, `portable`)
    /// says which is the widest that may be taken: for tests and comparisons.
    pub fn best() -> InstructionSet {
        static BEST: OnceLock<InstructionSet> = OnceLock::new();
        *BEST.get_or_init(|| {
            let most = std::env::var("CONVSWEEP_INSTRUCTIONS").unwrap_or_default();
            let first = InstructionSet::ALL
                .iter()
                .position(|set| set.name() == most)
                .unwrap_or(0);
            InstructionSet::first_here(&InstructionSet::ALL[first..])
        })
    }

    /// The widest that this processor has, whatever may be taken.
    pub fn widest() -> InstructionSet {
        InstructionSet::first_here(&InstructionSet::ALL)
    }

    fn first_here(sets: &[InstructionSet]) -> InstructionSet {
        sets.iter()
            .copied()
            .find(|set| set.is_here())
            .unwrap_or(InstructionSet::Portable)
    }

    #[cfg(target_arch = "x86_64")]
    fn is_here(self) -> bool {
        let avx2 = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
        match self {
            InstructionSet::Avx512 => {
                avx2 && is_x86_feature_detected!("avx512f")
                    && is_x86_feature_detected!("avx512bw")
                    && is_x86_feature_detected!("avx512dq")
                    && is_x86_feature_detected!("avx512vl")
            }
            InstructionSet::Avx2 => avx2,
            InstructionSet::Portable => true,
        }
    }

    #[cfg(not(target_arch = "x86_64"))]
    fn is_here(self) -> bool {
        self == InstructionSet::Portable
    }

    /// As in a fingerprint.
    pub fn name(self) -> &'static str {
        match self {
            InstructionSet::Avx512 => "avx512",
            InstructionSet::Avx2 => "avx2",
            InstructionSet::Portable => "portable",
        }
    }
}

/// Runs a kernel on the widest instruction set here.
///
/// # Safety
/// As the kernel says.
pub(crate) unsafe fn dispatch<K: Kernel>(kernel: K) -> K::Output {
    match InstructionSet::best() {
        #[cfg(target_arch = "x86_64")]
        InstructionSet::Avx512 => avx512::run(kernel),
        #[cfg(target_arch = "x86_64")]
        InstructionSet::Avx2 => avx2::run(kernel),
        _ => kernel.run::<portable::PortableFloats>(),
    }
}
