//! `data cache`: which decoded image sets and features there are, and for whom.

use super::prune::{counted_files, file_object};
use crate::context::Context;
use crate::exit::data_failure;
use crate::output::json::say_json;
use crate::output::stdout::say;
use crate::output::table::plain;
use anyhow::Result;
use clap::Args;
use convsweep_data::{CachedSet, UnusedFile, cached_sets, remove_unused};
use convsweep_spec::words::{bytes, duration};
use serde_json::{Value, json};

/// What to do with the decoded image sets and the features of frozen layers.
#[derive(Debug, Args)]
pub struct CacheArgs {
    /// Remove sets that no experiment of the results folder uses, and all features, unless a process
    /// has them open.
    #[arg(long)]
    prune: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Lists decoded image sets with the experiments of this results folder that use them, and the
/// features of frozen layers.
///
/// # Errors
/// If the cache or the database cannot be read, or a file cannot be removed.
pub fn cache(context: &Context, args: &CacheArgs) -> Result<()> {
    let mut asked = Vec::new();
    if let Some(database) = context.database_if_any()? {
        for set in database.image_sets()? {
            asked.push((set.experiment, set.data, set.data_hash));
        }
    }
    let sets = cached_sets(context.data()?, &asked).map_err(data_failure)?;
    if args.prune {
        return prune(&sets, args.json);
    }
    if args.json {
        let object = |set: &CachedSet| {
            let mut object = file_object(&set.file);
            object["open"] = json!(set.is_open);
            object["experiments"] = json!(set.users);
            object
        };
        let files: Vec<Value> = sets.iter().map(object).collect();
        return say_json(&json!({ "files": files }));
    }
    let rows: Vec<Vec<String>> = sets.iter().map(row).collect();
    let files: Vec<&UnusedFile> = sets.iter().map(|set| &set.file).collect();
    let table = match rows.is_empty() {
        true => String::new(),
        false => plain(&["file", "size", "last used", "experiments"], &rows) + "\n\n",
    };
    say(&format!("{table}{}", counted_files(&files)))
}

fn row(set: &CachedSet) -> Vec<String> {
    let idle = duration(set.file.idle.as_secs_f64());
    vec![
        set.file.path.display().to_string(),
        bytes(set.file.bytes as f64),
        match set.is_open {
            true => "in use".into(),
            false => format!("{idle} ago"),
        },
        match set.users.as_slice() {
            [] if set.file.holds_features() => "all with these frozen layers".into(),
            [] => "none here".into(),
            users => users.join(", "),
        },
    ]
}

fn prune(sets: &[CachedSet], as_json: bool) -> Result<()> {
    let mut removed = Vec::new();
    for set in sets {
        let is_unused = set.users.is_empty() && !set.is_open;
        if is_unused && remove_unused(&set.file).map_err(data_failure)? {
            removed.push(&set.file);
            if !as_json {
                say(&set.file.path.display().to_string())?;
            }
        }
    }
    if as_json {
        let files: Vec<Value> = removed.into_iter().map(file_object).collect();
        return say_json(&json!({ "removed": files }));
    }
    say(&format!("{} removed", counted_files(&removed)))
}
