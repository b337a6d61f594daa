//! Canonical JSON and the digests made from it.
//!
//! Keys are sorted and floats have the shortest spelling that round-trips, so that equal values
//! have equal bytes.

use serde::Serialize;
use serde_json::Value;

/// 256-bit digest of a canonical value.
pub type Digest = blake3::Hash;

/// The canonical JSON text of `value`: sorted keys, no white space.
///
/// Panics only if `value` has map keys that are not strings, which no type of this crate has.
pub fn canonical_json(value: &impl Serialize) -> String {
    let value = serde_json::to_value(value).expect("types of this crate serialise to JSON");
    let mut text = String::with_capacity(256);
    write(&value, &mut text);
    text
}

/// Digest of the canonical JSON of `value`.
pub fn digest(value: &impl Serialize) -> Digest {
    hash(&canonical_json(value))
}

/// Digest of a text that is already canonical.
pub fn hash(canonical: &str) -> Digest {
    blake3::hash(canonical.as_bytes())
}

/// Hash of a file's bytes, 64 hexadecimal characters.
pub fn hash_of(file: &[u8]) -> String {
    blake3::hash(file).to_hex().to_string()
}

/// The first 64 bits of a digest as 16 hexadecimal characters: the form of ids.
pub fn short(digest: &Digest) -> String {
    digest.to_hex()[..16].to_string()
}

fn write(value: &Value, text: &mut String) {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_by(|a, b| a.0.cmp(b.0));
            text.push('{');
            for (i, (key, value)) in entries.into_iter().enumerate() {
                if i > 0 {
                    text.push(',');
                }
                text.push_str(&Value::String(key.clone()).to_string());
                text.push(':');
                write(value, text);
            }
            text.push('}');
        }
        Value::Array(items) => {
            text.push('[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    text.push(',');
                }
                write(item, text);
            }
            text.push(']');
        }
        scalar => text.push_str(&scalar.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_sorted_and_floats_round_trip() {
        let value: Value = serde_json::json!({"b": 0.1, "a": [1, 1.0, null]});
        assert_eq!(canonical_json(&value), r#"{"a":[1,1.0,null],"b":0.1}"#);
    }
}
