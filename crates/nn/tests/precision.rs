//! Which precisions a worker can compute in.

use convsweep_nn::{BACKEND, PrecisionError, check_precision};
use convsweep_spec::device::DeviceName;
use convsweep_spec::train::Precision;

#[test]
fn precisions_that_a_device_does_not_have_are_refused() {
    let device = match BACKEND {
        "flex" => DeviceName::CPU,
        _ => DeviceName::LIBTORCH,
    };
    assert_eq!(check_precision(Precision::F32, device), Ok(()));
    let refused = |precision| match check_precision(precision, device) {
        Err(error @ PrecisionError::Unavailable { .. }) => error.to_string(),
        other => panic!("{other:?}"),
    };
    let said = refused(Precision::Tf32);
    assert!(said.starts_with("train.precision = \"tf32\": "), "{said}");
    if BACKEND == "flex" {
        let said = refused(Precision::Bf16);
        let expect = "train.precision = \"bf16\": cpu cannot (the CPU's own kernels compute in f32 \
                      only); name a device that can (--devices or run.devices), which is libtorch, \
                      or an NVIDIA GPU of compute capability 8.0 or higher (cuda), or set \
                      train.precision = \"f32\"";
        assert_eq!(said, expect);
    }
}

#[cfg(feature = "libtorch")]
#[test]
fn a_worker_on_a_gpu_has_been_told_the_precision_when_it_started() {
    let error = check_precision(Precision::F32, DeviceName::cuda(0)).expect_err("was not told");
    let said = error.to_string();
    assert!(said.contains("NVIDIA_TF32_OVERRIDE"), "{said}");
}
