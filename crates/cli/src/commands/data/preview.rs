//! `data preview`: pictures of what augmentation does.

use super::sets::{first_set, plan_as_written};
use crate::context::Context;
use crate::exit::{Exit, data_failure};
use crate::output::stdout::say;
use anyhow::Result;
use std::path::{Path, PathBuf};

/// Writes a picture for each different augmentation of a file's configurations.
pub(super) fn preview(context: &Context, file: &Path, output: &Path) -> Result<Exit> {
    let plan = plan_as_written(context, file)?;
    let set = first_set(context, &plan)?;
    let mut seen = Vec::new();
    for planned in &plan.configurations {
        let augment = &planned.member.resolved.augment;
        if seen.contains(&augment) {
            continue;
        }
        let data = &planned.member.resolved.data;
        let fold = data.split.folds().map(|_| 0);
        let subsets = convsweep_data::split(&set, data, fold).map_err(data_failure)?;
        let path = if seen.is_empty() {
            output.to_path_buf()
        } else {
            numbered(output, seen.len() + 1)
        };
        convsweep_data::preview(&set, augment, &subsets, 0, &path).map_err(data_failure)?;
        say(&format!("{}  {}", path.display(), planned.member.label))?;
        seen.push(augment);
    }
    Ok(Exit::Complete)
}

/// `preview.png` as `preview-2.png`.
fn numbered(path: &Path, n: usize) -> PathBuf {
    let stem = match path.file_stem() {
        Some(stem) => stem.to_string_lossy(),
        None => "preview".into(),
    };
    path.with_file_name(format!("{stem}-{n}.png"))
}
