//! Bytes as hexadecimal text.

/// Two lower-case digits for each byte.
pub(crate) fn encode(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The bytes of a text; `None` if it is not hexadecimal.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    text.as_bytes().chunks(2).map(byte).collect()
}

fn byte(digits: &[u8]) -> Option<u8> {
    u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_survive_their_text() {
        assert_eq!(encode(&[0x00, 0x0a, 0xff]), "000aff");
        let all: Vec<u8> = (0..=255).collect();
        assert_eq!(decode(&encode(&all)), Some(all));
        assert_eq!(decode(""), Some(vec![]));
    }

    #[test]
    fn other_text_is_refused() {
        for text in ["0g", "xx00", "é", "00 1", "0é0"] {
            assert_eq!(decode(text), None, "{text}");
        }
    }
}
