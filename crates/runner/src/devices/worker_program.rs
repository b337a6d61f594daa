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
        let remedy = worker_remedy(worker, "builds it again");
        return Some(format!("{path} is not an executable file: {remedy}"));
    }
    None
}

fn missing(worker: &Path) -> String {
    let name = worker.file_name().unwrap_or_default().to_string_lossy();
    let folder = worker.parent().unwrap_or(worker).display();
    let remedy = worker_remedy(worker, "builds it");
    format!("its worker {name} is not in {folder}: {remedy}")
}

/// What to do about a worker program: the command, and what it does, such as "builds it". Where
/// Cargo did not build the program, the command is to be called somewhere else, and only for
/// workers that the program does not come with.
pub(crate) fn worker_remedy(worker: &Path, what: &str) -> String {
    const VERSION: &str = env!("CARGO_PKG_VERSION");
    let name = worker.file_name().unwrap_or_default().to_string_lossy();
    let kind = WorkerKind::of_program(&name).unwrap_or(WorkerKind::Flex);
    let command = kind.build_command();
    let folder = worker.parent().unwrap_or(worker);
    if is_build_folder(folder) {
        return format!("`{command}` {what}");
    }
    if kind == WorkerKind::Flex {
        return "it comes with the program: install both again".to_string();
    }
    let folder = folder.display();
    format!(
        "`{command}`, in the sources of convsweep {VERSION}, {what}; then copy it into {folder}"
    )
}

/// Whether Cargo puts programs into the folder that it builds.
fn is_build_folder(folder: &Path) -> bool {
    let marks = [".cargo-lock", ".fingerprint"];
    marks.iter().any(|mark| folder.join(mark).exists())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_remedy_is_for_those_who_have_the_sources_and_for_those_who_have_not() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().display();
        let by_cuda = worker_path(folder.path(), WorkerKind::CubeCl);
        let own = worker_path(folder.path(), WorkerKind::Flex);
        let version = env!("CARGO_PKG_VERSION");
        assert_eq!(
            worker_remedy(&by_cuda, "builds it"),
            format!(
                "`just worker cuda`, in the sources of convsweep {version}, builds it; then copy it \
                 into {place}"
            )
        );
        assert_eq!(
            missing(&own),
            format!(
                "its worker convsweep-worker is not in {place}: it comes with the program: install \
                 both again"
            )
        );
        fs::write(folder.path().join(".cargo-lock"), "").unwrap();
        assert_eq!(
            worker_remedy(&by_cuda, "builds it"),
            "`just worker cuda` builds it"
        );
        assert_eq!(
            worker_remedy(&own, "builds it again"),
            "`cargo build --release --workspace` builds it again"
        );
    }
}
