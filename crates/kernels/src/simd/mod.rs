//! One source for every instruction set: kernels are generic over [`Vector`] and compiled once for
//! each implementation.
//!
//! [`dispatch()`] enters a function that enables the target features of the instruction set.
//! Everything it calls is `inline(always)`, so that it is compiled with the same features. A kernel
//! must therefore never pass a vector to a function that is not inlined.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod dispatch;
mod instruction_set;
mod partial;
mod portable;
mod streaming;
mod vector;

pub(crate) use dispatch::dispatch;
pub use instruction_set::{InstructionSet, UnknownInstructionSet};
pub(crate) use partial::{load, load_bytes, store, store_bytes};
pub(crate) use streaming::should_stream;
pub(crate) use vector::{Kernel, PANEL, Vector};
