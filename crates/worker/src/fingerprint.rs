//! What decides the last bits of a result here.

use convsweep_spec::device::DeviceName;
use convsweep_spec::event::Fingerprint;

/// The fingerprint of attempts on the device called `name`.
pub fn fingerprint(name: DeviceName) -> Fingerprint {
    let kind = convsweep_nn::devices()
        .into_iter()
        .find(|d| d.name == name)
        .map(|d| d.kind);
    Fingerprint {
        backend: convsweep_nn::BACKEND.into(),
        device: kind.unwrap_or_else(|| name.to_string()),
        instructions: convsweep_nn::instructions(),
        version: env!("CARGO_PKG_VERSION").into(),
        revision: env!("CONVSWEEP_REVISION").into(),
    }
}
