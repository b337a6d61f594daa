//! Whatever the file of a training state contains, it is read or refused. `just fuzz` runs this.
#![no_main]

use convsweep_spec::seal::{BLANK, KEY, seal};
use libfuzzer_sys::fuzz_target;
use std::fs;
use std::path::PathBuf;
use std::sync::LazyLock;

static FOLDER: LazyLock<tempfile::TempDir> =
    LazyLock::new(|| tempfile::tempdir_in("/dev/shm").expect("a temporary folder"));

fuzz_target!(|bytes: &[u8]| {
    read(bytes);
    if let Some(sealed) = with_seal(bytes) {
        read(&sealed);
    }
});

fn read(bytes: &[u8]) {
    let path: PathBuf = FOLDER.path().join("state.safetensors");
    fs::write(&path, bytes).expect("writes");
    let _ = convsweep_train::is_state(&path);
}

/// The file with a hash that fits it, so that what else is wrong with it is found, too; `None` if
/// it carries no hash.
fn with_seal(bytes: &[u8]) -> Option<Vec<u8>> {
    let key = format!("\"{KEY}\":\"");
    let found = bytes
        .windows(key.len())
        .position(|window| window == key.as_bytes())?;
    let start = found + key.len();
    let mut file = bytes.to_vec();
    file.get_mut(start..start + BLANK.len())?
        .copy_from_slice(BLANK.as_bytes());
    seal(&mut file)?;
    Some(file)
}
