//! The programs that train on the devices.

use convsweep_spec::device::DeviceName;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// Folder of the worker programs: that of the running program.
pub fn worker_folder() -> PathBuf {
    let program = std::env::current_exe().unwrap_or_default();
    let folder = program.parent().map(Path::to_path_buf);
    folder.unwrap_or_else(|| PathBuf::from("."))
}

/// Path of the worker program for a device.
pub(crate) fn worker_path(worker_folder: &Path, device: DeviceName) -> PathBuf {
    worker_folder.join(device.family.worker())
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
    let command = match name.strip_prefix("convsweep-worker-") {
        Some(family) => format!("just worker {family}"),
        None => "cargo build --release --workspace".to_string(),
    };
    format!("its worker {name} is not in {folder}: `{command}` builds it")
}
