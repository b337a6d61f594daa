//! The machine as discovery sees it, so that tests can describe another one.

use super::driver_facts::DriverFacts;
use std::fs;
use std::path::{Path, PathBuf};

/// A machine.
pub(super) struct Machine<'a> {
    /// Where its file system begins.
    pub(super) root: &'a Path,
    /// Folder of the worker programs.
    pub(super) worker_folder: &'a Path,
    /// Number of cores that this process may use.
    pub(super) cores: u32,
    /// Memory in bytes that one process may take (`ulimit`), if that is limited.
    pub(super) process_memory_bytes: Option<u64>,
    /// `CUDA_VISIBLE_DEVICES` of the environment.
    pub(super) cuda_visible_devices: Option<&'a str>,
    /// Asks the driver's library for its GPUs; `None` if it does not answer.
    pub(super) ask_nvml: &'a dyn Fn() -> Option<DriverFacts>,
    /// Asks `nvidia-smi` for the memory of all GPUs; empty if it does not answer.
    pub(super) ask_nvidia_smi: &'a dyn Fn() -> String,
}

impl Machine<'_> {
    /// A path of its file system, given without the leading slash.
    pub(super) fn path(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    /// The text of a file; empty if it cannot be read.
    pub(super) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap_or_default()
    }

    /// The paths in a folder; none if it cannot be read.
    pub(super) fn list(&self, folder: &str) -> Vec<PathBuf> {
        let Ok(entries) = fs::read_dir(self.path(folder)) else {
            return Vec::new();
        };
        entries.flatten().map(|entry| entry.path()).collect()
    }
}

/// The value of the first line `name : value` of a text.
pub(super) fn field(text: &str, name: &str) -> Option<String> {
    for line in text.lines() {
        if let Some((key, value)) = line.split_once(':')
            && key.trim() == name
        {
            return Some(value.trim().to_string());
        }
    }
    None
}
