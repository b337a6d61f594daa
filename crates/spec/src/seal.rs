//! The hash that the file of a training state carries in its own metadata.
//!
//! The metadata of the safetensors file has the key `blake3`. Its value is the BLAKE3 hash of the
//! whole file, computed with the value's 64 digits taken as zeros. File and hash are one, so that a
//! write that ends early cannot separate them, and no flipped bit goes unnoticed.

use blake3::Hasher;
use serde_json::Value;
use std::collections::BTreeMap;
use std::ops::Range;
use thiserror::Error;

/// The metadata key of the hash.
pub const KEY: &str = "blake3";
/// The hash's value before the file is sealed: as many zeros as it has digits.
pub const BLANK: &str = "0000000000000000000000000000000000000000000000000000000000000000";
/// Bytes of the length of the header, at the beginning of every safetensors file.
const LENGTH_BYTES: usize = 8;
/// Largest header that is read, in bytes; the format itself has this limit.
pub const LARGEST_HEADER: u64 = 100_000_000;

/// What is said of a file whose bytes do not have the hash that the job's log gives for it, phrased
/// to follow the file's name.
pub const OTHER_HASH: &str = "is damaged: its bytes do not have the hash in the job's log";

/// A file whose bytes do not have the hash that it carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("is damaged: its bytes do not have the hash that was written with them")]
pub struct BrokenSeal;

/// Computes the hash of a file whose metadata has [`BLANK`] under [`KEY`], and puts it there.
/// `None` if the file has no place for it.
pub fn seal(file: &mut [u8]) -> Option<String> {
    let digits = digits(file)?;
    let hash = hasher_around(file, &digits).finalize().to_hex().to_string();
    file[digits].copy_from_slice(hash.as_bytes());
    Some(hash)
}

/// The hash that the file carries, after comparing it with the bytes; `None` if it carries none.
///
/// # Errors
/// If the bytes have another hash.
pub fn verify(file: &[u8]) -> Result<Option<String>, BrokenSeal> {
    SealCheck::begin(file).map(SealCheck::finish).transpose()
}

/// The comparison of a file with the hash that it carries, in parts of any size.
#[derive(Debug)]
pub struct SealCheck {
    hasher: Hasher,
    carried: Vec<u8>,
}

impl SealCheck {
    /// Begins with the first bytes of a file, which contain its header; `None` if it carries no
    /// hash.
    pub fn begin(beginning: &[u8]) -> Option<SealCheck> {
        let digits = digits(beginning)?;
        Some(SealCheck {
            hasher: hasher_around(beginning, &digits),
            carried: beginning[digits].to_vec(),
        })
    }

    /// Continues with the bytes that follow.
    pub fn update(&mut self, bytes: &[u8]) {
        self.hasher.update(bytes);
    }

    /// The hash, at the end of the file.
    ///
    /// # Errors
    /// If the bytes have another hash.
    pub fn finish(self) -> Result<String, BrokenSeal> {
        let hash = self.hasher.finalize().to_hex().to_string();
        if hash.as_bytes() == self.carried {
            Ok(hash)
        } else {
            Err(BrokenSeal)
        }
    }
}

/// The hash that a file with this beginning carries, without looking at the rest. The beginning has
/// to contain the header.
pub fn carried(beginning: &[u8]) -> Option<String> {
    let digits = &beginning[digits(beginning)?];
    String::from_utf8(digits.to_vec()).ok()
}

/// The length in bytes of the header of a file that begins with these eight bytes, but no more than
/// [`LARGEST_HEADER`].
pub fn header_length(beginning: &[u8]) -> u64 {
    let length = beginning.first_chunk::<LENGTH_BYTES>();
    length.map_or(0, |length| u64::from_le_bytes(*length).min(LARGEST_HEADER))
}

/// Checks that a file of `length` bytes is as long as its header says, before more of it is read.
/// The beginning is that of [`header_length`] with the eight bytes before it.
///
/// # Errors
/// The reason why it is damaged, phrased to follow the file's name.
pub fn check_length(beginning: &[u8], length: u64) -> Result<(), String> {
    let described = described_length(beginning.get(LENGTH_BYTES..).unwrap_or_default());
    let said = match described {
        Some(described) if described == length => return Ok(()),
        Some(described) => format!("its header describes {described}"),
        None => "its header cannot be read".to_string(),
    };
    Err(format!("is damaged: it has {length} bytes, {said}"))
}

/// The length in bytes that a safetensors file with this header has, whatever its length is; `None`
/// if the header cannot be read.
fn described_length(header: &[u8]) -> Option<u64> {
    let tensors: BTreeMap<String, Value> = serde_json::from_slice(header).ok()?;
    let ends = tensors
        .values()
        .filter_map(|tensor| tensor.get("data_offsets")?.get(1)?.as_u64());
    let before = (LENGTH_BYTES + header.len()) as u64;
    before.checked_add(ends.max().unwrap_or(0))
}

