//! `data preview`: draws augmented training images.

use super::sets::{first_set, read_file};
use crate::context::Context;
use crate::exit::data_failure;
use crate::output::json::say_json;
use crate::output::stdout::say;
use anyhow::Result;
use serde_json::json;
use std::path::{Path, PathBuf};

/// Draws a picture for each distinct augmentation of the file; after the first one they are
/// numbered.
///
/// # Errors
/// If the set is missing or damaged, or a picture cannot be written.
pub fn preview(context: &Context, file: &Path, output: &Path, as_json: bool) -> Result<()> {
    let plan = read_file(context, file)?;
    let set = first_set(context, &plan)?;
    let (mut drawn, mut objects) = (Vec::new(), Vec::new());
    for planned in &plan.configurations {
        let augment = &planned.member.resolved.augment;
        if drawn.contains(&augment) {
            continue;
        }
        let data = &planned.member.resolved.data;
        let first_fold = data.split.folds().map(|_| 0);
        let parts = convsweep_data::split(&set, data, first_fold).map_err(data_failure)?;
        let path = match drawn.len() {
            0 => output.to_path_buf(),
            others => numbered(output, others + 1),
        };
        convsweep_data::preview(&set, augment, &parts, 0, &path).map_err(data_failure)?;
        let label = &planned.member.label;
        match as_json {
            true => objects.push(json!({ "file": path, "configuration": label })),
            false => say(&format!("{}  {label}", path.display()))?,
        }
        drawn.push(augment);
    }
    match as_json {
        true => say_json(&json!({ "pictures": objects })),
        false => Ok(()),
    }
}

/// `preview.png` as `preview-2.png`.
fn numbered(path: &Path, number: usize) -> PathBuf {
    let stem = match path.file_stem() {
        Some(stem) => stem.to_string_lossy().into_owned(),
        None => "preview".to_string(),
    };
    path.with_file_name(format!("{stem}-{number}.png"))
}
