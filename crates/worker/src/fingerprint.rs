//! What may change the last bits of a result on this machine.

use convsweep_spec::command::GPU_MODEL;
use convsweep_spec::device::DeviceName;
use convsweep_spec::event::Fingerprint;

/// The fingerprint of attempts on the device called `name`.
pub fn fingerprint(name: DeviceName) -> Fingerprint {
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
        instructions: convsweep_nn::instructions(),
        version: env!("CARGO_PKG_VERSION").into(),
        revision: env!("CONVSWEEP_REVISION").into(),
    }
}
