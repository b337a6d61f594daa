//! The programs that train on the devices.

use convsweep_spec::device::WorkerKind;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// Folder of the worker programs: that of the running program.
pub fn worker_folder() -> PathBuf {
    let program = std::env::current_exe().unwrap_or_default();
    let folder = program.parent().map(Path::to_path_buf);
    folder.unwrap_or_else(|| PathBuf::from("."))
}

/// Path of a worker program.
pub(crate) fn worker_path(worker_folder: &Path, worker: WorkerKind) -> PathBuf {
    worker_folder.join(worker.program())
}

/// Whether the worker by LibTorch at `worker` was built with CUDA: it then names the library that
/// has it.
pub(crate) fn has_torch_cuda(worker: &Path) -> bool {
    const LIBRARY: &[u8] = b"libtorch_cuda.so";
    let program = fs::read(worker).unwrap_or_default();
    let mut windows = program.windows(LIBRARY.len());
    windows.any(|window| window == LIBRARY)
}

/// Why a worker program cannot be started, as far as its file shows.
pub(crate) fn worker_problem(worker: &Path) -> Option<String> {
    const IS_EXECUTABLE: u32 = 0o111;
    let Ok(file) = fs::metadata(worker) else {
        return Some(missing(worker));
    };
    if !file.is_file() || file.permissions().mode() & IS_EXECUTABLE == 0 {
        let path = worker.display();
        return Some(format!("{path} is not an executable file: rebuild it"));
    }
    None
}

fn missing(worker: &Path) -> String {
    let name = worker.file_name().unwrap_or_default().to_string_lossy();
    let folder = worker.parent().unwrap_or(worker).display();
    let kind = WorkerKind::of_program(&name).unwrap_or(WorkerKind::Flex);
    let command = kind.build_command();
    format!("its worker {name} is not in {folder}: `{command}` builds it")
}
