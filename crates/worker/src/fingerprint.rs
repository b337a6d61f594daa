//! What may change the last bits of a result on this machine.

use convsweep_spec::command::GPU_MODEL;
use convsweep_spec::device::DeviceName;
use convsweep_spec::event::Fingerprint;
use convsweep_spec::precision::Precision;

/// The fingerprint of attempts in this precision on the device called `name`.
pub fn fingerprint(name: DeviceName, precision: Precision) -> Fingerprint {
    let devices = convsweep_nn::devices();
    let any = name.by_any_worker();
    let device = devices.into_iter().find(|device| device.name == any);
    // LibTorch does not say what it computes on.
    let model = std::env::var(GPU_MODEL)
        .ok()
        .filter(|_| name.index.is_some());
    let kind = device.map_or_else(|| name.to_string(), |device| device.kind);
    Fingerprint {
        backend: convsweep_nn::BACKEND.into(),
        device: model.unwrap_or(kind),
        instructions: convsweep_nn::instructions_in(precision),
        version: env!("CARGO_PKG_VERSION").into(),
        revision: env!("CONVSWEEP_REVISION").into(),
    }
}
