//! Starts workers as processes of this machine.

use super::affinity::with_affinity;
use super::memory_limit::{limit_memory, limited_command};
use super::slots::LocalSlot;
use crate::launcher::{LaunchError, Launcher, Slot, WorkerHandle, WorkerReports};
use crate::process::{ProcessKind, StartedProcess, supervise};
use convsweep_spec::command::GPU_MODEL;
use convsweep_spec::precision::Precision;
use std::io;
use std::process::Stdio;
use std::time::Duration;
use tokio::process::Command;

/// Environment variables by which numerical libraries are told their number of threads.
const THREAD_VARIABLES: [&str; 4] = [
    "RAYON_NUM_THREADS",
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
];

/// Starts workers as processes of this machine.
#[derive(Clone, Debug)]
pub struct LocalLauncher {
    /// The slots of this machine.
    pub slots: Vec<LocalSlot>,
    /// Time that a worker has to exit after its standard input was closed, before it is killed.
    pub grace_period: Duration,
}

impl Launcher for LocalLauncher {
    fn slots(&self) -> Vec<Slot> {
        self.slots.iter().map(LocalSlot::slot).collect()
    }

    fn launch(
        &self,
        slot: usize,
        precision: Precision,
        reports: WorkerReports,
    ) -> Result<WorkerHandle, LaunchError> {
        let slot = &self.slots[slot];
        let mut command = worker_command(slot);
        if !slot.device.family.is_cpu() {
            set_up_gpu(&mut command, precision);
        }
        let (spawned, pinning_note) = with_affinity(&slot.cores, || command.spawn());
        let child = spawned.map_err(|error| start_error(slot, &error))?;
        let pid = child.id().unwrap_or_default();
        tracing::debug!(pid, cores = ?slot.cores, "worker process spawned");
        let bytes = slot.memory_bytes;
        let limit_note = bytes.and_then(|bytes| limit_memory(pid, bytes));
        let started = StartedProcess {
            child,
            kind: ProcessKind::local(pid),
            program: slot.worker.display().to_string(),
            note: pinning_note.or(limit_note),
        };
        supervise(started, self.grace_period, reports)
    }
}

/// The command that starts the worker of a slot as a process of this machine.
pub(crate) fn worker_command(slot: &LocalSlot) -> Command {
    let mut command = match slot.memory_bytes {
        Some(bytes) => limited_command(&slot.worker, bytes),
        None => Command::new(&slot.worker),
    };
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .kill_on_drop(true);
    for name in THREAD_VARIABLES {
        command.env(name, slot.threads.to_string());
    }
    if let Some(model) = &slot.gpu_model {
        command.env(GPU_MODEL, model);
    }
    // Each training step allocates what the previous one freed. Keeping freed pages for a minute
    // saves the kernel from clearing them again for every step.
    command.env("MIMALLOC_PURGE_DELAY", "60000");
    // The same for libraries that have the C library's allocator, such as LibTorch.
    for name in ["MALLOC_TRIM_THRESHOLD_", "MALLOC_MMAP_THRESHOLD_"] {
        command.env(name, "1073741824");
    }
    if slot.memory_bytes.is_some() {
        // Otherwise the allocator reserves a gigabyte ahead, which counts against the limit.
        command.env("MIMALLOC_ARENA_EAGER_COMMIT", "0");
    }
    command
}

/// Environment variables of NVIDIA's libraries.
pub(crate) fn set_up_gpu(command: &mut Command, precision: Precision) {
    // CUDA then numbers its devices as the discovery of devices does.
    command.env("CUDA_DEVICE_ORDER", "PCI_BUS_ID");
    // Sums of cuBLAS then have the same order in every process.
    command.env("CUBLAS_WORKSPACE_CONFIG", ":4096:8");
    for (name, value) in precision.environment() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
}

fn start_error(slot: &LocalSlot, error: &io::Error) -> LaunchError {
    /// Error of the system for a program of another kind of processor, or none at all.
    const NOT_A_PROGRAM: i32 = 8;
    let (remedy, is_lasting) = match error.kind() {
        io::ErrorKind::NotFound => ("build it, or put it next to convsweep", true),
        io::ErrorKind::PermissionDenied => ("make it executable", true),
        io::ErrorKind::OutOfMemory => ("run fewer slots (--slots)", false),
        _ if error.raw_os_error() == Some(NOT_A_PROGRAM) => ("build it for this machine", true),
        _ => ("check whether it runs by hand with --version", false),
    };
    let reason = format!(
        "the worker {} does not start: {error}; {remedy}",
        slot.worker.display()
    );
    LaunchError { reason, is_lasting }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nvidias_libraries_are_told_the_precision() {
        let told = |precision, variable: &str| {
            let mut command = Command::new("worker");
            set_up_gpu(&mut command, precision);
            let mut variables = command.as_std().get_envs();
            let (_, value) = variables
                .find(|(name, _)| *name == variable)
                .expect("is set");
            value.map(|value| value.to_string_lossy().into_owned())
        };
        for precision in [Precision::F32, Precision::Bf16] {
            assert_eq!(
                told(precision, "NVIDIA_TF32_OVERRIDE").as_deref(),
                Some("0")
            );
        }
        // A variable of the user's own must not forbid what the job asks for.
        assert_eq!(told(Precision::Tf32, "NVIDIA_TF32_OVERRIDE"), None);
        let torch = told(Precision::Tf32, "TORCH_ALLOW_TF32_CUBLAS_OVERRIDE");
        assert_eq!(torch.as_deref(), Some("1"));
    }
}
