//! The precision that networks are computed in, and which devices can compute in it.

use crate::device::{DeviceFamily, DeviceName, WorkerKind};
use serde::{Deserialize, Serialize};

/// The precision of the convolutions and dense layers of a network, and of what is between them.
/// Parameters, their gradients, the optimizer's state, logits and losses have 32 bits in each.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    /// Floating-point numbers of 32 bits.
    #[default]
    F32,
    /// The same, but factors of products are rounded to NVIDIA's TensorFloat-32, which has 10 bits
    /// of mantissa instead of 23.
    Tf32,
    /// bfloat16: 16 bits, of which 7 are the mantissa.
    Bf16,
}

/// The first compute capability of GPUs that multiply TF32 and bfloat16.
const FIRST_CAPABILITY: &str = "8.0";

impl Precision {
    /// Every precision, the default first.
    pub const ALL: [Precision; 3] = [Self::F32, Self::Tf32, Self::Bf16];

    /// The name in experiment files.
    pub fn name(self) -> &'static str {
        match self {
            Self::F32 => "f32",
            Self::Tf32 => "tf32",
            Self::Bf16 => "bf16",
        }
    }

    /// Whether it is the default, which experiment files and ids do not mention.
    pub fn is_f32(&self) -> bool {
        *self == Self::F32
    }

    /// Why a device, served by `worker`, cannot compute in this precision; `None` if it can.
    /// `capability` is the compute capability of a GPU, such as 8.6; what is not known is not
    /// held against it.
    pub fn problem(
        self,
        device: DeviceName,
        worker: WorkerKind,
        capability: Option<&str>,
    ) -> Option<String> {
        let library = worker.library();
        let reason = match (self, worker, device.family) {
            (Self::F32, ..) => return None,
            (_, WorkerKind::Flex, _) => "the CPU's own kernels compute in f32 only".to_string(),
            (Self::Tf32, _, DeviceFamily::Cpu | DeviceFamily::LibTorch) => {
                format!("{library} computes in f32 and bf16 on a CPU")
            }
            (Self::Bf16, _, DeviceFamily::Cpu | DeviceFamily::LibTorch) => return None,
            (Self::Tf32 | Self::Bf16, _, DeviceFamily::Cuda) => {
                let known = capability?;
                if major(known)? >= major(FIRST_CAPABILITY)? {
                    return None;
                }
                format!(
                    "its compute capability is {known}, and below {FIRST_CAPABILITY} there is f32 \
                     only"
                )
            }
        };
        Some(format!("{device} cannot ({reason})"))
    }

    /// What the user is told where none of the devices can compute in this precision, with the
    /// problems of the devices.
    pub fn refusal(self, problems: &[String]) -> String {
        let (name, devices) = (self.name(), self.devices_in_words());
        let problems = problems.join("; ");
        format!(
            "train.precision = \"{name}\": {problems}; name a device that can (--devices or \
             run.devices), which is {devices}, or set train.precision = \"f32\""
        )
    }

    /// Whether products of f32 may be computed as TF32 on a GPU.
    pub fn allows_tf32(self) -> bool {
        self == Self::Tf32
    }

    /// Environment variables that a worker on a GPU is started with, so that NVIDIA's libraries
    /// compute products of f32 as this precision has them; `None` for one that must not be set.
    /// They are read once.
    pub fn environment(self) -> [(&'static str, Option<&'static str>); 2] {
        // cuBLAS and cuDNN obey the first one whatever they are asked for; LibTorch allows cuDNN
        // TF32 by itself, and cuBLAS where the second one asks for it.
        let [nvidia, torch] = match self.allows_tf32() {
            true => [None, Some("1")],
            false => [Some("0"), Some("0")],
        };
        [
            ("NVIDIA_TF32_OVERRIDE", nvidia),
            ("TORCH_ALLOW_TF32_CUBLAS_OVERRIDE", torch),
        ]
    }

    /// The precision of products of matrices where a worker computes them in a lower one than this.
    pub fn lower_products(self, worker: WorkerKind) -> Option<Precision> {
        (worker == WorkerKind::CubeCl && self.is_f32()).then_some(Self::Tf32)
    }

    /// Devices that can compute in it, in words.
    pub fn devices_in_words(self) -> &'static str {
        match self {
            Self::F32 => "any device",
            Self::Tf32 => "an NVIDIA GPU of compute capability 8.0 or higher (cuda)",
            Self::Bf16 => "libtorch, or an NVIDIA GPU of compute capability 8.0 or higher (cuda)",
        }
    }
}

/// Precisions that a device can compute in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Precisions([bool; Precision::ALL.len()]);

impl Precisions {
    /// All of them.
    pub const ALL: Precisions = Precisions([true; Precision::ALL.len()]);

    /// Those of a device; the arguments are those of [`Precision::problem`].
    pub fn of(device: DeviceName, worker: WorkerKind, capability: Option<&str>) -> Precisions {
        Precisions(Precision::ALL.map(|p| p.problem(device, worker, capability).is_none()))
    }

    /// Whether this one is among them.
    pub fn contains(self, precision: Precision) -> bool {
        self.0[precision as usize]
    }
}

/// The number before the point.
fn major(capability: &str) -> Option<u32> {
    capability.split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_can_compute_in_some_precisions() {
        let can = |device: &str, worker, capability| {
            let can = Precisions::of(device.parse().expect("a device"), worker, capability);
            let contained = Precision::ALL.into_iter().filter(|p| can.contains(*p));
            contained.collect::<Vec<_>>()
        };
        use Precision::{Bf16, F32, Tf32};
        assert_eq!(can("cpu", WorkerKind::Flex, None), [F32]);
        assert_eq!(can("libtorch", WorkerKind::LibTorch, None), [F32, Bf16]);
        for worker in [WorkerKind::LibTorch, WorkerKind::CubeCl] {
            assert_eq!(can("cuda:0", worker, None), [F32, Tf32, Bf16]);
            assert_eq!(can("cuda:0", worker, Some("7.5")), [F32]);
            assert_eq!(can("cuda:0", worker, Some("8.0")), [F32, Tf32, Bf16]);
            assert_eq!(can("cuda:0", worker, Some("12.1")), [F32, Tf32, Bf16]);
        }
        let old = Bf16.problem(DeviceName::cuda(1), WorkerKind::LibTorch, Some("7.5"));
        let expect =
            "cuda:1 cannot (its compute capability is 7.5, and below 8.0 there is f32 only)";
        assert_eq!(old.as_deref(), Some(expect));
    }

    #[test]
    fn cubecl_stages_products_of_f32_as_tf32() {
        let found = Precision::ALL.map(|p| p.lower_products(WorkerKind::CubeCl));
        assert_eq!(found, [Some(Precision::Tf32), None, None]);
        assert_eq!(Precision::F32.lower_products(WorkerKind::LibTorch), None);
    }

    #[test]
    fn names_are_those_of_experiment_files() {
        for precision in Precision::ALL {
            let json = serde_json::to_string(&precision).expect("JSON");
            assert_eq!(json, format!("\"{}\"", precision.name()));
        }
    }
}
