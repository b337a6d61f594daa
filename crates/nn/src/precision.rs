//! Whether this worker can compute in a precision.

use crate::device::{WORKER, instructions};
use convsweep_spec::device::{DeviceFamily, DeviceName, WorkerKind};
use convsweep_spec::train::Precision;
use thiserror::Error;

/// A precision that a device of this worker cannot compute in.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum PrecisionError {
    /// The device never can.
    #[error("{}", precision.refusal(std::slice::from_ref(problem)))]
    Unavailable {
        /// The precision.
        precision: Precision,
        /// Why not.
        problem: String,
    },
    /// NVIDIA's libraries were not told so when this process started.
    #[error(
        "train.precision = \"{}\" needs a worker that was started for it: the environment variable \
         {variable} is not as it should be; let the program start its workers itself",
        precision.name()
    )]
    NotStartedFor {
        /// The precision.
        precision: Precision,
        /// The variable with another value.
        variable: &'static str,
    },
}

/// [`crate::instructions`], and how products are computed where that is not in the precision that
/// is asked for.
pub fn instructions_in(precision: Precision) -> String {
    let instructions = instructions();
    match precision.lower_products(WORKER) {
        Some(lower) => {
            let [asked, lower] = [precision, lower].map(Precision::name);
            format!("{instructions}, products of {asked} in {lower}")
        }
        None => instructions,
    }
}

/// Checks whether `device` can compute in a precision in this process.
///
/// # Errors
/// If it cannot, or not in this process.
pub fn check_precision(precision: Precision, device: DeviceName) -> Result<(), PrecisionError> {
    if let Some(problem) = precision.problem(device, WORKER, None) {
        return Err(PrecisionError::Unavailable { precision, problem });
    }
    if (WORKER, device.family) != (WorkerKind::LibTorch, DeviceFamily::Cuda) {
        return Ok(());
    }
    for (variable, value) in precision.environment() {
        if std::env::var(variable).ok().as_deref() != value {
            return Err(PrecisionError::NotStartedFor {
                precision,
                variable,
            });
        }
    }
    Ok(())
}
