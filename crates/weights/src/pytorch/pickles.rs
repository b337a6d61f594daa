//! The pickles in a file of PyTorch, each of which is judged before any is read.

use super::{tar_members, zip_directory};
use crate::pickle::{Checked, Symbol, check};

/// Bytes of a number in the tables of a tar archive.
const WIDE: usize = 8;

/// Judges a zip archive.
pub(super) fn check_zip(file: &[u8]) -> Result<(), String> {
    let members = zip_directory::members(file)?;
    let is_pickle = |name: &str| name == "data.pkl" || name.ends_with("/data.pkl");
    let mut pickles = members.iter().filter(|member| is_pickle(member.name));
    let pickle = pickles
        .next()
        .ok_or("is a zip archive, but not one of torch.save: it has no data.pkl")?;
    if pickles.next().is_some() {
        return Err("is refused: it has two members data.pkl".into());
    }
    let root = pickle.name.strip_suffix("data.pkl").unwrap_or_default();
    let constants = format!("{root}constants.pkl");
    if members.iter().any(|member| member.name == constants) {
        return Err(
            "is a TorchScript program (torch.jit.save), not weights: save \
                    torch.jit.load(FILE).state_dict() with torch.save"
                .into(),
        );
    }
    if let Some(packed) = members.iter().find(|member| !member.is_stored) {
        return Err(format!(
            "is refused: its member \"{}\" is compressed or encrypted, which torch.save never \
             does; load it in PyTorch and save it again",
            packed.name
        ));
    }
    check(pickle.bytes, 0, &mut 0)?;
    Ok(())
}

/// Judges the stream of pickles that older versions wrote: a magic number, a version, the system,
/// the object, and the keys of its storages, whose values follow. A lone pickle is one object.
pub(super) fn check_stream(file: &[u8]) -> Result<(), String> {
    let mut operations = 0;
    let first = check(file, 0, &mut operations)?;
    if first.end == file.len() {
        return Err("is a pickle without tensors, not a file of torch.save".into());
    }
    let mut end = first.end;
    for _version_system_object_keys in 0..4 {
        end = check(file, end, &mut operations)?.end;
    }
    Ok(())
}

/// Judges a tar archive of the first versions.
pub(super) fn check_tar(file: &[u8]) -> Result<(), String> {
    let mut operations = 0;
    for (name, bytes) in tar_members::members(file)? {
        match name {
            "storages" => check_storages(bytes, &mut operations)?,
            "tensors" => check_tensors(bytes, &mut operations)?,
            "sys_info" | "pickle" => {
                check(bytes, 0, &mut operations)?;
            }
            other => {
                return Err(format!(
                    "is a tar archive, but not one of torch.save: it has a member \"{other}\""
                ));
            }
        }
    }
    Ok(())
}

/// Values behind a pickle for each storage, then a list of views.
fn check_storages(bytes: &[u8], operations: &mut u32) -> Result<(), String> {
    let (count, mut end) = count(bytes, operations)?;
    for _ in 0..count {
        let storage = check(bytes, end, operations)?;
        let Symbol::Name(_, class) = storage.last_name else {
            return Err("has a storage without a type".into());
        };
        let values = number(bytes, storage.end)?.checked_mul(size_of_value(class)?);
        let next = values.and_then(|size| size.checked_add(storage.end + WIDE));
        end = next.ok_or("is cut off within its storages")?;
    }
    check(bytes, end, operations)?;
    Ok(())
}

/// A pickle for each tensor, then its dimensions, sizes, strides and offset.
fn check_tensors(bytes: &[u8], operations: &mut u32) -> Result<(), String> {
    let (count, mut end) = count(bytes, operations)?;
    for _ in 0..count {
        end = check(bytes, end, operations)?.end;
        let dimensions = number(bytes, end)? & 0xffff_ffff;
        // The number of dimensions, the sizes, the strides and the offset.
        end += WIDE * (2 + 2 * dimensions);
    }
    Ok(())
}

/// The number that a table begins with, and where it ends.
fn count(bytes: &[u8], operations: &mut u32) -> Result<(i64, usize), String> {
    match check(bytes, 0, operations)? {
        Checked {
            result: Symbol::Number(count),
            end,
            ..
        } => Ok((count, end)),
        _other => Err("has a table that does not begin with its length".into()),
    }
}

fn number(bytes: &[u8], at: usize) -> Result<usize, String> {
    let rest = bytes.get(at..).and_then(|rest| rest.first_chunk());
    let number = rest.map(|bytes| u64::from_le_bytes(*bytes));
    let number = number.and_then(|number| usize::try_from(number).ok());
    Ok(number.ok_or("is cut off within its tables")?)
}

/// Bytes of a value in a storage of this class.
fn size_of_value(class: &str) -> Result<usize, String> {
    Ok(match class {
        "DoubleStorage" | "LongStorage" => 8,
        "FloatStorage" | "IntStorage" => 4,
        "HalfStorage" | "ShortStorage" | "BFloat16Storage" => 2,
        "CharStorage" | "ByteStorage" | "BoolStorage" => 1,
        other => {
            return Err(format!(
                "has values in a {other}, which is no known storage"
            ));
        }
    })
}
