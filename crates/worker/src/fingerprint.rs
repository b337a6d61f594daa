//! What decides the last bits of a result here.

use convsweep_spec::event::Fingerprint;

/// The fingerprint of attempts on the device called `name`.
pub fn fingerprint(name: &str) -> Fingerprint {
    let kind = convsweep_nn::devices().into_iter().find(|d| d.name == name).map(|d| d.kind);
    Fingerprint {
        backend: convsweep_nn::BACKEND.into(),
        device: kind.unwrap_or_else(|| name.into()),
        instructions: instructions().into(),
        version: env!("CARGO_PKG_VERSION").into(),
        revision: env!("CONVSWEEP_REVISION").into(),
    }
}

/// The widest vector instructions of the processor, among which the kernels choose at run time.
#[cfg(target_arch = "x86_64")]
fn instructions() -> &'static str {
    if is_x86_feature_detected!("avx512f") {
        "avx512"
    } else if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
        "avx2"
    } else {
        "sse2"
    }
}

#[cfg(not(target_arch = "x86_64"))]
fn instructions() -> &'static str {
    std::env::consts::ARCH
}
