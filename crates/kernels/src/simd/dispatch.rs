//! Runs a kernel with the widest instruction set that may be used.

use super::instruction_set::InstructionSet;
use super::portable::PortableFloats;
use super::vector::Kernel;
#[cfg(target_arch = "x86_64")]
use super::{avx2, avx512};

/// Runs a kernel with [`InstructionSet::best`].
///
/// # Safety
/// As for the kernel.
pub(crate) unsafe fn dispatch<K: Kernel>(kernel: K) -> K::Output {
    match InstructionSet::best() {
        #[cfg(target_arch = "x86_64")]
        InstructionSet::Avx512 => avx512::run(kernel),
        #[cfg(target_arch = "x86_64")]
        InstructionSet::Avx2 => avx2::run(kernel),
        _ => kernel.run::<PortableFloats>(),
    }
}
