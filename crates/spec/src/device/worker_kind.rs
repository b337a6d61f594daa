//! The worker programs.

/// A worker program: the library that it computes with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WorkerKind {
    /// The project's own kernels, on the CPU.
    Flex,
    /// LibTorch, on the CPU and on NVIDIA GPUs.
    LibTorch,
    /// CubeCL, on NVIDIA GPUs.
    CubeCl,
}

impl WorkerKind {
    /// The name after the `@` of a device.
    pub fn name(self) -> &'static str {
        match self {
            Self::Flex => "flex",
            Self::LibTorch => "libtorch",
            Self::CubeCl => "cubecl",
        }
    }

    /// The library's name in messages.
    pub fn library(self) -> &'static str {
        match self {
            Self::Flex => "own kernels",
            Self::LibTorch => "LibTorch",
            Self::CubeCl => "CubeCL",
        }
    }

    /// File name of the program.
    pub fn program(self) -> &'static str {
        match self {
            Self::Flex => "convsweep-worker",
            Self::LibTorch => "convsweep-worker-libtorch",
            Self::CubeCl => "convsweep-worker-cuda",
        }
    }

    /// The command that builds the program and puts it beside `convsweep`.
    pub fn build_command(self) -> &'static str {
        match self {
            Self::Flex => "cargo build --release --workspace",
            Self::LibTorch => "just worker libtorch",
            Self::CubeCl => "just worker cuda",
        }
    }

    /// The kind of the program with this file name.
    pub fn of_program(file_name: &str) -> Option<WorkerKind> {
        let kinds = [Self::Flex, Self::LibTorch, Self::CubeCl];
        kinds.into_iter().find(|kind| kind.program() == file_name)
    }
}
