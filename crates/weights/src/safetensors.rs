//! Safetensors files: what the header says of each tensor, checked against the file.

use crate::file_tensor::FileTensor;
use convsweep_spec::seal::LARGEST_HEADER;
use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, Visitor};
use std::collections::HashSet;
use std::fmt;
use std::ops::Range;

const NOT_SAFETENSORS: &str = "is not a safetensors file, nor one of PyTorch";

/// The tensors, sorted by name, and where the values of each are in the file.
///
/// # Errors
///
/// The reason why the file is not a valid one, phrased to follow its name.
pub(crate) fn read(file: &[u8]) -> Result<Vec<(FileTensor, Range<usize>)>, String> {
    let (entries, data_start) = read_header(file)?;
    let mut tensors = Vec::with_capacity(entries.len());
    for (name, header) in entries {
        let [start, end] = header.data_offsets;
        let tensor = FileTensor {
            name,
            dtype: header.dtype,
            shape: header.shape,
            not_finite: None,
        };
        check_length(&tensor, end - start)?;
        tensors.push((tensor, data_start + start..data_start + end));
    }
    Ok(tensors)
}

/// A tensor as the file's header describes it.
#[derive(Deserialize)]
struct TensorHeader {
    dtype: String,
    shape: Vec<u32>,
    /// Byte range of its values behind the header.
    data_offsets: [usize; 2],
}

/// Names and headers of the tensors, sorted by name, and where the values begin.
fn read_header(file: &[u8]) -> Result<(Vec<(String, TensorHeader)>, usize), String> {
    if file.is_empty() {
        return Err("is empty".into());
    }
    let (header, data) = split(file)?;
    if !header.starts_with(b"{") {
        return Err(NOT_SAFETENSORS.into());
    }
    let entries: HeaderEntries =
        serde_json::from_slice(header).map_err(|error| match error.classify() {
            serde_json::error::Category::Data => format!("has a wrong header: {error}"),
            _ => NOT_SAFETENSORS.into(),
        })?;
    let mut tensors = Vec::with_capacity(entries.0.len());
    for (name, value) in entries.0 {
        if name == "__metadata__" {
            continue;
        }
        let tensor: TensorHeader = serde_json::from_value(value)
            .map_err(|e| format!("describes its tensor \"{name}\" wrongly: {e}"))?;
        tensors.push((name, tensor));
    }
    check_layout(&tensors, data.len())?;
    tensors.sort_by(|a, b| a.0.cmp(&b.0));
    Ok((tensors, file.len() - data.len()))
}

/// Checks that a tensor's values take `found` bytes in its type and shape.
fn check_length(tensor: &FileTensor, found: usize) -> Result<(), String> {
    let Some(bits) = bits_of(&tensor.dtype) else {
        return Err(format!(
            "has \"{}\" in {}, which is no type of safetensors files",
            tensor.name, tensor.dtype
        ));
    };
    let bits = tensor.count().and_then(|n| n.checked_mul(bits));
    match bits {
        Some(bits) if bits.div_ceil(8) == found => Ok(()),
        _ => Err(format!(
            "has {found} bytes for \"{}\", which does not fit {} of shape {:?}: the file is \
             damaged or was written wrongly",
            tensor.name, tensor.dtype, tensor.shape
        )),
    }
}

/// Bits of a value of a data type; `None` if safetensors files have no such type.
fn bits_of(dtype: &str) -> Option<usize> {
    Some(match dtype {
        "F4" => 4,
        "F6_E2M3" | "F6_E3M2" => 6,
        "BOOL" | "U8" | "I8" | "F8_E5M2" | "F8_E4M3" | "F8_E8M0" => 8,
        "I16" | "U16" | "F16" | "BF16" => 16,
        "I32" | "U32" | "F32" => 32,
        "I64" | "U64" | "F64" | "C64" => 64,
        _other => return None,
    })
}

/// The header, whose length is the file's first eight bytes, and the values behind it.
fn split(file: &[u8]) -> Result<(&[u8], &[u8]), String> {
    let (length, rest) = file.split_first_chunk::<8>().ok_or(NOT_SAFETENSORS)?;
    let length = u64::from_le_bytes(*length);
    let is_json = rest.first() == Some(&b'{');
    let is_allowed = length <= LARGEST_HEADER;
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    match rest.split_at_checked(length) {
        Some(parts) if is_allowed => Ok(parts),
        None if is_json && is_allowed => Err("is cut off: it ends within its header".into()),
        Some(_) | None => Err(NOT_SAFETENSORS.into()),
    }
}

/// Checks that the tensors share the `length` bytes of values among them: none lies outside, no
/// byte belongs to two of them, and none to nobody.
fn check_layout(tensors: &[(String, TensorHeader)], length: usize) -> Result<(), String> {
    let mut ranges: Vec<([usize; 2], &str)> = Vec::with_capacity(tensors.len());
    for (name, tensor) in tensors {
        let [start, end] = tensor.data_offsets;
        if start > end {
            return Err(format!(
                "describes its tensor \"{name}\" wrongly: it ends before it begins"
            ));
        }
        if end > length {
            return Err(format!(
                "is cut off: its tensor \"{name}\" ends after the end of the file"
            ));
        }
        ranges.push((tensor.data_offsets, name));
    }
    ranges.sort_unstable();
    let (mut covered, mut before) = (0, "");
    for ([start, end], name) in ranges {
        if start < covered {
            return Err(format!(
                "gives the same bytes to its tensors \"{before}\" and \"{name}\""
            ));
        }
        if start > covered {
            return Err(format!(
                "has {} bytes before \"{name}\" that belong to no tensor",
                start - covered
            ));
        }
        (covered, before) = (end, name);
    }
    match length - covered {
        0 => Ok(()),
        rest => Err(format!(
            "has {rest} bytes at its end that belong to no tensor"
        )),
    }
}

/// The entries of a JSON object, each of which may be there once.
struct HeaderEntries(Vec<(String, serde_json::Value)>);

impl<'de> Deserialize<'de> for HeaderEntries {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<HeaderEntries, D::Error> {
        deserializer.deserialize_map(EntriesVisitor)
    }
}

struct EntriesVisitor;

impl<'de> Visitor<'de> for EntriesVisitor {
    type Value = HeaderEntries;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a table of tensors")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<HeaderEntries, A::Error> {
        let (mut entries, mut names) = (Vec::new(), HashSet::new());
        while let Some((name, value)) = map.next_entry::<String, serde_json::Value>()? {
            if !names.insert(name.clone()) {
                return Err(A::Error::custom(format!(
                    "two tensors are called \"{name}\""
                )));
            }
            entries.push((name, value));
        }
        Ok(HeaderEntries(entries))
    }
}
