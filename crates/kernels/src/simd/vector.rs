//! [`Vector`], the operations that kernels are written with, and [`Kernel`], the work that is
//! compiled for every instruction set.

/// Work that can be compiled for any instruction set.
pub(crate) trait Kernel {
    type Output;

    /// # Safety
    /// As the kernel requires, and only on a processor that supports the instruction set of `V`.
    unsafe fn run<V: Vector>(self) -> Self::Output;
}

/// A register of floats and the operations on it.
///
/// # Safety
/// Every method may only run on a processor that supports the instruction set. Pointers need not be
/// aligned unless stated otherwise.
pub(crate) trait Vector: Copy {
    /// Floats in a vector.
    const LANES: usize;
    /// Rows of a register block that is one vector wide, and of one that is two vectors wide.
    const ROWS: [usize; 2];
    /// One bit or one word for each lane.
    type Mask: Copy;

    /// Runs a kernel in a function of its own, so that it is compiled once, no matter how many
    /// callers it has.
    unsafe fn outlined<K: Kernel>(kernel: K) -> K::Output;

    unsafe fn splat(value: f32) -> Self;
    unsafe fn load(from: *const f32) -> Self;
    unsafe fn store(self, to: *mut f32);
    /// Stores past the caches, to an aligned address. Another thread may read the value only after
    /// [`Vector::stream_fence`].
    unsafe fn stream(self, to: *mut f32);
    /// Makes all streamed stores of this thread visible to other threads.
    unsafe fn stream_fence();
    /// Loads the first `n` lanes and fills the others with zeros; reads nothing beyond them.
    unsafe fn load_partial(from: *const f32, n: usize) -> Self;
    /// Stores the first `n` lanes; writes nothing beyond them.
    unsafe fn store_partial(self, to: *mut f32, n: usize);
    /// Transposes a square of `LANES` rows of `LANES` values. Rows start `step` values apart at
    /// `from` and `to_step` values apart at `to`.
    unsafe fn transpose(from: *const f32, step: usize, to: *mut f32, to_step: usize);
    unsafe fn add(self, other: Self) -> Self;
    unsafe fn sub(self, other: Self) -> Self;
    unsafe fn mul(self, other: Self) -> Self;
    unsafe fn div(self, other: Self) -> Self;
    unsafe fn sqrt(self) -> Self;
    /// `self * factor + term`
    unsafe fn fma(self, factor: Self, term: Self) -> Self;
    /// The larger of both; NaN in `self` is kept.
    unsafe fn at_least(self, least: Self) -> Self;
    /// `max(self, 0)`; NaN is kept.
    #[inline(always)]
    unsafe fn relu(self) -> Self {
        self.at_least(Self::splat(0.0))
    }
    unsafe fn greater(self, other: Self) -> Self::Mask;
    unsafe fn equal(self, other: Self) -> Self::Mask;
    /// Whether `self` replaces `best` as the maximum: it is greater, or NaN.
    unsafe fn greater_or_nan(self, best: Self) -> Self::Mask;
    /// `self` where the mask is set, else `other`.
    unsafe fn select(self, mask: Self::Mask, other: Self) -> Self;
    /// `self` where the mask is set, else zero.
    unsafe fn keep(self, mask: Self::Mask) -> Self;
    /// Loads bytes and converts them to floats.
    unsafe fn load_bytes(from: *const u8) -> Self;
    /// Stores whole numbers from 0 to 255 as bytes.
    unsafe fn store_bytes(self, to: *mut u8);
}

/// Floats in a row of a panel of packed weights, for every instruction set: one vector or two.
pub(crate) const PANEL: usize = 16;
