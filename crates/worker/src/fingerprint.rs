//! What may change the last bits of a result on this machine.

use convsweep_spec::device::DeviceName;
use convsweep_spec::event::Fingerprint;

/// The fingerprint of attempts on the device called `name`.
pub fn fingerprint(name: DeviceName) -> Fingerprint {
    let devices = convsweep_nn::devices();
    let device = devices.into_iter().find(|device| device.name == name);
    Fingerprint {
        backend: convsweep_nn::BACKEND.into(),
        device: device.map_or_else(|| name.to_string(), |device| device.kind),
        instructions: convsweep_nn::instructions(),
        version: env!("CARGO_PKG_VERSION").into(),
        revision: env!("CONVSWEEP_REVISION").into(),
    }
}
