//! Settings of a backend's own that hold for the whole process.
//!
//! CubeCL and Burn look for `cubecl.toml` and `burn.toml` in the working directory and all folders
//! above it, and take their defaults where such a file is malformed. What a job computes, and how
//! fast, must not depend on where the program was started, so the CUDA worker reads no such file.

use std::path::{Path, PathBuf};

/// Names of the files that Burn and CubeCL would read.
#[cfg(any(test, feature = "cuda"))]
const FILES: [&str; 4] = ["cubecl.toml", "CubeCL.toml", "burn.toml", "Burn.toml"];

/// What was set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackendSettings {
    /// The settings in words.
    pub words: String,
    /// The nearest configuration file of the backend, which is not read.
    pub ignored: Option<PathBuf>,
}

/// Sets the backend up, before the first use of a device; kernels that it compiles, and what it
/// measures of them, are kept in `cache` for other processes. `None` if this has been done, or if
/// the backend has nothing to set.
#[cfg_attr(
    not(feature = "cuda"),
    expect(unused_variables, reason = "only CUDA has settings")
)]
pub fn use_backend_settings(cache: Option<&Path>) -> Option<BackendSettings> {
    #[cfg(feature = "cuda")]
    return cubecl::set(cache);
    #[cfg(not(feature = "cuda"))]
    None
}

/// Which kernels the backend has measured to be the fastest on this machine, so far, as a SQLite
/// database that CubeCL can import; `None` if it does not measure.
///
/// # Errors
/// If its own database cannot be read, in words.
pub fn autotune_decisions() -> Result<Option<Vec<u8>>, String> {
    #[cfg(feature = "cuda")]
    return cubecl::decisions().map(Some);
    #[cfg(not(feature = "cuda"))]
    Ok(None)
}

/// The configuration file that the backend would read in `folder` or above it.
#[cfg(any(test, feature = "cuda"))]
fn configuration_file(folder: &Path) -> Option<PathBuf> {
    for folder in folder.ancestors() {
        let files = FILES.map(|name| folder.join(name));
        if let Some(file) = files.into_iter().find(|file| file.exists()) {
            return Some(file);
        }
    }
    None
}

#[cfg(feature = "cuda")]
mod cubecl {
    use super::{BackendSettings, configuration_file};
    use burn::BurnConfig;
    use cubecl_environment::bundle::{ExportOptions, export};
    use cubecl_environment::environment;
    use cubecl_runtime::config::memory::PersistentMemory;
    use cubecl_runtime::config::{CubeClRuntimeConfig, RuntimeConfig, cache::CacheConfig};
    use std::path::Path;

    /// Folder of the kernels in the data cache.
    const FOLDER: &str = "cuda-kernels";

    /// Beginning of the names under which CubeCL keeps what it has measured.
    const DECISIONS: &str = "autotune";

    pub(super) fn decisions() -> Result<Vec<u8>, String> {
        let file = environment::root().join(format!("decisions-{}", std::process::id()));
        let options = ExportOptions {
            name: DECISIONS.into(),
            namespaces: vec![DECISIONS.into()],
            ..ExportOptions::default()
        };
        let exported = export(&[environment::root()], &file, &options);
        let bytes = exported
            .map_err(|error| error.to_string())
            .and_then(|_| std::fs::read(&file).map_err(|error| error.to_string()));
        _ = std::fs::remove_file(&file);
        bytes
    }

    pub(super) fn set(cache: Option<&Path>) -> Option<BackendSettings> {
        let folder = cache.map(|cache| cache.join(FOLDER));
        let mut config = CubeClRuntimeConfig::default();
        // Training allocates tensors of the weights' sizes again and again.
        config.memory.persistent_memory = PersistentMemory::SizeMatch;
        match &folder {
            Some(folder) => {
                config.compilation.cache = true;
                config.environment.path = CacheConfig::Directory(folder.clone());
            }
            None => config.autotune.disable_cache = true,
        }
        // Variables such as CUBECL_AUTOTUNE_LEVEL and CUBECL_DEBUG_LOG are set by hand.
        let config = config.override_from_env();
        let kept = match &folder {
            Some(folder) => format!("kernels kept in {}", folder.display()),
            None => "kernels not kept".to_string(),
        };
        let level = format!("{:?}", config.autotune.level).to_lowercase();
        if !CubeClRuntimeConfig::try_set(config) {
            return None;
        }
        BurnConfig::try_set(BurnConfig::default().override_from_env());
        let working = std::env::current_dir().ok();
        Some(BackendSettings {
            words: format!("autotune {level}, persistent memory by size, {kept}"),
            ignored: working.and_then(|folder| configuration_file(&folder)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn the_nearest_configuration_file_is_the_one_that_is_ignored() {
        let folder = tempfile::tempdir().unwrap();
        let below = folder.path().join("a/b");
        fs::create_dir_all(&below).unwrap();
        let file = folder.path().join("burn.toml");
        fs::write(&file, "not TOML").unwrap();
        assert_eq!(configuration_file(&below), Some(file));
        let nearer = folder.path().join("a/cubecl.toml");
        fs::write(&nearer, "").unwrap();
        assert_eq!(configuration_file(&below), Some(nearer));
    }

    #[test]
    fn the_cuda_worker_has_what_makes_it_fast() {
        let manifest = include_str!("../Cargo.toml");
        let line = manifest.lines().find(|line| line.starts_with("cuda = "));
        let line = line.expect("the feature is there");
        for feature in ["cuda", "autotune", "fusion", "persistence"] {
            assert!(line.contains(&format!("\"burn/{feature}\"")), "{line}");
        }
    }
}