/// Where the digits of the hash are. Within JSON strings quotes are escaped, so that only the key
/// itself can look like it.
fn digits(file: &[u8]) -> Option<Range<usize>> {
    let (length, rest) = file.split_first_chunk::<LENGTH_BYTES>()?;
    let length = usize::try_from(u64::from_le_bytes(*length)).ok()?;
    let header = rest.get(..length)?;
    let key = format!("\"{KEY}\":\"");
    let found = header
        .windows(key.len())
        .position(|window| window == key.as_bytes())?;
    let start = LENGTH_BYTES + found + key.len();
    let end = start + BLANK.len();
    (end <= LENGTH_BYTES + length).then_some(start..end)
}

fn hasher_around(file: &[u8], digits: &Range<usize>) -> Hasher {
    let mut hasher = Hasher::new();
    hasher.update(&file[..digits.start]);
    hasher.update(BLANK.as_bytes());
    hasher.update(&file[digits.end..]);
    hasher
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file() -> Vec<u8> {
        let header =
            format!(r#"{{"__metadata__":{{"position":"{{\"{KEY}\":\"x\"}}","{KEY}":"{BLANK}"}}}}"#);
        let mut file = (header.len() as u64).to_le_bytes().to_vec();
        file.extend(header.as_bytes());
        file.extend([1, 2, 3, 4]);
        file
    }

    #[test]
    fn a_sealed_file_carries_the_hash_of_the_file_with_zeros() {
        let mut sealed = file();
        let hash = seal(&mut sealed).expect("has a place for it");
        assert_eq!(hash, blake3::hash(&file()).to_hex().as_str());
        assert_eq!(verify(&sealed), Ok(Some(hash.clone())));
        assert_eq!(carried(&sealed), Some(hash));
    }

    #[test]
    fn no_changed_byte_passes() {
        let mut sealed = file();
        seal(&mut sealed).expect("has a place for it");
        for i in 0..sealed.len() {
            for bit in 0..8 {
                let mut damaged = sealed.clone();
                damaged[i] ^= 1 << bit;
                // Without its key, a file carries no hash: the position's format says that it must.
                let passed = matches!(verify(&damaged), Ok(Some(_)));
                assert!(!passed, "byte {i}, bit {bit}");
            }
        }
        for cut in 0..sealed.len() {
            let passed = matches!(verify(&sealed[..cut]), Ok(Some(_)));
            assert!(!passed, "{cut} bytes");
        }
    }

    #[test]
    fn the_header_tells_the_length_of_the_file() {
        let header =
            br#"{"a":{"data_offsets":[4,12]},"b":{"data_offsets":[0,4]},"__metadata__":{}}"#;
        assert_eq!(described_length(header), Some(8 + header.len() as u64 + 12));
        let endless = br#"{"a":{"data_offsets":[0,18446744073709551615]}}"#;
        assert_eq!(described_length(endless), None);
        assert_eq!(described_length(b"{"), None);
    }

    #[test]
    fn a_file_is_compared_in_parts() {
        let mut sealed = file();
        let hash = seal(&mut sealed).expect("has a place for it");
        let header = LENGTH_BYTES + usize::try_from(header_length(&sealed)).expect("is short");
        for last in [4, 5] {
            let mut check = SealCheck::begin(&sealed[..header]).expect("carries one");
            check.update(&[1, 2]);
            check.update(&[3, last]);
            let expected = (last == 4).then(|| hash.clone()).ok_or(BrokenSeal);
            assert_eq!(check.finish(), expected);
        }
    }

    #[test]
    fn a_length_that_the_header_does_not_describe_is_refused() {
        let mut file = 2u64.to_le_bytes().to_vec();
        file.extend(b"{}");
        assert_eq!(check_length(&file, 10), Ok(()));
        let problem = "is damaged: it has 20000000000 bytes, its header describes 10";
        assert_eq!(check_length(&file, 20_000_000_000), Err(problem.into()));
        let problem = "is damaged: it has 3 bytes, its header cannot be read";
        assert_eq!(check_length(&file[..3], 3), Err(problem.into()));
        assert_eq!(header_length(&[0xff; 8]), LARGEST_HEADER);
        assert_eq!(header_length(&file[..7]), 0);
    }

    #[test]
    fn files_without_the_key_carry_no_hash() {
        for file in [b"".as_slice(), b"\x02\0\0\0\0\0\0\0{}", &[0xff; 20]] {
            assert_eq!(verify(file), Ok(None));
            assert_eq!(seal(&mut file.to_vec()), None);
        }
    }
}
