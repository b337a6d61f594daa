//! Whatever the bytes of a file of PyTorch are, it is refused, or the values of all its tensors can be
//! read. The bytes are also taken as a pickle inside a right archive, which few inputs are by chance.
//! `just fuzz` runs this.
#![no_main]

use convsweep_weights::WeightFile;
use libfuzzer_sys::fuzz_target;

#[path = "../../../crates/weights/tests/common/mod.rs"]
mod pytorch_files;

fuzz_target!(|bytes: &[u8]| {
    read_or_refuse(bytes);
    let members = [
        pytorch_files::member("a/data.pkl", bytes.to_vec()),
        pytorch_files::member("a/data/0", pytorch_files::values()),
    ];
    read_or_refuse(&pytorch_files::zip(&members));
});

fn read_or_refuse(bytes: &[u8]) {
    match WeightFile::read(bytes) {
        Ok(file) => {
            for (i, tensor) in file.tensors.iter().enumerate() {
                let values = file.values(i);
                assert_eq!(values.is_ok(), tensor.is_floating());
                let is_not_finite = |x: &f32| !x.is_finite();
                let not_finite = values.ok().and_then(|v| v.iter().position(is_not_finite));
                assert_eq!(not_finite, tensor.not_finite);
            }
        }
        Err(problem) => assert!(!problem.is_empty()),
    }
}
