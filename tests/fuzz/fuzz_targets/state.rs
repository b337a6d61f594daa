//! Whatever the file of a training state contains, it is read or refused.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::fs;

fuzz_target!(|bytes: &[u8]| {
    let folder = tempfile::tempdir_in("/dev/shm").expect("a temporary folder");
    let path = folder.path().join("state.safetensors");
    fs::write(&path, bytes).expect("writes");
    let _ = convsweep_train::is_state(&path);
});
