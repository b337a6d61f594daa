//! The instruction sets that kernels are compiled for, and which of them this processor supports.

use std::sync::OnceLock;

/// An instruction set that kernels are compiled for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InstructionSet {
    /// AVX-512 F, BW, DQ and VL: 16 floats.
    Avx512,
    /// AVX2 with FMA: 8 floats.
    Avx2,
    /// Plain arrays, which the compiler vectorises as it can.
    Portable,
}

impl InstructionSet {
    /// From widest to narrowest.
    const ALL: [InstructionSet; 3] = [
        InstructionSet::Avx512,
        InstructionSet::Avx2,
        InstructionSet::Portable,
    ];

    /// The widest set that this processor supports and the environment allows.
    /// `CONVSWEEP_INSTRUCTIONS` (`avx512`, `avx2` or `portable`) limits the choice for tests and
    /// comparisons.
    pub fn best() -> InstructionSet {
        static BEST: OnceLock<InstructionSet> = OnceLock::new();
        *BEST.get_or_init(InstructionSet::widest_allowed)
    }

    fn widest_allowed() -> InstructionSet {
        let limit = std::env::var("CONVSWEEP_INSTRUCTIONS").unwrap_or_default();
        let first = InstructionSet::ALL
            .iter()
            .position(|set| set.name() == limit)
            .unwrap_or(0);
        InstructionSet::first_supported(&InstructionSet::ALL[first..])
    }

    /// The widest set that this processor supports, whatever the environment allows.
    pub fn widest() -> InstructionSet {
        InstructionSet::first_supported(&InstructionSet::ALL)
    }

    fn first_supported(sets: &[InstructionSet]) -> InstructionSet {
        sets.iter()
            .copied()
            .find(|set| set.is_supported())
            .unwrap_or(InstructionSet::Portable)
    }

    #[cfg(target_arch = "x86_64")]
    fn is_supported(self) -> bool {
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
    fn is_supported(self) -> bool {
        self == InstructionSet::Portable
    }

    /// The name that is recorded in fingerprints.
    pub fn name(self) -> &'static str {
        match self {
            InstructionSet::Avx512 => "avx512",
            InstructionSet::Avx2 => "avx2",
            InstructionSet::Portable => "portable",
        }
    }
}
