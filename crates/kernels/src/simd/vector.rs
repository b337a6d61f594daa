//! [`Vector`], the operations that kernels are written with, and [`Kernel`], work that is compiled
//! for every instruction set.

/// Work that can be compiled for any instruction set.
pub(crate) trait Kernel {
    type Output;

    /// # Safety
    /// As the kernel says, and on a processor that has the instruction set of `V`.
    unsafe fn run<V: Vector>(self) -> Self::Output;
}

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
