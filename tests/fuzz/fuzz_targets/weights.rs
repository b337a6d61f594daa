//! Whatever the bytes of a file of weights are, it is refused, or the values of all its tensors can
//! be read. `just fuzz` runs this.
#![no_main]

use convsweep_weights::WeightFile;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    match WeightFile::read(bytes) {
        Ok(file) => {
            for (i, tensor) in file.tensors.iter().enumerate() {
                let values = file.values(i);
                let is_float = matches!(tensor.dtype.as_str(), "F16" | "BF16" | "F32" | "F64");
                assert_eq!(values.is_ok(), is_float);
                let not_finite = values
                    .ok()
                    .and_then(|v| v.iter().position(|x| !x.is_finite()));
                assert_eq!(not_finite, tensor.not_finite);
            }
        }
        Err(problem) => assert!(!problem.is_empty()),
    }
});
