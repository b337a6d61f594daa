//! `data prune`: removes decoded image sets and features that have not been used for a while.

use crate::context::Context;
use crate::exit::data_failure;
use crate::output::json::say_json;
use crate::output::stdout::say;
use anyhow::Result;
use convsweep_data::{UnusedFile, remove_unused, unused_files};
use convsweep_spec::words::{bytes, counted, duration};
use serde_json::{Value, json};
use std::time::Duration;

const SECONDS_PER_DAY: u64 = 24 * 60 * 60;

/// Removes decoded sets and features that no process has open and that have not been used for this
/// number of days; with `is_dry_run` only says which. What is needed again is made again.
///
/// # Errors
/// If the cache cannot be read, or a file cannot be removed.
pub fn prune(context: &Context, unused_days: u64, is_dry_run: bool, as_json: bool) -> Result<()> {
    let idle = Duration::from_secs(unused_days.saturating_mul(SECONDS_PER_DAY));
    let unused = unused_files(context.data()?, idle).map_err(data_failure)?;
    let mut removed = Vec::new();
    for file in &unused {
        if !is_dry_run && !remove_unused(file).map_err(data_failure)? {
            continue;
        }
        removed.push(file);
        if as_json {
            continue;
        }
        say(&format!(
            "{}  {}, last used {} ago",
            file.path.display(),
            bytes(file.bytes as f64),
            duration(file.idle.as_secs_f64())
        ))?;
    }
    if as_json {
        let files: Vec<Value> = removed.into_iter().map(file_object).collect();
        let key = if is_dry_run {
            "would_remove"
        } else {
            "removed"
        };
        return say_json(&json!({ key: files }));
    }
    let done = if is_dry_run {
        "would be removed"
    } else {
        "removed"
    };
    say(&format!("{} {done}", counted_files(&removed)))
}

/// `2 decoded image sets, 40 MB`, or `2 decoded image sets and 1 file of features, 41 MB`.
pub(super) fn counted_files(files: &[&UnusedFile]) -> String {
    let features = files.iter().filter(|file| file.holds_features()).count();
    let sets = counted((files.len() - features) as u64, "decoded image set");
    let total: u64 = files.iter().map(|file| file.bytes).sum();
    let total = bytes(total as f64);
    match features {
        0 => format!("{sets}, {total}"),
        1 => format!("{sets} and 1 file of features, {total}"),
        more => format!("{sets} and {more} files of features, {total}"),
    }
}

/// A file of the data cache as JSON.
pub(super) fn file_object(file: &UnusedFile) -> Value {
    json!({
        "path": file.path,
        "bytes": file.bytes,
        "idle_seconds": file.idle.as_secs(),
        "holds": match file.holds_features() {
            true => "features",
            false => "images",
        },
    })
}
