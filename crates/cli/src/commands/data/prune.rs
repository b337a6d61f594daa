//! `data prune`: removes decoded image sets that have not been used for a while.

use crate::context::Context;
use crate::exit::data_failure;
use crate::output::stdout::say;
use anyhow::Result;
use convsweep_data::{remove_unused, unused_files};
use convsweep_spec::words::{bytes, counted, duration};
use std::time::Duration;

const SECONDS_PER_DAY: u64 = 24 * 60 * 60;

/// Removes decoded sets that no process has open and that have not been used for this number of
/// days; with `is_dry_run` only says which. A set that is needed again is decoded again.
///
/// # Errors
/// If the cache cannot be read, or a file cannot be removed.
pub fn prune(context: &Context, unused_days: u64, is_dry_run: bool) -> Result<()> {
    let idle = Duration::from_secs(unused_days.saturating_mul(SECONDS_PER_DAY));
    let mut total = 0;
    let mut count = 0;
    for file in unused_files(context.data()?, idle).map_err(data_failure)? {
        if !is_dry_run && !remove_unused(&file).map_err(data_failure)? {
            continue;
        }
        total += file.bytes;
        count += 1;
        say(&format!(
            "{}  {}, last used {} ago",
            file.path.display(),
            bytes(file.bytes as f64),
            duration(file.idle.as_secs_f64())
        ))?;
    }
    let done = if is_dry_run {
        "would be removed"
    } else {
        "removed"
    };
    say(&format!(
        "{}, {} {done}",
        counted(count, "decoded image set"),
        bytes(total as f64)
    ))
}
