//! `prune`: disk space given back, never results.

use crate::context::Context;
use crate::exit::{Code, Exit};
use crate::output::stdout::say;
use anyhow::Result;
use convsweep_runner::ResultsLock;
use convsweep_spec::id::JobId;
use convsweep_spec::layout;
use convsweep_store::Reader;
use std::path::Path;

/// Removes what finished jobs need no more.
pub fn prune(context: &Context, states: bool, dry_run: bool) -> Result<Exit> {
    let _lock = ResultsLock::acquire(&context.results).code(Exit::Results)?;
    let reader = Reader::open(&context.results).code(Exit::Results)?;
    let finished = reader
        .query("select job from jobs where outcome = 'finished' order by job")
        .code(Exit::Results)?;
    let (mut bytes, mut folders) = (0, 0);
    for row in finished.rows {
        let job = context.results.job(&JobId(row[0].to_string()));
        for name in [layout::CHECKPOINT, "states"]
            .iter()
            .take(if states { 2 } else { 1 })
        {
            let folder = job.join(name);
            if folder.is_dir() {
                (bytes, folders) = (bytes + size(&folder), folders + 1);
                if !dry_run {
                    std::fs::remove_dir_all(&folder).code(Exit::Results)?;
                }
            }
        }
    }
    let done = if dry_run {
        "would be removed"
    } else {
        "removed"
    };
    say(&format!(
        "{folders} folders, {:.1} MiB {done}",
        bytes as f64 / f64::from(1 << 20)
    ))?;
    Ok(Exit::Complete)
}

fn size(folder: &Path) -> u64 {
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten();
    files
        .map(|f| {
            if f.path().is_dir() {
                size(&f.path())
            } else {
                f.metadata().map_or(0, |m| m.len())
            }
        })
        .sum()
}
