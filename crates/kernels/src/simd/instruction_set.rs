//! The instruction sets that kernels are compiled for, and which of them this processor supports.

use std::ffi::OsStr;
use std::fmt;
use std::sync::OnceLock;

/// The environment variable that limits which instruction sets are used.
const VARIABLE: &str = "CONVSWEEP_INSTRUCTIONS";

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
    ///
    /// # Panics
    ///
    /// If [`InstructionSet::widest_allowed`] fails; programs ask that first and report the error.
    pub fn best() -> InstructionSet {
        static BEST: OnceLock<InstructionSet> = OnceLock::new();
        *BEST.get_or_init(|| match InstructionSet::widest_allowed() {
            Ok(set) => set,
            Err(error) => panic!("{error}"),
        })
    }

    /// The widest set that this processor supports and the environment allows.
    /// `CONVSWEEP_INSTRUCTIONS` (`avx512`, `avx2` or `portable`) limits the choice for tests and
    /// comparisons.
    ///
    /// # Errors
    ///
    /// If the variable has another value.
    pub fn widest_allowed() -> Result<InstructionSet, UnknownInstructionSet> {
        let limit = std::env::var_os(VARIABLE).unwrap_or_default();
        InstructionSet::widest_within(&limit)
    }

    /// The widest supported set that is no wider than the one named `limit`; an empty name does not
    /// limit the choice.
    fn widest_within(limit: &OsStr) -> Result<InstructionSet, UnknownInstructionSet> {
        if limit.is_empty() {
            return Ok(InstructionSet::widest());
        }
        let mut sets = InstructionSet::ALL.iter();
        match sets.position(|set| set.name() == limit) {
            Some(first) => Ok(InstructionSet::first_supported(
                &InstructionSet::ALL[first..],
            )),
            None => Err(UnknownInstructionSet {
                name: limit.to_string_lossy().into_owned(),
            }),
        }
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

/// The environment names an instruction set that does not exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownInstructionSet {
    /// The name.
    pub name: String,
}

impl fmt::Display for UnknownInstructionSet {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(
            f,
            "{VARIABLE} is \"{}\", which is not an instruction set: set it to avx512, avx2 or \
             portable, or unset it to use the widest that the processor supports",
            self.name
        )
    }
}

impl std::error::Error for UnknownInstructionSet {}

#[cfg(test)]
mod tests {
    use super::*;

    fn widest_within(limit: &str) -> Result<InstructionSet, String> {
        InstructionSet::widest_within(OsStr::new(limit)).map_err(|error| error.to_string())
    }

    #[test]
    fn a_limit_excludes_wider_sets() {
        assert_eq!(widest_within(""), Ok(InstructionSet::widest()));
        assert_eq!(widest_within("avx512"), Ok(InstructionSet::widest()));
        assert_eq!(widest_within("portable"), Ok(InstructionSet::Portable));
        assert_ne!(widest_within("avx2"), Ok(InstructionSet::Avx512));
    }

    #[test]
    fn an_unknown_limit_is_refused() {
        for limit in ["AVX2", "avx1024", "avx2 "] {
            let message = format!(
                "CONVSWEEP_INSTRUCTIONS is \"{limit}\", which is not an instruction set: \
                 set it to avx512, avx2 or portable, \
                 or unset it to use the widest that the processor supports"
            );
            assert_eq!(widest_within(limit), Err(message));
        }
    }
}
