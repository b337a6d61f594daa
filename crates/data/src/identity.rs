//! Hashes that identify content. They are part of job ids and of the names of decoded files, so
//! they must never change.

use serde::Serialize;

/// Identity of a set as its facts give it: 128 bits in hexadecimal.
pub(crate) fn identity(of: &impl Serialize) -> String {
    convsweep_spec::canonical::digest(of).to_hex()[..32].to_string()
}

/// Hash of a file's content: 128 bits of BLAKE3 in hexadecimal.
pub(crate) fn content_hash(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex()[..32].to_string()
}
